"""The network cable between the devices and the server: a TCP relay that can be cut and mended.

A cut cable is silent: nothing is refused and nothing arrives, which is the harder failure. Connections that were open
when it was cut are dropped when it is mended, as a firewall's forgotten ones are.
"""

import asyncio
from types import TracebackType

from demo.ports import HOST

CHUNK = 64 * 1024
REACHED_WITHIN = 10.0
TRY_EVERY = 0.02


class Cable:
    """Relays HOST:`here` to HOST:`there`."""

    def __init__(self, here: int, there: int) -> None:
        self._here, self._there = here, there
        self._whole = True
        self._ends: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def is_whole(self) -> bool:
        """Whether anything gets through."""
        return self._whole

    async def __aenter__(self) -> "Cable":
        self._server = await asyncio.start_server(self._accept, HOST, self._here)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            self._drop()
            await asyncio.gather(*self._relays, return_exceptions=True)
            await self._server.wait_closed()

    def cut(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._whole = False

    def mend(self) -> None:
        """New connections pass again; the old ones are gone."""
        self._whole = True
        self._drop()

    def _drop(self) -> None:
        for end in tuple(self._ends):
            end.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.get_running_loop().create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            if not self._whole:
                # Held, unread, until the cable is mended or the device gives up.
                await writer.wait_closed()
                return
            await self._join(reader, writer)
        except OSError:
            pass
        finally:
            self._ends.discard(writer)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await self._reach()
        self._ends.add(far_writer)
        try:
            pumps = {
                asyncio.create_task(self._pump(reader, far_writer)),
                asyncio.create_task(self._pump(far_reader, writer)),
            }
            _, left = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in left:
                pump.cancel()
            await asyncio.wait(pumps)
        finally:
            self._ends.discard(far_writer)
            far_writer.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The far end; one that is still starting is waited for, as a network does by asking again (RFC 9293)."""
        async with asyncio.timeout(REACHED_WITHIN):
            while True:
                try:
                    return await asyncio.open_connection(HOST, self._there)
                except ConnectionRefusedError:
                    await asyncio.sleep(TRY_EVERY)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                if self._whole:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
