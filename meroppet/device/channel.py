"""The device's signed requests to its server, over TLS pinned to one authority, each with a hard time limit."""

import asyncio
import base64
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

import httpx2
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from pydantic import ValidationError

from meroppet.device.errors import ChannelDown, NotUnderstood, Refused, StoreFailed
from meroppet.device.events_stream import Word, words
from meroppet.device.identity import Identity
from meroppet.device.tls import mind_the_time, pinned
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.runtime.machine import REAL
from meroppet.wire.base import Reply, Request
from meroppet.wire.changes import ChangesReply
from meroppet.wire.enrolment import BootReply, BootRequest
from meroppet.wire.health import HealthReply, HealthRequest
from meroppet.wire.journal import JournalReply, JournalRequest
from meroppet.wire.problems import Problem
from meroppet.wire.sealing import seal
from meroppet.wire.signing import BOOT_HEADER, DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER, signed_bytes
from meroppet.wire.verify import VerifyReply, VerifyRequest

R = TypeVar("R", bound=Reply)
T = TypeVar("T")
P = ParamSpec("P")

PREFIX = "/api/device/v1"
VERIFY_WITHIN = 2.2
"""The server gives the register 2.0 s; a door answers its patron after 2.5 s at the latest."""
ANSWERS_WITHIN = 5.0
SNAPSHOT_WITHIN = 300.0
SILENT_FOR = 2.0
"""So many times may a stream leave out its word before it is taken for dead: with a word each 3 s that is 6 s."""
PIECE = 256 * 1024
# A peer that is silently gone is noticed in 8 s instead of the kernel's 15 minutes.
_SOCKET = [
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 8000),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
]


class Channel:
    """One device's channel. Every method raises ChannelDown (no answer to be had) or Refused (the server's no)."""

    def __init__(
        self,
        identity: Identity,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        ids: Callable[[], str] = REAL.ids,
        knows_the_hour: Callable[[], bool] = lambda: True,
    ) -> None:
        self._identity, self._ids, self._knows_the_hour = identity, ids, knows_the_hour
        self._seal_key = _x25519(identity.seal_key)
        # The run of this process is part of every boot: by it the server knows a clone from a door that started anew.
        self._run, self._boot = ids()[:16], ""
        self._sequence = 0
        self._pulse_seconds = 15
        self._tls = pinned(identity.ca_pem)
        self._client = httpx2.AsyncClient(
            base_url=identity.url,
            timeout=httpx2.Timeout(ANSWERS_WITHIN, read=None),
            trust_env=False,
            transport=transport
            or httpx2.AsyncHTTPTransport(
                verify=self._tls,
                socket_options=_SOCKET,
                trust_env=False,
                limits=httpx2.Limits(max_connections=16, keepalive_expiry=60.0),
            ),
        )

    async def boot(self, version: str) -> BootReply:
        """Announce a fresh boot identifier; everything signed under an older one is refused from now on."""
        self._boot, self._sequence = f"{self._run}.{self._ids()}", -1
        reply = await self._ask("POST", "/boot", BootRequest(version=version), BootReply)
        self._seal_key = _x25519(reply.seal_key)
        self._pulse_seconds = reply.pulse_seconds
        return reply

    async def verify(
        self, attempt: str, card: CardNumber, pin: Pin, *, agreed: bool = False, within: float = VERIFY_WITHIN
    ) -> VerifyReply:
        """Ask whether card and PIN belong together; both are sealed for this attempt.

        `agreed`: what this device has learned says that they do.
        """
        sealed = self.seal(attempt, card, pin)
        request = VerifyRequest(attempt=attempt, door=self._identity.device, sealed=sealed, agreed=agreed)
        return await self._ask("POST", "/verify", request, VerifyReply, within=min(within, VERIFY_WITHIN))

    def seal(self, bound_to: str, card: CardNumber, pin: Pin) -> str:
        """Card and PIN so that only the server can read them, and only for this attempt or session."""
        return seal(self._seal_key, bound_to, {"card": card.value, "pin": pin.digits})

    def seal_number(self, bound_to: str, card: CardNumber) -> str:
        """A number alone so that only the server can read it, and only for this order."""
        return seal(self._seal_key, bound_to, {"card": card.value})

    async def journal(self, request: JournalRequest) -> JournalReply:
        """Hand rows over; they are safe at the server up to the number in the answer."""
        return await self._ask("POST", "/journal", request, JournalReply, within=10.0)

    async def changes(self, after: int) -> ChangesReply:
        """What changed after a number; Refused with start_over if that is too long ago."""
        return await self._ask("GET", f"/changes?after={after}", None, ChangesReply, within=10.0)

    async def health(self, request: HealthRequest, *, within: float = ANSWERS_WITHIN) -> HealthReply:
        """Say that the device is well."""
        return await self._ask("POST", "/health", request, HealthReply, within=within)

    async def post(self, path: str, request: Request, reply: type[R], *, within: float = ANSWERS_WITHIN) -> R:
        """Any other request of this kind of device; `path` follows /api/device/v1."""
        return await self._ask("POST", path, request, reply, within=within)

    async def snapshot(self, to: Path) -> None:
        """Put the whole state of the branch into a file; a download that is cut goes on where it stopped, three times.

        Raises StoreFailed too, for a disk that does not take it.
        """
        try:
            async with asyncio.timeout(SNAPSHOT_WITHIN):
                await self._fetch_into(to)
        except TimeoutError as error:
            raise ChannelDown(f"snapshot: not here within {SNAPSHOT_WITHIN:g} s") from error

    async def stream(self, last: int) -> AsyncGenerator[Word, None]:
        """Wake-ups, orders and heartbeats from change number `last` on, until the server is silent or gone."""
        silence = max(self._pulse_seconds * SILENT_FOR, 3.0)
        request = self._request("GET", "/stream", None, {"Last-Event-ID": str(last), "Accept": "text/event-stream"})
        response = await self._opened(request)
        try:
            async with aclosing(words(response.aiter_lines())) as said:
                while (word := await _next(said, silence)) is not None:
                    yield word
        finally:
            await response.aclose()
        raise ChannelDown("stream: the server closed it")

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    def _request(
        self, method: str, path: str, message: Request | None, headers: dict[str, str] | None = None
    ) -> httpx2.Request:
        body = b"" if message is None else message.model_dump_json().encode("utf-8")
        self._sequence += 1
        mind_the_time(self._tls, knows_the_hour=self._knows_the_hour())
        request = self._client.build_request(method, PREFIX + path, content=body, headers=headers)
        if message is not None:
            request.headers["Content-Type"] = "application/json"
        request.headers.update(self._signature(request, body, self._sequence))
        return request

    def _signature(self, request: httpx2.Request, body: bytes, sequence: int) -> dict[str, str]:
        target = request.url.raw_path.decode("ascii")
        text = signed_bytes(
            method=request.method,
            target=target,
            body=body,
            device=self._identity.device,
            boot=self._boot,
            sequence=sequence,
        )
        return {
            DEVICE_HEADER: self._identity.device,
            BOOT_HEADER: self._boot,
            SEQUENCE_HEADER: str(sequence),
            SIGNATURE_HEADER: base64.b64encode(self._identity.key.sign(text)).decode("ascii"),
        }

    async def _ask(
        self, method: str, path: str, message: Request | None, reply: type[R], *, within: float = ANSWERS_WITHIN
    ) -> R:
        request, what = self._request(method, path, message), path.partition("?")[0]
        try:
            async with asyncio.timeout(within):
                response = await self._client.send(request)
        except (httpx2.HTTPError, OSError) as error:
            raise _down(what, error, within) from error
        _require_success(response)
        try:
            return reply.model_validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise NotUnderstood(f"{what}: the answer cannot be understood: {place}") from None

    async def _opened(self, request: httpx2.Request) -> httpx2.Response:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                response = await self._client.send(request, stream=True)
                if response.is_success:
                    return response
                await response.aread()
        except (httpx2.HTTPError, OSError) as error:
            raise _down(request.url.path.removeprefix(PREFIX), error, ANSWERS_WITHIN) from error
        _require_success(response)
        return response

    async def _fetch_into(self, to: Path) -> None:
        version, done = "", False
        file = await _in_thread(to.open, "wb")
        try:
            for _ in range(4):
                version, done = await self._download(file, version)
                if done:
                    return
        finally:
            await _in_thread(file.close)
        raise ChannelDown("snapshot: cut short again and again")

    async def _download(self, file: IO[bytes], version: str) -> tuple[str, bool]:
        got = file.tell()
        resumed = {"Range": f"bytes={got}-", "If-Range": version} if got and version else None
        response = await self._opened(self._request("GET", "/snapshot", None, resumed))
        try:
            if response.status_code != httpx2.codes.PARTIAL_CONTENT:
                file.seek(0)
                await _in_thread(file.truncate)
            async for part in response.aiter_bytes(PIECE):
                # In a thread: who leaves must not wait for the disk on which it is kept.
                await _in_thread(file.write, part)
        except httpx2.HTTPError:
            return response.headers.get("ETag", ""), False
        finally:
            await response.aclose()
        return "", True


async def _next(said: AsyncGenerator[Word, None], silence: float) -> Word | None:
    try:
        async with asyncio.timeout(silence):
            return await anext(said, None)
    except (httpx2.HTTPError, OSError) as error:
        raise _down("stream", error, silence) from error


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        raise StoreFailed(f"snapshot: {error}") from error


def _down(what: str, error: Exception, within: float) -> ChannelDown:
    silent = within if isinstance(error, TimeoutError | httpx2.TimeoutException) else 0.0
    return ChannelDown(f"{what.strip('/')}: {type(error).__name__}", silent)


def _require_success(response: httpx2.Response) -> None:
    if response.is_success:
        return
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError as error:
        # Not our server's words: something in between, or a fault; either way no answer.
        raise ChannelDown(f"status {response.status_code} without a reason") from error
    raise Refused(problem)


def _x25519(text: str) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(base64.b64decode(text))
