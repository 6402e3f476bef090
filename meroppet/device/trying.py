"""One thing that is tried again and again: its pauses grow, differ from other devices', and end with good news."""

import asyncio
import logging
from contextlib import suppress
from random import Random

from meroppet.runtime.logs import Recurring

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 20.0


class Trying:
    """The tries of one task, logged when they begin to fail and when they succeed again."""

    def __init__(self, name: str, logger: logging.Logger, random: Random) -> None:
        self._trouble, self._random = Recurring(logger, name), random
        self._pause = FIRST_PAUSE
        self._again = asyncio.Event()

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return self._trouble.failing

    def succeeded(self) -> None:
        """This try did what it should: the next failure is a first one."""
        self._trouble.succeeded()
        self._pause = FIRST_PAUSE

    def failed(self, why: str) -> None:
        """This try did not."""
        self._trouble.failed(why)

    def soon(self) -> None:
        """There is reason to believe that it would succeed now: wait no longer than after a first failure."""
        self._again.set()

    async def wait(self) -> None:
        """Wait before the next try."""
        self._again.clear()
        jitter = self._random.uniform(0.5, 1.5)
        least, self._pause, pause = FIRST_PAUSE * jitter, min(self._pause * 2, LONGEST_PAUSE), self._pause * jitter
        await asyncio.sleep(least)
        await signalled(self._again, pause - least)


async def signalled(event: asyncio.Event, at_most: float) -> None:
    """Wait until the event is set, `at_most` seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most):
            await event.wait()
