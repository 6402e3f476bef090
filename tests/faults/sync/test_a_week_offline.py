"""A week without a net: everything is whole again within a minute, and nobody is let in by what was taken away."""

import asyncio
from datetime import timedelta
from pathlib import Path

from meroppet.device.device import Device
from meroppet.device.errors import DeviceError
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import Right
from meroppet.rules.events import DoorOpened
from meroppet.rules.pin import PinAnswer
from meroppet.wire.changes import RightDocument
from server.journal.service import gaps
from server.patrons.service import Holder, Reach, set_right
from server.replication.service import newest, publish
from tests.fakes.clocks import START, ManualClock
from tests.integration.server.device_api.conftest import ASTRID, PIN

from .region import Region, listening, region, running, until

WEEK = timedelta(hours=168)
EVENTS, CHANGES = 5_000, 20_000
WHOLE_WITHIN = 60.0
CARD = CardNumber(ASTRID)


async def give(made: Region, right: Right) -> None:
    async with made.database.session(made.place.scope) as session:
        holder = Holder("vastmanland", CARD)
        await set_right(session, made.keys, made.place, holder, right, by="Maj", reach=Reach.BRANCH)


async def change_much(made: Region) -> None:
    """What a register's nightly run changes in a week."""
    async with made.database.session(made.place.scope) as session:
        for number in range(CHANGES):
            publish(
                session,
                made.place.consortium,
                audience=made.place.id,
                kind="right",
                key=f"{number:032x}",
                value=RightDocument(permitted=number % 2 == 0),
            )


async def live_alone(door: Device, clock: ManualClock) -> None:
    """Write down what happens in a week in which nobody answers."""
    for _ in range(EVENTS):
        clock.advance(WEEK / EVENTS)
        await door.journal.write(DoorOpened())


async def first_decisions(door: Device) -> list[str]:
    """What the door would go by from its server's first answer on, until all is known: "known" must never be old."""
    seen: list[str] = []
    await until(lambda: door.link.answers and door.keys is not None)
    for attempt in range(200):
        try:
            reply = await door.channel.verify(f"a{attempt}", CARD, Pin(PIN))
        except DeviceError:
            seen.append("refused")
            continue
        known = await door.sync.wait_for_change(reply.change, 1.0)
        assert reply.pin is PinAnswer.RIGHT
        assert reply.subject is not None
        right = door.replica.right(reply.subject)
        # By a tag or a learned PIN the door decides alone, unless it knows that it is behind.
        alone = "waits" if door.sync.is_behind else _allowed(right)
        seen += [_allowed(right) if known else "waits", alone]
        if known:
            return seen
    raise AssertionError(seen)


def _allowed(right: Right | None) -> str:
    return "admitted" if right is not None and right.permitted else "refused"


async def test_a_week_offline_is_whole_again_within_a_minute(tmp_path: Path) -> None:
    clock, loop = ManualClock(START), asyncio.get_running_loop()
    async with region(tmp_path, clock) as made:
        async with listening(made):
            await give(made, Right(permitted=True))
            door = await made.door("door")
            async with running(door):
                await until(lambda: door.sync.heard_at is not None)
                subject = door.digest(CARD)
                assert subject is not None
                assert door.replica.right(subject) is not None
        door = made.opened(tmp_path / "door")
        await live_alone(door, clock)
        await give(made, Right(permitted=False))
        await change_much(made)
        async with made.database.reading(made.place.scope) as session:
            target = await newest(session, made.place.consortium, [made.place.id])
        assert await door.journal.unsent_count() >= EVENTS

        async with listening(made), running(door):
            begun = loop.time()
            seen = await first_decisions(door)
            await until(lambda: door.replica.cursor() >= target, within=WHOLE_WITHIN)
            while await door.journal.unsent_count():  # noqa: ASYNC110 (the push task tells nobody)
                await asyncio.sleep(0.05)
            taken = loop.time() - begun
            right = door.replica.right(subject)
        async with made.database.reading(made.place.scope) as session:
            missing = await gaps(session, made.place.id)

    assert "admitted" not in seen
    assert right is not None
    assert right.permitted is False
    assert missing == []
    print(f"whole again after {taken:.1f} s")
    assert taken < WHOLE_WITHIN
