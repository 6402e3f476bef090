"""Many doors come back at once, and whoever stands at another door has her answer all the same.

Twenty of them here; `bin/meroppet bench` measures two hundred.
"""

import asyncio
import ssl
import statistics
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2

from meroppet.device.channel import VERIFY_WITHIN
from meroppet.rules.branch import ClockTrust
from meroppet.runtime.clock import SystemClock
from meroppet.wire.enrolment import DeviceKind
from server.devices.service import invite
from tests.bench.reconnecting import come_back
from tests.fakes.signing_device import SigningDevice
from tests.integration.server.device_api.conftest import ASTRID, PIN

from .region import Region, listening, region

DOORS, ROWS = 20, 200
SPREAD = 4.0
"""Seconds in which the doors notice, as they do in life by their jittered pauses."""
WITHIN = 120.0


async def doors_of(made: Region, stack: AsyncExitStack) -> list[SigningDevice]:
    """Enrolled and booted, each with connections of its own."""
    pinned, doors = ssl.create_default_context(cadata=made.keys.ca_pem.decode("ascii")), []
    for number in range(DOORS + 1):
        async with made.database.session(made.place.scope) as session:
            code = await invite(
                session, made.keys, made.place, kind=DeviceKind.DOOR, name=f"door {number}", by="Maj", url=made.url
            )
        client = httpx2.AsyncClient(base_url=made.url, verify=pinned, trust_env=False, timeout=30.0)
        door = SigningDevice(await stack.enter_async_context(client))
        assert (await door.enrol(code.token)).is_success
        assert (await door.boot()).is_success
        doors.append(door)
    return doors


async def decisions(door: SigningDevice, until: "asyncio.Future[list[None]]") -> list[float]:
    """Seconds of every answer, one after the other until something else is over."""
    loop, taken = asyncio.get_running_loop(), list[float]()
    while not until.done():
        attempt, begun = f"a{len(taken)}", loop.time()
        body = {"attempt": attempt, "door": door.device, "sealed": door.seal(attempt, ASTRID, PIN)}
        assert (await door.ask("POST", "/verify", body)).is_success
        taken.append(loop.time() - begun)
        # No faster than a door may ask.
        await asyncio.sleep(0.6)
    return taken


async def test_while_many_doors_come_back_decisions_are_in_time(tmp_path: Path) -> None:
    clock = SystemClock(ClockTrust.NTP)
    async with region(tmp_path, clock) as made, listening(made), AsyncExitStack() as stack:
        online, *away = await doors_of(made, stack)
        async with asyncio.timeout(WITHIN):
            back = asyncio.gather(*(come_back(door, ROWS, spread=SPREAD) for door in away))
            taken = await decisions(online, back)
            await back

    # The doors, their server and the register share one loop here, which makes one answer late when all begin at once.
    assert statistics.median(taken) < VERIFY_WITHIN / 2
    assert sum(seconds >= VERIFY_WITHIN for seconds in taken) <= 1
