"""A device's channel without HTTP: its questions go to the functions behind the server's routes, in their process."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import httpx2
from fastapi import BackgroundTasks

from meroppet.device.channel import ANSWERS_WITHIN, PREFIX, Channel
from meroppet.device.errors import ChannelDown, Refused
from meroppet.device.events_stream import Word, words
from meroppet.device.identity import Identity
from meroppet.wire.base import Reply, Request
from meroppet.wire.problems import Problem, ProblemCode
from meroppet.wire.signing import SIGNATURE_HEADER
from server.db import unscoped
from server.devices import routes as devices
from server.devices.problems import Refusal
from server.devices.signing import Caller, SignedRequest, booted
from server.journal import routes as journal
from server.organisations.service import audiences
from server.registers import routes as registers
from server.replication import routes as replication
from server.replication.listening import listens
from server.replication.streams import device_stream
from tests.simulation.network import Link, Way
from tests.simulation.office import Office

R = TypeVar("R", bound=Reply)

NOTICED = 9.0
"""Seconds after which a stream that says nothing is given up: three pulses, which are left out here."""


class DirectChannel(Channel):
    """One device's channel. `gathers`: seconds in which rows and words of health are let gather before they go."""

    def __init__(self, identity: Identity, office: Office, way: Way, ids: Callable[[], str], gathers: float) -> None:
        super().__init__(identity, ids=ids, transport=httpx2.AsyncBaseTransport())
        self._office, self._way, self._gathers = office, way, gathers
        self._caller: Caller | None = None

    async def _ask(
        self, method: str, path: str, message: Request | None, reply: type[R], *, within: float = ANSWERS_WITHIN
    ) -> R:
        await asyncio.sleep(self._gathering(path, message))
        try:
            async with asyncio.timeout(within):
                return await self._way.ask(lambda: self._served(self._answer(method, path, message)))
        except OSError as error:
            raise ChannelDown(f"{path}: {type(error).__name__}") from error

    def _gathering(self, path: str, message: Any) -> float:
        if path == "/journal":
            return self._gathers
        # A clock nobody vouches for waits for its server's word, and with it the library.
        return min(self._gathers, 60.0 if message.clock == "none" else self._gathers) if path == "/health" else 0.0

    async def snapshot(self, to: Path) -> None:
        """See `Channel`."""
        try:
            async with asyncio.timeout(60):
                told = await self._way.ask(lambda: self._served(self._snapshot()))
                await asyncio.to_thread(to.write_bytes, told)
        except OSError as error:
            raise ChannelDown(f"snapshot: {type(error).__name__}") from error

    async def stream(self, last: int) -> AsyncGenerator[Word, None]:
        """See `Channel`."""
        heard: asyncio.Queue[bytes | None] = asyncio.Queue()
        await self._way_stands()
        saying = self._office.process.spawn(self._say(heard, last))
        fell = self._way.on_fall(lambda: asyncio.get_running_loop().call_later(NOTICED, heard.put_nowait, None))
        try:
            async with aclosing(words(_lines(heard))) as said:
                async for word in said:
                    yield word
        finally:
            fell()
            saying.cancel()
        raise ChannelDown("stream: it fell silent")

    async def _way_stands(self) -> None:
        if self._way.link in {Link.SILENT, Link.NO_ANSWERS}:
            await asyncio.sleep(ANSWERS_WITHIN)
            raise ChannelDown("stream: no answer", ANSWERS_WITHIN)
        if self._caller is None or not self._office.is_up or self._way.link is Link.REFUSED:
            raise ChannelDown("stream: refused")

    async def _say(self, heard: "asyncio.Queue[bytes | None]", last: int) -> None:
        if self._caller is not None:
            async for line in device_stream(self._office.parts, self._caller, last):
                heard.put_nowait(line)
        heard.put_nowait(None)

    async def _served(self, answer: Awaitable[Any]) -> Any:
        """The server's own process answers; what it had begun is lost with it."""
        office = self._office
        if not office.is_up:
            answer.close()  # type: ignore[attr-defined]
            raise ConnectionRefusedError("nobody serves")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def serve() -> None:
            try:
                done.set_result(await answer)
            except Refusal as refusal:
                done.set_exception(Refused(Problem(code=refusal.code, title=refusal.code.value, status=400)))
            except Exception as error:  # noqa: BLE001 (a server's fault is an answer nobody understands)
                done.set_exception(ConnectionAbortedError(type(error).__name__))

        office.process.spawn(serve())

        def died() -> None:
            if not done.done():
                done.set_exception(ConnectionResetError("the server died"))

        office.process.at_end(died)
        return await done

    async def _answer(self, method: str, path: str, message: Any) -> Any:
        parts: Any = self._office.parts
        if path == "/boot":
            self._caller = await self._booted(method, path, message)
            return await devices.boot(message, self._caller, parts)
        if self._caller is None:
            raise Refusal(ProblemCode.UNKNOWN_BOOT)
        asked: Any = SimpleNamespace(caller=self._caller, spend=_spent)
        match path.partition("?"):
            case "/journal", _, _:
                body = SimpleNamespace(body=_giving(message.model_dump_json().encode()))
                return await journal.journal(body, asked, parts)  # type: ignore[arg-type]
            case "/health", _, _:
                return await devices.health(message, asked, parts)
            case "/verify", _, _:
                after = BackgroundTasks()
                told = await registers.verify(message, asked, parts, after)
                self._office.process.spawn(after())
                return told
            case "/changes", _, query:
                return await replication.poll(self._caller, parts, int(query.partition("=")[2]))
        raise Refusal(ProblemCode.BAD_REQUEST)

    async def _snapshot(self) -> bytes:
        parts, caller = self._office.parts, self._caller
        if caller is None:
            raise Refusal(ProblemCode.UNKNOWN_BOOT)
        async with parts.database.session(caller.scope) as session:
            heard = await audiences(session, caller.branch, caller.controller)
            await listens(session, caller, heard)
        found = await parts.snapshots.of_branch(parts.database, caller.scope, caller.branch, heard)
        return found.file.read_bytes()

    async def _booted(self, method: str, path: str, message: Request) -> Caller:
        request = self._request(method, path, message)
        signature = base64.b64decode(request.headers[SIGNATURE_HEADER])
        signed = SignedRequest(method, PREFIX + path, request.content, self._identity.device, self._boot, 0, signature)
        async with self._office.parts.database.session(unscoped("only its row says whose a device is")) as session:
            found = await booted(session, signed)
        if isinstance(found, ProblemCode):
            raise Refusal(found)
        return found


async def _spent(_session: object) -> None:
    """Without HTTP no request can be a replay."""


def _giving(body: bytes) -> Callable[[], Awaitable[bytes]]:
    async def given() -> bytes:
        return body

    return given


async def _lines(heard: "asyncio.Queue[bytes | None]") -> AsyncGenerator[str, None]:
    while (said := await heard.get()) is not None:
        for line in said.decode().split("\n")[:-1]:
            yield line
