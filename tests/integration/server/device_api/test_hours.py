"""What staff decide of hours is at a door that is online at once, order, exception and list alike."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

from meroppet.device.device import Device
from meroppet.rules.branch import BranchState
from meroppet.rules.credentials import CardNumber
from meroppet.rules.exceptions import ExceptionDay, Level, NotBefore, Order, OrderKind, ScheduleException
from meroppet.rules.hours import Hours
from server.devices.service import device as device_view
from server.organisations.service import BranchView
from server.schedules.exceptions import put_exception, remove_exception
from server.schedules.listed import STAFF, put_card
from server.schedules.orders import give_order
from server.schedules.quick import close_now, reopen
from server.schedules.service import schedule_of
from server.schedules.targets import Target

from .conftest import ASTRID, House, listening
from .test_real_device import running, until

USUAL_WAKE_UP = 5.0
"""Seconds on a busy machine; a door that was not woken asks after sixty."""
ALL_OVER = Target(Level.CONSORTIUM, "vastmanland", "Västmanland", "vastmanland")


def hours(device: Device) -> Hours:
    """The device's; it has some from the first."""
    known = device.replica.hours()
    assert known is not None
    return known


def state(house: House, device: Device) -> BranchState:
    return hours(device).state_at(house.clock.now()).state


async def alike(house: House, device: Device, view: BranchView) -> bool:
    """Whether device and server mean the same."""
    async with house.database.reading(view.scope) as session:
        kept = await schedule_of(session, view.id)
    return kept is not None and kept.schedule == hours(device).schedule


async def test_close_now_is_at_an_online_door_within_the_usual_wake_up(house: House, tmp_path: Path) -> None:
    view = house.branches["skiljebo"]
    async with listening(house) as url, running(house, url, tmp_path / "door", []) as door:
        assert state(house, door) is BranchState.SELF_SERVICE

        async with house.database.session(view.scope) as session:
            await close_now(session, view, "Maj", house.clock.now() + timedelta(hours=2), "vattenläcka")
        await until(lambda: state(house, door) is BranchState.EMERGENCY_CLOSED, within=USUAL_WAKE_UP)
        assert await alike(house, door, view)

        async with house.database.session(view.scope) as session:
            await reopen(session, view, "Maj")
        await until(lambda: state(house, door) is BranchState.SELF_SERVICE, within=USUAL_WAKE_UP)
        assert await alike(house, door, view)


async def test_an_order_over_everybody_closes_every_door(house: House, tmp_path: Path) -> None:
    order = Order(id="storm", level=Level.CONSORTIUM, kind=OrderKind.EMERGENCY_CLOSED, start=house.clock.now())
    async with listening(house) as url, running(house, url, tmp_path / "door", []) as door:
        async with house.database.session(ALL_OVER.scope) as session:
            await give_order(session, ALL_OVER, order, "Maj", "storm")
        await until(lambda: state(house, door) is BranchState.EMERGENCY_CLOSED, within=USUAL_WAKE_UP)

        assert str(hours(door).state_at(house.clock.now()).rule) == "order:consortium:storm"
        assert await alike(house, door, house.branches["skiljebo"])


async def test_an_exception_comes_when_it_is_decided_and_goes_when_it_is_not(house: House, tmp_path: Path) -> None:
    tomorrow = (house.clock.now() + timedelta(days=1)).date()
    day = ExceptionDay(first=tomorrow, last=tomorrow, contents=(NotBefore(600),))
    late = ScheduleException(id="late", level=Level.CONSORTIUM, days=(day,), decided_by="Nämnden")
    async with listening(house) as url, running(house, url, tmp_path / "door", []) as door:
        before = hours(door).schedule
        async with house.database.session(ALL_OVER.scope) as session:
            await put_exception(session, ALL_OVER, late, "Maj", draft=True)
            await put_exception(session, ALL_OVER, late, "Maj")
        await until(lambda: bool(hours(door).schedule.exceptions), within=USUAL_WAKE_UP)
        assert await alike(house, door, house.branches["skiljebo"])

        async with house.database.session(ALL_OVER.scope) as session:
            await remove_exception(session, ALL_OVER, "late", "Maj")
        await until(lambda: hours(door).schedule == before, within=USUAL_WAKE_UP)


async def test_the_door_says_until_when_it_knows_its_hours(house: House, tmp_path: Path) -> None:
    async with listening(house, heartbeat=1) as url, running(house, url, tmp_path / "door", []) as door:
        known_until = hours(door).schedule.known_until
        assert known_until is not None
        assert known_until - house.clock.now().date() >= timedelta(days=60)

        async with asyncio.timeout(10):
            while await said_until(house, door) != known_until:  # noqa: ASYNC110 (a heartbeat tells nobody)
                await asyncio.sleep(0.05)


async def said_until(house: House, device: Device) -> date | None:
    """What the device last said of it."""
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        found = await device_view(session, device.identity.device)
    return found.health.hours_until if found is not None and found.health is not None else None


async def test_a_card_on_the_staffs_list_is_known_at_the_door(house: House, tmp_path: Path) -> None:
    view = house.branches["skiljebo"]
    async with listening(house) as url, running(house, url, tmp_path / "door", []) as door:
        async with house.database.session(view.scope) as session:
            await put_card(session, house.keys, view, STAFF, CardNumber(ASTRID), "Astrid", "Maj")
        subject = door.digest(CardNumber(ASTRID))

        await until(lambda: door.replica.listed(STAFF) == {subject}, within=USUAL_WAKE_UP)
        assert door.replica.listed("another") == frozenset()
