"""A relay between a device and its server that cuts each connection after a number of bytes of its own."""

import asyncio
from collections.abc import Callable
from types import TracebackType

CHUNK = 512


class Knife:
    """Relays a free port of the loopback to a port. `draw` says after how many bytes, both ways together, it cuts."""

    def __init__(self, there: int, draw: Callable[[], int | None]) -> None:
        self.there, self._draw = there, draw
        self.cuts = 0
        self._relays: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def __aenter__(self) -> "Knife":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.sockets[0].getsockname()[1])

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.get_running_loop().create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.there)
        left = _Budget(self._draw())
        try:
            ways = (_pour(reader, far_writer, left), _pour(far_reader, writer, left))
            pouring = [asyncio.create_task(way) for way in ways]
            await asyncio.wait(pouring, return_when=asyncio.FIRST_COMPLETED)
            for way in pouring:
                way.cancel()
            await asyncio.gather(*pouring, return_exceptions=True)
            self.cuts += left.is_spent
        finally:
            # Not closed but cut: what is on its way is lost to both, as with a cable.
            for end in (writer, far_writer):
                end.transport.abort()


class _Budget:
    """How many more bytes pass."""

    def __init__(self, left: int | None) -> None:
        self._left = left

    @property
    def is_spent(self) -> bool:
        """Whether nothing passes any more."""
        return self._left == 0

    def take(self, data: bytes) -> bytes:
        """As much of it as passes."""
        if self._left is None:
            return data
        passes = data[: self._left]
        self._left -= len(passes)
        return passes


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: _Budget) -> None:
    while not left.is_spent and (data := await reader.read(CHUNK)):
        writer.write(left.take(data))
        await writer.drain()
