"""The device's signed requests to its server, over TLS pinned to one authority, each with a hard time limit."""

import asyncio
import base64
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

import httpx2
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from pydantic import ValidationError

from meroppet.device.errors import ChannelDown, NotUnderstood, Refused
from meroppet.device.events_stream import Word, words
from meroppet.device.identity import Identity
from meroppet.device.tls import pinned
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

PREFIX = "/api/device/v1"
VERIFY_WITHIN = 2.2
"""The server gives the register 2.0 s; a door answers its patron after 2.5 s at the latest."""
ANSWERS_WITHIN = 5.0
SNAPSHOT_WITHIN = 300.0
SILENT_FOR = 3.0
"""So many heartbeats may a stream leave out before it is taken for dead."""
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
    ) -> None:
        self._identity, self._ids = identity, ids
        self._seal_key = _x25519(identity.seal_key)
        self._boot = ""
        self._sequence = 0
        self._heartbeat_seconds = 15
        self._client = httpx2.AsyncClient(
            base_url=identity.url,
            timeout=httpx2.Timeout(ANSWERS_WITHIN, read=None),
            trust_env=False,
            transport=transport
            or httpx2.AsyncHTTPTransport(
                verify=pinned(identity.ca_pem),
                socket_options=_SOCKET,
                trust_env=False,
                limits=httpx2.Limits(max_connections=16, keepalive_expiry=60.0),
            ),
        )

    async def boot(self, version: str) -> BootReply:
        """Announce a fresh boot identifier; everything signed under an older one is refused from now on."""
        self._boot, self._sequence = self._ids(), -1
        reply = await self._ask("POST", "/boot", BootRequest(version=version), BootReply)
        self._seal_key = _x25519(reply.seal_key)
        self._heartbeat_seconds = reply.heartbeat_seconds
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

    async def health(self, request: HealthRequest) -> HealthReply:
        """Say that the device is well."""
        return await self._ask("POST", "/health", request, HealthReply)

    async def post(self, path: str, request: Request, reply: type[R], *, within: float = ANSWERS_WITHIN) -> R:
        """Any other request of this kind of device; `path` follows /api/device/v1."""
        return await self._ask("POST", path, request, reply, within=within)

    async def snapshot(self) -> bytes:
        """The whole state of the branch; a download that is cut goes on where it stopped, three times."""
        got, version = bytearray(), ""
        try:
            async with asyncio.timeout(SNAPSHOT_WITHIN):
                for _ in range(4):
                    version, done = await self._download(got, version)
                    if done:
                        return bytes(got)
        except (httpx2.HTTPError, OSError) as error:
            if isinstance(error, Refused):
                raise
            raise ChannelDown(f"snapshot: {type(error).__name__}") from error
        raise ChannelDown("snapshot: cut short again and again")

    async def stream(self, last: int) -> AsyncGenerator[Word, None]:
        """Wake-ups, orders and heartbeats from change number `last` on, until the server is silent or gone."""
        silence = max(self._heartbeat_seconds * SILENT_FOR, 3.0)
        request = self._request("GET", "/stream", None, {"Last-Event-ID": str(last), "Accept": "text/event-stream"})
        try:
            response = await self._opened(request)
            try:
                async with aclosing(words(response.aiter_lines())) as said:
                    while True:
                        async with asyncio.timeout(silence):
                            word = await anext(said, None)
                        if word is None:
                            raise ChannelDown("stream: the server closed it")
                        yield word
            finally:
                await response.aclose()
        except (httpx2.HTTPError, OSError) as error:
            if isinstance(error, ChannelDown | Refused):
                raise
            raise ChannelDown(f"stream: {type(error).__name__}") from error

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    def _request(
        self, method: str, path: str, message: Request | None, headers: dict[str, str] | None = None
    ) -> httpx2.Request:
        body = b"" if message is None else message.model_dump_json().encode("utf-8")
        self._sequence += 1
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
        request = self._request(method, path, message)
        try:
            async with asyncio.timeout(within):
                response = await self._client.send(request)
        except (httpx2.HTTPError, OSError) as error:
            raise ChannelDown(f"{path.partition('?')[0]}: {type(error).__name__}") from error
        _require_success(response)
        try:
            return reply.model_validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise NotUnderstood(f"{path.partition('?')[0]}: the answer cannot be understood: {place}") from None

    async def _opened(self, request: httpx2.Request) -> httpx2.Response:
        async with asyncio.timeout(ANSWERS_WITHIN):
            response = await self._client.send(request, stream=True)
            if response.is_success:
                return response
            await response.aread()
        _require_success(response)
        return response

    async def _download(self, got: bytearray, version: str) -> tuple[str, bool]:
        resumed = {"Range": f"bytes={len(got)}-", "If-Range": version} if got and version else None
        response = await self._opened(self._request("GET", "/snapshot", None, resumed))
        try:
            if response.status_code != httpx2.codes.PARTIAL_CONTENT:
                got.clear()
            async for part in response.aiter_bytes():
                got += part
        except httpx2.HTTPError:
            return response.headers.get("ETag", ""), False
        finally:
            await response.aclose()
        return "", True


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
