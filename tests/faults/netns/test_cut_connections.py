"""Five hundred TLS connections cut at random bytes, in handshakes, requests and answers: every row arrives once."""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

from sqlmodel import select

from meroppet.device.device import Device
from meroppet.device.errors import ChannelDown, Refused
from meroppet.rules.branch import ClockTrust
from meroppet.rules.events import DoorOpened, DoorShut
from meroppet.runtime.clock import SystemClock
from meroppet.wire.problems import ProblemCode
from server.journal.models import JournalRow, JournalStream
from tests.faults.netns.knife import Knife
from tests.faults.sync.region import Region, listening, region

CUTS = 500
LONGEST_LIVES = (2500, 2500, 6000, 6000, 24_000)
"""Bytes: a handshake, a request, some requests."""


async def _told(door: Device) -> bool:
    """Send what is unsent; False if the connection was cut on the way."""
    try:
        sent = await door.journal.unsent()
        if sent is not None:
            await door.journal.acked(sent, await door.channel.journal(sent))
    except ChannelDown:
        return False
    except Refused as refused:
        if refused.problem.code is not ProblemCode.TOO_MANY:
            raise
        await asyncio.sleep(0.1)
        return False
    return True


async def _booted(door: Device) -> bool:
    try:
        await door.channel.boot("1")
    except (ChannelDown, Refused):
        return False
    return True


async def _arrived(made: Region) -> list[tuple[int, str]]:
    async with made.database.session(made.place.scope) as session:
        return sorted((row.seq, row.kind) for row in await session.all(select(JournalRow)))


async def _through(made: Region) -> int:
    async with made.database.session(made.place.scope) as session:
        return max((stream.through for stream in await session.all(select(JournalStream))), default=0)


async def test_five_hundred_cut_connections_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    draw = random.Random(6)
    cutting = False

    def after() -> int | None:
        return draw.randrange(1, draw.choice(LONGEST_LIVES)) if cutting else None

    clock = SystemClock(ClockTrust.NTP)
    async with (
        region(tmp_path, clock) as made,
        listening(made),
        Knife(made.port, after) as knife,
        AsyncExitStack() as ended,
    ):
        made.url = f"https://localhost:{knife.port}"
        door = await made.door("door")
        ended.push_async_callback(door.close)
        cutting, written, told, answers_lost = True, [], 0, 0
        while not await _booted(door):
            pass
        while knife.cuts < CUTS:
            event = draw.choice((DoorOpened(), DoorShut()))
            written.append((await door.journal.write(event), event.kind))
            if await _told(door):
                told += 1
            else:
                answers_lost += await _through(made) > len(written) - await door.journal.unsent_count()
        cutting = False
        while await door.journal.unsent_count():
            await _told(door)
        arrived = await _arrived(made)

    assert arrived == written
    assert len(written) > CUTS / 2
    assert told > CUTS / 10, "some got through between the cuts"
    assert answers_lost > CUTS / 100, "the server had taken rows whose answer was cut off"
