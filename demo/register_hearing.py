"""How a running register hears orders: lines on standard input, whatever that is, and on a port of its own."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator

from demo.ports import HOST
from demo.register_orders import LONGEST_ORDER, Orders

_READ_AT_ONCE = 4096
_MOST_KEPT = 4 * LONGEST_ORDER + 1
"""Bytes of a line that are kept; in any letters they are more than the longest order, and told to be so."""


class Lines:
    """Bytes in, whole lines out; of a line without an end no more is kept than shows that it is too long."""

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, data: bytes) -> list[str]:
        """The lines that `data` ends; b"" is the end of the input, which ends the last line too."""
        *ended, rest = (data or (b"\n" if self._rest else b"")).split(b"\n")
        lines = []
        for part in ended:
            lines.append((self._rest + part)[:_MOST_KEPT].decode("utf-8", "replace"))
            self._rest = b""
        self._rest = (self._rest + rest)[:_MOST_KEPT]
        return lines


async def hear_input() -> AsyncIterator[str]:
    """The lines of standard input until it ends; at once where there is none.

    A thread reads them: an event loop can wait for pipes and terminals, but not for a file or /dev/null.
    """
    if sys.stdin is None:
        return
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    # In the background of a terminal, reading would stop the whole process; like this it only fails.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)

    def tell(line: str | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def read() -> None:
        heard, data = Lines(), b"-"
        try:
            while data:
                data = os.read(0, _READ_AT_ONCE)
                for line in heard.cut(data):
                    tell(line)
        except OSError:
            pass
        tell(None)

    threading.Thread(target=read, daemon=True, name="orders").start()
    while (line := await lines.get()) is not None:
        yield line


class Listener:
    """Takes orders on a port of loopback, and answers each."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port: int | None = None

    async def start(self, port: int) -> None:
        """Listen; raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._serve, HOST, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        heard, data = Lines(), b"-"
        try:
            while data:
                data = await reader.read(_READ_AT_ONCE)
                for line in heard.cut(data):
                    writer.write(f"{await self._orders.obey(line)}\n".encode())
                    await writer.drain()
        except (OSError, asyncio.CancelledError):
            # Hung up.
            pass
        finally:
            writer.close()
