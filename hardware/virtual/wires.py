"""A driver's end of a wire to the virtual board: kept up for ever, told apart from what it carries."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from hardware.errors import Lost
from hardware.ports import ReaderFound, ReaderLost

RETRY_AFTER = 0.2
ANSWERS_WITHIN = 0.5
LONGEST_LINE = 1 << 18

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def attach(board: Path, part: str) -> Streams:
    """Connect to one part of the board; raises Lost."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            reader, writer = await asyncio.open_unix_connection(board, limit=LONGEST_LINE)
            try:
                writer.write(json.dumps({"attach": part}).encode() + b"\n")
                answer = await reader.readline()
            except BaseException:
                writer.close()
                raise
    except OSError as error:
        raise Lost(f"no virtual board at {board}: {error}") from error
    if b'"ok": true' not in answer:
        writer.close()
        raise Lost(f"{part} is unplugged from the virtual board at {board}")
    return reader, writer


class InputWire:
    """What one part of the board says."""

    def __init__(self, board: Path, part: str) -> None:
        self._board, self._part = board, part
        self._closed = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None

    async def messages(self) -> AsyncIterator[ReaderFound | ReaderLost | dict[str, Any]]:
        """Found and lost in turn, and what comes between them, until close()."""
        lost = False
        while not self._closed.is_set():
            try:
                reader, self._writer = await attach(self._board, self._part)
            except Lost as error:
                if not lost:
                    lost = True
                    yield ReaderLost(str(error))
                await self._rest()
                continue
            lost = False
            yield ReaderFound()
            async for message in self._until_lost(reader):
                yield message

    async def _until_lost(self, reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
        try:
            while line := await reader.readline():
                yield json.loads(line)
        except (OSError, ValueError):
            pass
        finally:
            self._hang_up()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_AFTER):
                await self._closed.wait()

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def check(self) -> None:
        """Raise Lost when the board or the part is not there."""
        _, writer = await attach(self._board, self._part)
        writer.close()

    async def close(self) -> None:
        """End messages()."""
        self._closed.set()
        self._hang_up()


class OutputWire:
    """Orders to one part of the board; the last one is repeated when a lost board comes back, if it is `lasting`."""

    def __init__(self, board: Path, part: str, *, lasting: bool = True) -> None:
        self._board, self._part, self._lasting = board, part, lasting
        self._wanted: bytes | None = None
        self._answers: deque[asyncio.Future[bool | None]] = deque()
        self._up = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    async def order(self, value: object) -> bool:
        """Say whether the part took the order, within half a second."""
        if self._closed:
            return False
        message = json.dumps({"set": value}).encode() + b"\n"
        if self._lasting:
            self._wanted = message
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                while (taken := await self._send(message)) is None:
                    await self._up.wait()
        except TimeoutError:
            return False
        return taken

    async def check(self) -> None:
        """Raise Lost when the board or the part is not there."""
        _, writer = await attach(self._board, self._part)
        writer.close()

    async def close(self) -> None:
        """Hang up; later orders answer False."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    def _send(self, message: bytes) -> asyncio.Future[bool | None]:
        """The board's answer to come; None when the wire was lost before it came."""
        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        if self._writer is None:
            answer.set_result(None)
        else:
            self._answers.append(answer)
            self._writer.write(message)
        return answer

    async def _keep(self) -> None:
        while True:
            try:
                reader, self._writer = await attach(self._board, self._part)
            except Lost:
                await asyncio.sleep(RETRY_AFTER)
                continue
            try:
                await self._until_lost(reader)
            except (OSError, ValueError):
                pass
            finally:
                self._hang_up()

    async def _until_lost(self, reader: asyncio.StreamReader) -> None:
        if self._wanted is not None:
            self._send(self._wanted)
        self._up.set()
        while line := await reader.readline():
            answer = self._answers.popleft()
            if not answer.done():
                answer.set_result(bool(json.loads(line).get("ok")))

    def _hang_up(self) -> None:
        self._up.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        while self._answers:
            answer = self._answers.popleft()
            if not answer.done():
                answer.set_result(None)
