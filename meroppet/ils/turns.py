"""Whose turn it is: a few things shared by many, in the order of their asking, the urgent ones first."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """`size` turns at a time. Whoever is in a hurry passes those who wait, never those whose turn it is."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._hurried: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, is_urgent: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, and give it up at the end of the block."""
        await self._wait(self._hurried if is_urgent else self._others)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, lane: "deque[asyncio.Future[None]]") -> None:
        if self._free > 0:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        lane.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine in lane:
                lane.remove(mine)
            elif not mine.cancelled():
                # The turn came in the same moment as the cancellation.
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        for lane in (self._hurried, self._others):
            while lane:
                following = lane.popleft()
                if not following.done():
                    following.set_result(None)
                    return
        self._free += 1
