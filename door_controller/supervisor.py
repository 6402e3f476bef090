"""What keeps a door process going: the controller, the sync beside it, and signals. Sync may fall; the door stays."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Protocol

from door_controller.controller import DoorController
from door_controller.status_page import StatusPage
from meroppet.runtime.logs import Recurring
from meroppet.runtime.sdnotify import Notifier

logger = logging.getLogger(__name__)

AGAIN_AFTER = 5.0


class Page(Protocol):
    """Something that is served beside the door, and may fall."""

    async def run(self) -> None: ...


async def supervise(
    door: DoorController, notifier: Notifier, *, version: str, status_port: int, display: Page | None = None
) -> None:
    """Run the door until SIGTERM or SIGINT, or raise what ended its controller; everything is closed either way."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with asyncio.TaskGroup() as tasks:
            work = [
                tasks.create_task(door.run(version, notifier.alive, notifier.ready), name="door"),
                tasks.create_task(_for_ever(door.device.run, "sync"), name="sync"),
            ]
            if status_port:
                page = StatusPage(status_port, door.facts)
                work.append(tasks.create_task(_for_ever(page.run, "status page"), name="status page"))
            if display is not None:
                work.append(tasks.create_task(_for_ever(display.run, "display page"), name="display page"))
            await stop.wait()
            notifier.stopping()
            for task in work:
                task.cancel()
    finally:
        await door.close()


async def _for_ever(run: Callable[[], Awaitable[None]], name: str) -> None:
    trouble = Recurring(logger, name)
    while True:
        try:
            await run()
        except Exception as error:  # noqa: BLE001 (the door outlives whatever it is)
            # Deciding at the door needs neither: it goes on with what it knows.
            trouble.failed(f"{type(error).__name__}: {error}")
        await asyncio.sleep(AGAIN_AFTER)
