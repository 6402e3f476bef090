"""A device that can only be waited for in a thread, made into an input's events. For drivers; not for shells."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from hardware.ports import ReaderFound, ReaderLost

E = TypeVar("E")
RETRY_AFTER = 0.3
"""Seconds between two attempts to open a device that is not there."""


class Say(Generic[E]):
    """What a watching thread says to its driver; it may be called from that thread alone."""

    def __init__(self, hand_over: Callable[[E | ReaderFound | ReaderLost], None]) -> None:
        self._hand_over = hand_over
        self._there: bool | None = None
        self.stopped = threading.Event()

    def found(self, detail: str = "") -> None:
        """The device is there; said once."""
        if self._there is not True:
            self._there = True
            self._hand_over(ReaderFound(detail))

    def lost(self, detail: str = "") -> None:
        """The device is gone; said once."""
        if self._there is not False:
            self._there = False
            self._hand_over(ReaderLost(detail))

    def event(self, event: E) -> None:
        """Something happened at the device."""
        self._hand_over(event)


class Monitor(Generic[E]):
    """One thread around `watch`, which returns soon after `say.stopped` is set or `interrupt` is called."""

    def __init__(
        self, name: str, watch: Callable[[Say[E]], None], interrupt: Callable[[], None] = lambda: None
    ) -> None:
        self._name, self._watch, self._interrupt = name, watch, interrupt
        self._say: Say[E] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    async def events(self) -> AsyncIterator[E | ReaderFound | ReaderLost]:
        """What the thread says, until close(); what it dies of is raised here."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[E | ReaderFound | ReaderLost | Exception | None] = asyncio.Queue()

        def hand_over(said: E | ReaderFound | ReaderLost | Exception | None) -> None:
            try:
                loop.call_soon_threadsafe(queue.put_nowait, said)
            except RuntimeError:
                # The loop is closed, so that nobody listens any more.
                say.stopped.set()

        say = self._say = Say[E](hand_over)
        self._thread = threading.Thread(target=self._run, args=(say, hand_over), name=self._name, daemon=True)
        self._thread.start()
        try:
            while (said := await queue.get()) is not None:
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            say.stopped.set()
            self._interrupt()

    def _run(self, say: Say[E], hand_over: Callable[[Exception | None], None]) -> None:
        try:
            self._watch(say)
        except Exception as error:  # noqa: BLE001 - a thread's death must reach the one who listens
            hand_over(error)
        else:
            hand_over(None)

    async def close(self) -> None:
        """Stop the thread and wait for it."""
        self._closed = True
        while self._say is not None and self._thread is not None and self._thread.is_alive():
            self._say.stopped.set()
            self._interrupt()
            await asyncio.sleep(0.01)
