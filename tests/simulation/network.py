"""A simulated network: what is sent arrives late, never, twice or in part, and listeners exist in memory only."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from itertools import count
from random import Random
from typing import Any, TypeVar

from tests.simulation.loop import Process, SimLoop, current

T = TypeVar("T")


class Link(StrEnum):
    """What the way between two machines can be like."""

    UP = "up"
    REFUSED = "refused"
    SILENT = "silent"
    """Nothing arrives, in either direction, and nobody is told."""
    NO_ANSWERS = "no-answers"
    """What is sent arrives; what is answered does not."""
    TWICE = "twice"
    """What is sent arrives twice."""
    SLOW = "slow"
    FLAPPING = "flapping"


class Way:
    """The way from one machine to another, for questions and answers."""

    def __init__(self, random: Random) -> None:
        self.link = Link.UP
        self._random = random
        self._falls: dict[int, Callable[[], object]] = {}
        self._listeners = count()

    def become(self, link: Link) -> None:
        """Be like this from now on."""
        self.link = link
        if link is not Link.UP:
            self.fall()

    def fall(self) -> None:
        """What was under way is cut off."""
        for callback in tuple(self._falls.values()):
            callback()

    def on_fall(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Have `callback` called when what is under way is cut off; the answer takes it back."""
        number = next(self._listeners)
        self._falls[number] = callback

        def forget() -> None:
            self._falls.pop(number, None)

        return forget

    async def ask(self, answer: Callable[[], Awaitable[T]]) -> T:
        """Carry a question over and an answer back. ConnectionError, or for ever nothing, as the way is."""
        await self._cross(answers=False)
        if self.link is Link.TWICE:
            await self._first_of_two(answer)
        told = await answer()
        await self._cross(answers=True)
        return told

    async def _first_of_two(self, answer: Callable[[], Awaitable[T]]) -> None:
        try:
            await answer()
        except Exception:  # noqa: BLE001 (whatever became of the first, the second is what is answered)
            return

    async def _cross(self, *, answers: bool) -> None:
        match self.link:
            case Link.REFUSED:
                raise ConnectionRefusedError("the simulated network refuses")
            case Link.SILENT:
                await asyncio.Event().wait()
            case Link.NO_ANSWERS if answers:
                await asyncio.Event().wait()
            case Link.FLAPPING if self._random.random() < 0.5:
                raise ConnectionResetError("the simulated network fell")
            case Link.SLOW:
                await asyncio.sleep(self._random.uniform(0.5, 4.0))
            case _:
                await asyncio.sleep(self._random.uniform(0.001, 0.02))


class Network:
    """Listeners and connections in memory, by address (`host:port`, or a path)."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self._listeners: dict[str, _Listener] = {}
        self._ports = count(20_000)

    def free_port(self) -> int:
        """A port nobody has."""
        return next(self._ports)

    def listen(self, factory: Callable[[], asyncio.Protocol], address: str) -> "_Listener":
        """A listener; OSError where there is one."""
        if address in self._listeners:
            raise OSError(f"{address} is taken")
        self._listeners[address] = made = _Listener(self, factory, address, current())
        if made.process is not None:
            made.process.at_end(made.close)
        return made

    def drop(self, address: str) -> None:
        """Nobody listens there any more."""
        self._listeners.pop(address, None)

    async def connect(self, factory: Callable[[], asyncio.Protocol], address: str) -> tuple[Any, Any]:
        """A connection; ConnectionRefusedError where nobody listens."""
        await asyncio.sleep(0)
        listener = self._listeners.get(address)
        if listener is None:
            raise ConnectionRefusedError(address)
        near, far = _Transport(self._loop, current(), address), _Transport(self._loop, listener.process, address)
        near.peer, far.peer = far, near
        for end, make in ((far, listener.factory), (near, factory)):
            end.begin(make)
        return near, near.protocol


class _Listener:
    def __init__(
        self, network: Network, factory: Callable[[], asyncio.Protocol], address: str, process: Process | None
    ) -> None:
        self._network, self.factory, self._address, self.process = network, factory, address, process
        self.sockets = (self,)

    def getsockname(self) -> tuple[str, int]:
        host, _, port = self._address.rpartition(":")
        return host, int(port) if port.isdigit() else 0

    def close(self) -> None:
        self._network.drop(self._address)

    async def wait_closed(self) -> None:
        pass


class _Transport(asyncio.Transport):
    """One end of a connection."""

    peer: "_Transport"
    protocol: Any

    def __init__(self, loop: SimLoop, process: Process | None, name: str) -> None:
        super().__init__({"peername": (name, 0), "sockname": (name, 0), "socket": None})
        self._loop, self._process, self._closed = loop, process, False
        if process is not None:
            process.at_end(self.abort)

    def begin(self, make: Callable[[], asyncio.Protocol]) -> None:
        def started() -> None:
            self.protocol = make()
            self.protocol.connection_made(self)

        self._as_own(started)

    def write(self, data: Any) -> None:
        if not self._closed and bytes(data):
            self._hand(self.peer, "data_received", bytes(data))

    def writelines(self, parts: Any) -> None:
        self.write(b"".join(parts))

    def write_eof(self) -> None:
        self._hand(self.peer, "eof_received")

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._hand(self, "connection_lost", None)
        if not self.peer._closed:
            self.peer._closed = True
            self._hand(self.peer, "connection_lost", None)

    abort = close

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def _hand(self, end: "_Transport", what: str, *said: Any) -> None:
        def arrive() -> None:
            getattr(end.protocol, what)(*said)

        end._as_own(lambda: self._loop.call_soon(arrive))

    def _as_own(self, work: Callable[[], Any]) -> None:
        if self._process is None:
            work()
        elif self._process.alive:
            self._process.run(work)
