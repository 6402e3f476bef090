"""What stands between a client and a register, and loses what it is told to lose."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from meroppet.sip2.codec import LineCutter


class Loss(StrEnum):
    """What becomes of a request or of its answer, and of the connection."""

    ANSWER_THEN_HANG_UP = "the register did it, and the connection broke"
    REQUEST_THEN_HANG_UP = "it never arrived, and the connection broke"
    ANSWER_IN_SILENCE = "the register did it, and nothing was heard of it"
    REQUEST_IN_SILENCE = "it never arrived, and nothing was heard"


@dataclass(slots=True)
class LossyProxy:
    """Listens on loopback; `loses` says what becomes of which request, each loss once unless `for_ever`."""

    register_port: int
    loses: dict[str, Loss] = field(default_factory=dict)
    for_ever: bool = False
    codes: list[str] = field(default_factory=list)
    """Every request of the client, login and status left out."""
    port: int = 0
    open_now: int = 0
    most_open: int = 0
    opened: int = 0
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hang up on everybody and stop."""
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.register_port)
        self.open_now += 1
        self.opened += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            await self._talk(reader, writer, up_reader, up_writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.transport.abort()
            up_writer.transport.abort()

    async def _talk(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        cutter = LineCutter()
        while data := await reader.read(4096):
            for line in cutter.feed(data):
                loss = self._loss(line[:2].decode("ascii"))
                if loss not in (Loss.REQUEST_THEN_HANG_UP, Loss.REQUEST_IN_SILENCE):
                    up_writer.write(line + b"\r")
                    answer = await up_reader.readuntil(b"\r")
                    if loss is None:
                        writer.write(answer)
                if loss in (Loss.REQUEST_THEN_HANG_UP, Loss.ANSWER_THEN_HANG_UP):
                    return

    def _loss(self, code: str) -> Loss | None:
        if code in ("93", "99"):
            return None
        self.codes.append(code)
        return self.loses.get(code) if self.for_ever else self.loses.pop(code, None)
