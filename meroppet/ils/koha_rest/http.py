"""Requests to one Koha: token, size, type and host checked; no card number, PIN or secret is ever logged.

`Unreached` says why there is no answer to be believed. Time limits are the caller's.
"""

import asyncio
import json
import logging
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, urlencode

import httpx2

from meroppet.ils.koha_rest.site import KohaSite
from meroppet.ils.ports import UnavailableCause
from meroppet.runtime.clock import Clock
from meroppet.runtime.logs import TALKATIVE

log = logging.getLogger(__name__)

Query = Sequence[tuple[str, str]]

LARGEST_BODY = 4 * 1024 * 1024
"""A page of a hundred patrons is 0.2 MB [rec]."""
_IDLE_SECONDS = 25.0
_TOKEN_LEEWAY = 60.0
_TOKEN_LONGEST = 3600.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


class Unreached(Exception):
    """No answer that can be believed."""

    def __init__(self, cause: UnavailableCause) -> None:
        super().__init__(cause.value)
        self.cause = cause


class Doubtful(Unreached):
    """Koha answers, but what it says of this one patron or item cannot be believed; no reason to leave it alone."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `body` is None where there was none or it was no JSON; errors have three shapes in Koha [rec]."""

    status: int
    body: object
    is_json: bool
    total: int | None = None

    @property
    def is_offered(self) -> bool:
        """False when Koha has no such path: it then answers with a page for people [rec]."""
        return self.status != 404 or self.is_json

    @property
    def error(self) -> str:
        """The text of `{"error": …}`, or nothing."""
        said = self.body.get("error") if isinstance(self.body, dict) else None
        return said if isinstance(said, str) else ""

    def content(self) -> object:
        """The body of a plain yes; raises Unreached for everything else."""
        if self.status == 403:
            raise Unreached(UnavailableCause.LOGIN_REFUSED)
        if self.status >= 500:
            raise Unreached(UnavailableCause.REFUSED)
        if self.status != 200 or not self.is_json:
            raise Unreached(UnavailableCause.MALFORMED)
        return self.body

    def rows(self) -> list[Mapping[str, object]]:
        """The objects of a list; raises Unreached where something else stands among them."""
        body = self.content()
        if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
            raise Unreached(UnavailableCause.MALFORMED)
        return body


class KohaHttp:
    """The connections to one Koha and the token for them (OAuth2 client credentials, RFC 6749 §4.4)."""

    def __init__(self, site: KohaSite, clock: Clock, *, patience: float, connections: int = 4) -> None:
        # The libraries write addresses at level INFO and answers' headers at DEBUG: card numbers stand in both.
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._site = site
        self._clock = clock
        self._patience = dict.fromkeys(("connect", "read", "write", "pool"), patience)
        self._connections = connections
        self._transport: httpx2.AsyncHTTPTransport | None = None
        self._token: str | None = None
        self._token_until = 0.0
        self._token_turn = asyncio.Lock()

    async def ask(
        self,
        method: str,
        path: str,
        query: Query = (),
        *,
        body: object = None,
        embed: Sequence[str] = (),
        repeatable: bool,
    ) -> Reply:
        """One request and its answer; raises Unreached.

        What is repeatable is sent again with a new token after 401, and after a connection that was lost.
        """
        if not self._site.may_connect:
            raise Unreached(UnavailableCause.NOT_ENCRYPTED)
        for _ in range(2 if repeatable else 1):
            token = await self._current_token()
            headers = {"Authorization": f"Bearer {token}"}
            if embed:
                headers["x-koha-embed"] = ",".join(embed)
            reply = await self._patient(method, path, query, body, headers, repeatable=repeatable)
            if reply.status != 401:
                return reply
            self._forget(token)
        raise Unreached(UnavailableCause.LOGIN_REFUSED)

    async def close(self) -> None:
        """Hang up; the next request connects anew."""
        transport, self._transport = self._transport, None
        try:
            if transport is not None:
                await transport.aclose()
        except (httpx2.HTTPError, OSError):
            pass  # What is closed anyway need not be closed well.

    def _opened(self) -> httpx2.AsyncHTTPTransport:
        """The bare transport: no cookies, no redirects, no proxies from the environment, no lines in the log."""
        if self._transport is None:
            context = _context(self._site)
            limits = httpx2.Limits(max_connections=self._connections, keepalive_expiry=_IDLE_SECONDS)
            self._transport = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
        return self._transport

    async def _patient(
        self,
        method: str,
        path: str,
        query: Query,
        body: object,
        headers: Mapping[str, str],
        *,
        repeatable: bool,
    ) -> Reply:
        content = None if body is None else json.dumps(body).encode("ascii")
        address = self._site.base + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        try:
            return await self._round_trip(method, address, content, "application/json", headers)
        except Unreached as lost:
            if lost.cause is not UnavailableCause.CLOSED or not repeatable:
                raise
        return await self._round_trip(method, address, content, "application/json", headers)

    async def _round_trip(
        self, method: str, address: str, content: bytes | None, kind: str, headers: Mapping[str, str]
    ) -> Reply:
        told = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        if content is not None:
            told["Content-Type"] = kind
        request = httpx2.Request(
            method, address, headers=told, content=content, extensions={"timeout": dict(self._patience)}
        )
        try:
            response = await self._opened().handle_async_request(request)
            try:
                return _reply(response, await _body(response))
            finally:
                await response.aclose()
        except httpx2.TimeoutException as error:
            raise Unreached(UnavailableCause.TIMEOUT) from error
        except httpx2.ConnectError as error:
            raise Unreached(UnavailableCause.REFUSED) from error
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise Unreached(UnavailableCause.CLOSED) from error

    async def _current_token(self) -> str:
        async with self._token_turn:
            if self._token is None or self._clock.monotonic() >= self._token_until:
                self._token = await self._new_token()
            return self._token

    async def _new_token(self) -> str:
        # A form only: a JSON body is refused [rec].
        form = {
            "grant_type": "client_credentials",
            "client_id": self._site.client_id,
            "client_secret": self._site.client_secret,
        }
        address = f"{self._site.base}/oauth/token"
        content = urlencode(form).encode("ascii")
        reply = await self._round_trip("POST", address, content, "application/x-www-form-urlencoded", {})
        if reply.status in (400, 401, 403):
            raise Unreached(UnavailableCause.LOGIN_REFUSED)
        told = reply.content()
        token = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise Unreached(UnavailableCause.MALFORMED)
        lasts = told.get("expires_in") if isinstance(told, dict) else None
        seconds = float(lasts) if type(lasts) is int and 0 < lasts <= _TOKEN_LONGEST else _TOKEN_LONGEST
        self._token_until = self._clock.monotonic() + max(seconds - _TOKEN_LEEWAY, seconds / 2)
        return token

    def _forget(self, token: str) -> None:
        if self._token == token:
            self._token = None


def _context(site: KohaSite) -> ssl.SSLContext:
    if not site.is_encrypted:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=None if site.ca_file is None else str(site.ca_file))
    except OSError as error:
        raise Unreached(UnavailableCause.NOT_ENCRYPTED) from error


async def _body(response: httpx2.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise Unreached(UnavailableCause.MALFORMED)
    got = bytearray()
    async for chunk in response.aiter_raw():
        got += chunk
        if len(got) > LARGEST_BODY:
            raise Unreached(UnavailableCause.MALFORMED)
    return bytes(got)


def _reply(response: httpx2.Response, content: bytes) -> Reply:
    if 300 <= response.status_code < 400:
        # A register that has moved is the installer's to find: a redirect could lead a PIN to another host.
        raise Unreached(UnavailableCause.MALFORMED)
    body, is_json = None, False
    if "json" in response.headers.get("content-type", "").lower() and content.strip():
        body, is_json = parsed(content), True
    return Reply(response.status_code, body, is_json, _count(response.headers.get("x-total-count")))


def parsed(content: bytes) -> object:
    """JSON with exact decimals; raises Unreached for what is none."""
    try:
        found: object = json.loads(content.decode("utf-8"), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Unreached(UnavailableCause.MALFORMED) from error
    return found


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON (RFC 8259 §6)")


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else None
