"""What keeps a door process going: the controller, the sync beside it, and signals. Sync may fall; the door stays."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from door_controller.controller import DoorController
from door_controller.last_good import GOOD_AFTER, LastGood
from meroppet.runtime.logs import Recurring
from meroppet.runtime.sdnotify import Notifier

logger = logging.getLogger(__name__)

AGAIN_AFTER = 5.0


class Page(Protocol):
    """Something that is served beside the door, and may fall."""

    async def run(self) -> None: ...


async def supervise(
    door: DoorController, notifier: Notifier, *, version: str, pages: Mapping[str, Page], starts: LastGood
) -> None:
    """Run the door until SIGTERM or SIGINT, or raise what ended its controller; everything is closed either way."""
    stop, runs = _told_to_stop(), asyncio.Event()

    def started() -> None:
        notifier.ready()
        runs.set()

    try:
        async with asyncio.TaskGroup() as tasks:
            work = [
                tasks.create_task(door.run(version, notifier.alive, started), name="door"),
                tasks.create_task(_for_ever(door.device.run, "sync"), name="sync"),
                tasks.create_task(_prove(door, starts, runs), name="last good"),
                *(tasks.create_task(_for_ever(page.run, name), name=name) for name, page in pages.items()),
            ]
            await stop.wait()
            notifier.stopping()
            for task in work:
                task.cancel()
    finally:
        await door.close()


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _prove(door: DoorController, starts: LastGood, runs: asyncio.Event) -> None:
    """Write down that this start has not failed, and after a while that its settings are good."""
    await runs.wait()
    for event in starts.events():
        door.device.record(event)
    await asyncio.to_thread(starts.began)
    await asyncio.sleep(GOOD_AFTER)
    await asyncio.to_thread(starts.good)


async def _for_ever(run: Callable[[], Awaitable[None]], name: str) -> None:
    trouble = Recurring(logger, name)
    while True:
        try:
            await run()
        except Exception as error:  # noqa: BLE001 (the door outlives whatever it is)
            # Deciding at the door needs neither: it goes on with what it knows.
            trouble.failed(f"{type(error).__name__}: {error}")
        await asyncio.sleep(AGAIN_AFTER)
