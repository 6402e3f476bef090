"""Who waits for whom: a decision for nobody, and what devices bring and fetch by themselves for one another.

When a net comes back, every door of a region brings a week at once. What each brings holds up the loop and the database
for a while, so no more than one does at a time, and half of the time is left while anybody stands at a door.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

DECIDING_FOR = 2.5
"""Seconds after a question in which somebody may still be waiting for the answer."""
_RESTS_AT_MOST = 0.25


class Turns:
    """The turns of one process."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)
        self._asked: dict[str, float] = {}

    def asked(self, device: str) -> None:
        """Somebody stands at a door, and the door has asked."""
        # The newest last: whoever asked last is found without looking at all of them.
        self._asked.pop(device, None)
        self._asked[device] = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def taken(self, device: str) -> AsyncIterator[None]:
        """The turn of something that can wait, unless somebody stands at the door of the device that wants it."""
        loop = asyncio.get_running_loop()
        if self._is_deciding(self._asked.get(device), loop.time()):
            yield
            return
        async with self._one:
            begun = loop.time()
            try:
                yield
            finally:
                newest = next(reversed(self._asked.values()), None)
                if self._is_deciding(newest, loop.time()):
                    await asyncio.sleep(min(loop.time() - begun, _RESTS_AT_MOST))

    @staticmethod
    def _is_deciding(asked_at: float | None, now: float) -> bool:
        return asked_at is not None and now - asked_at < DECIDING_FOR
