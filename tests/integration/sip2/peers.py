"""A peer that says what it is told to say, line by line."""

import asyncio
import ssl
from collections.abc import Callable

from meroppet.sip2.codec import LineCutter

Script = Callable[[bytes], bytes]


class ScriptedPeer:
    """Listens on loopback; answers each line with what `script` gives for it. Keeps every line it heard."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.heard: list[bytes] = []
        self.port = 0

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        cutter = LineCutter()
        try:
            while data := await reader.read(4096):
                for line in cutter.feed(data):
                    self.heard.append(line)
                    writer.write(self._script(line))
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    def say(self, data: bytes) -> None:
        """Send something nobody asked for, to everyone."""
        for writer in self._writers:
            if not writer.is_closing():
                writer.write(data)

    async def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.sleep(0)
