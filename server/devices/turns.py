"""Who waits for whom: a decision for nobody, and what devices bring and fetch by themselves for one another.

When a net comes back, every door of a region brings a week at once. What each brings holds up the loop and the database
for a while, so no more than one does at a time, and none begins while somebody at a door waits for an answer – unless
that goes on and on: then decisions and the rest share the time. Where many wait already the next is told to come again
later, which devices do after a pause of their own: to let it wait would look to it as if nobody were there.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from meroppet.wire.problems import ProblemCode
from server.devices.problems import Refusal

DECIDING_FOR = 2.5
"""Seconds after a question in which somebody may still be waiting at the door."""
WAITS_AT_MOST = 0.25
MOST_WAITING = 12


class Turns:
    """The turns of one process."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)
        self._asked: dict[str, float] = {}
        self._deciding = self._waiting = 0
        self._decided = asyncio.Event()
        self._decided.set()

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """A question about who stands at a door is being answered."""
        self._deciding += 1
        self._decided.clear()
        try:
            yield
        finally:
            self._deciding -= 1
            if not self._deciding:
                self._decided.set()

    def asked(self, device: str) -> None:
        """It is this device that asked."""
        self._asked[device] = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def taken(self, device: str) -> AsyncIterator[None]:
        """The turn of something that can wait, unless somebody stands at the door of the device that wants it.

        Raises Refusal where too many wait.
        """
        asked_at = self._asked.get(device)
        if asked_at is not None and asyncio.get_running_loop().time() - asked_at < DECIDING_FOR:
            yield
            return
        if self._waiting >= MOST_WAITING:
            raise Refusal(ProblemCode.UNAVAILABLE)
        async with self._next():
            with suppress(TimeoutError):
                async with asyncio.timeout(WAITS_AT_MOST):
                    await self._decided.wait()
            yield

    @asynccontextmanager
    async def _next(self) -> AsyncIterator[None]:
        self._waiting += 1
        try:
            await self._one.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._one.release()


class DecisionsFirst:
    """Counts the questions under these paths as decisions, from their first byte to the last of the answer."""

    def __init__(self, app: ASGIApp, turns: Turns, paths: Collection[str]) -> None:
        self._app, self._turns, self._paths = app, turns, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        with self._turns.deciding():
            await self._app(scope, receive, send)
