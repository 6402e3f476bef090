"""A door's device in a namespace of its own: it journals, and says when it takes its server for lost and for back.

`python -m tests.faults.netns.door FOLDER` until its standard input ends.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

from meroppet.device.device import Device, DeviceSettings, open_device
from meroppet.rules.branch import ClockTrust
from meroppet.rules.events import DoorShut
from meroppet.runtime.clock import SystemClock
from meroppet.wire.enrolment import DeviceKind

LOOKS_EVERY, WRITES_EVERY = 0.02, 0.25


def say(what: str, value: object) -> None:
    """One line: what, since when (the monotonic clock is one for all namespaces), and how."""
    sys.stdout.write(json.dumps([what, time.monotonic(), value]) + "\n")
    sys.stdout.flush()


async def watch(device: Device) -> None:
    """Say what the link is whenever that changes."""
    before: bool | None = None
    while True:
        if device.link.is_up is not before:
            before = device.link.is_up
            say("up", before)
        await asyncio.sleep(LOOKS_EVERY)


async def live(device: Device) -> None:
    """Write rows until cancelled."""
    while True:
        await device.journal.write(DoorShut())
        await asyncio.sleep(WRITES_EVERY)


async def main(folder: Path) -> None:
    """Until the standard input ends."""
    clock = SystemClock(ClockTrust.NTP)
    device = open_device(DeviceSettings(state_dir=folder), DeviceKind.DOOR, clock, version="1")
    tasks = [asyncio.create_task(work) for work in (device.run(), watch(device), live(device))]
    await asyncio.to_thread(sys.stdin.readline)
    # Nothing is written any more; what was must arrive.
    tasks[2].cancel()
    while await device.journal.unsent() is not None:  # noqa: ASYNC110 (what is sent has no event)
        await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await device.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
