"""A door that is cut from the network goes by sixty days of hours, to the second, and is closed when they run out."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.exceptions import (
    Closed,
    Event,
    ExceptionDay,
    Level,
    NotAfter,
    NotBefore,
    Order,
    OrderKind,
    ScheduleException,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Day, Interval, Window
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import Holiday, HolidayRule, Schedule, Treatment
from meroppet.wire.schedule_convert import exception_to_wire, holidays_to_wire, order_to_wire
from tests.fakes.clocks import ManualClock
from tests.integration.door.house import ANNA, House, until

HOME = ZoneInfo("Europe/Stockholm")
STAFFED, OPEN, SHUT = BranchState.STAFFED, BranchState.SELF_SERVICE, BranchState.CLOSED
SECOND = timedelta(seconds=1)
START = datetime(2026, 10, 1, 12, 0, tzinfo=HOME)
LAST_DAY = date(2026, 11, 29)
END = datetime(2026, 12, 1, 12, 0, tzinfo=HOME)
FREE = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)
"""With staff the strike is released, so that every change between staffed and not is one of the strike."""

WEEKDAY: Day = (Interval(6 * 60, 22 * 60, OPEN), Interval(10 * 60, 18 * 60, STAFFED))
# Open into the night in which the clocks go back: its half past two comes twice.
SATURDAY: Day = (Interval(8 * 60, 26 * 60 + 30, OPEN), Interval(10 * 60, 14 * 60, STAFFED))
SUNDAY: Day = (Interval(6 * 60, 22 * 60, OPEN),)


def days(first: int, last: int, content: Closed | NotBefore | NotAfter) -> ExceptionDay:
    return ExceptionDay(first=date(2026, 11, first), last=date(2026, 11, last), contents=(content,))


NEW_SYSTEM = ScheduleException(
    id="new-system",
    level=Level.CONSORTIUM,
    days=(days(2, 2, NotAfter(15 * 60)), days(3, 5, Closed()), days(6, 6, NotBefore(10 * 60))),
    reasons=(("sv", "Vi byter system"),),
)
FAIR = ScheduleException(
    id="fair",
    level=Level.BRANCH,
    days=(ExceptionDay(first=date(2026, 11, 14), last=date(2026, 11, 14), contents=(Event(Window(1140, 1260)),)),),
)
BURST_PIPE = Order(
    id="burst-pipe",
    level=Level.BRANCH,
    kind=OrderKind.EMERGENCY_CLOSED,
    start=datetime(2026, 10, 14, 13, 20, 17, tzinfo=HOME).astimezone(UTC),
    end=datetime(2026, 10, 14, 15, 5, 43, tzinfo=HOME).astimezone(UTC),
)
SCHEDULE = Schedule(
    HOME.key,
    (*(WEEKDAY,) * 5, SATURDAY, SUNDAY),
    holiday_rules=(
        HolidayRule(key="allhelgonaafton", treatment=Treatment.SHORTER, window=Window(480, 780)),
        HolidayRule(key="alla-helgons-dag", treatment=Treatment.CLOSED),
    ),
    holidays=(Holiday(date(2026, 10, 30), "allhelgonaafton"), Holiday(date(2026, 10, 31), "alla-helgons-dag")),
    exceptions=(NEW_SYSTEM, FAIR),
    orders=(BURST_PIPE,),
    known_until=LAST_DAY,
)


def local(month: int, day: int, hour: int, minute: int = 0, second: int = 0, *, fold: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=HOME, fold=fold)


BY_HAND = [
    (local(10, 1, 18), OPEN),
    (local(10, 1, 22), SHUT),
    (local(10, 14, 13, 20, 17), BranchState.EMERGENCY_CLOSED),
    (local(10, 14, 15, 5, 43), STAFFED),
    # The night in which 02:00–03:00 comes twice, an hour of summer time and one of winter time.
    (local(10, 25, 2, 30), SHUT),
    (local(10, 25, 2, 0, fold=1), OPEN),
    (local(10, 25, 2, 30, fold=1), SHUT),
    (local(10, 25, 6), OPEN),
    (local(10, 30, 8), OPEN),
    (local(10, 30, 13), SHUT),
    (local(11, 1, 6), OPEN),
    (local(11, 2, 15), SHUT),
    (local(11, 6, 10), STAFFED),
    (local(11, 14, 19), BranchState.EVENT),
    (local(11, 14, 21), OPEN),
    (local(11, 29, 22), SHUT),
]
NEVER_OPEN = [(local(10, 31, 0), local(11, 1, 6)), (local(11, 2, 15), local(11, 6, 10)), (local(11, 29, 22), END)]


class Journey:
    """A door that is cut off, and its clock in the test's hand."""

    def __init__(self, house: House, clock: ManualClock) -> None:
        self.house, self.clock = house, clock

    async def to(self, moment: datetime) -> BranchState | None:
        """Let it be this moment; what the door then acts by, and its strike has done so."""
        self.clock.advance(moment.astimezone(UTC) - self.clock.now())
        strike, state = self.house.door.strike, self.house.door.place.state()
        strike.look()
        await until(lambda: strike.turned_at == self.clock.monotonic() and strike.door.branch is state)
        # A row bears the time at which it is written: no further before it is on disk.
        await until(lambda: journalled(self.house)[-1][1] == state)
        await self.house.sees(lambda board: board.locked != (state in {STAFFED, BranchState.EVENT}))
        return state


@pytest.fixture
async def journey() -> AsyncIterator[Journey]:
    house = House()
    clock = ManualClock(START.astimezone(UTC), ClockTrust.NONE)
    house.clock = clock
    house.server.time_off = START.timestamp() - datetime.now(UTC).timestamp()
    try:
        await house.open(policy=FREE, schedule=SCHEDULE)
        await known(house)
        # Nobody answers any more, and nothing of what follows is heard of.
        await house.server.stop()
        yield Journey(house, clock)
    finally:
        await house.close()


async def known(house: House) -> None:
    house.server.put("holidays", holidays_to_wire(SCHEDULE.holidays, SCHEDULE.known_until))
    for exception in SCHEDULE.exceptions:
        house.server.put("exception", exception_to_wire(exception), exception.id)
    house.server.put("order", order_to_wire(BURST_PIPE), BURST_PIPE.id)
    await until(lambda: house.door.device.replica.cursor() == house.server.change)
    await until(lambda: house.server.health and house.server.health[-1].hours_until == LAST_DAY.isoformat())


def transitions() -> list[tuple[datetime, BranchState, BranchState]]:
    """Every change of state, with the states before and after, by what was written down at the server."""
    spans = list(Hours(SCHEDULE).spans(START, END))
    return [
        (after.start, before.state, after.state) for before, after in pairwise(spans) if before.state is not after.state
    ]


def journalled(house: House) -> list[tuple[datetime, str]]:
    with sqlite3.connect(house.folder / "state" / "journal.db") as connection:
        rows = connection.execute(
            "SELECT wall, detail ->> 'state' FROM row WHERE kind = 'branch.state' ORDER BY seq"
        ).fetchall()
    connection.close()
    return [(datetime.fromisoformat(wall), state) for wall, state in rows]


async def test_every_transition_of_sixty_days_comes_at_its_second(journey: Journey) -> None:
    due = transitions()
    assert len(due) > 200
    assert {(at.astimezone(UTC), state) for at, state in BY_HAND} <= {(at, state) for at, _, state in due}
    for first, last in NEVER_OPEN:
        assert [at for at, _, _ in due if first < at < last] == []

    for moment, before, after in due:
        assert await journey.to(moment - SECOND) is before, moment
        assert await journey.to(moment) is after, moment

    assert journalled(journey.house)[1:] == [(at, str(after)) for at, _, after in due]


async def test_when_the_hours_have_run_out_the_door_is_closed_and_says_why(journey: Journey) -> None:
    house, hours = journey.house, journey.house.door.device.replica.hours()
    assert hours is not None

    assert await journey.to(local(11, 29, 21, 59, 59)) is OPEN
    assert await journey.to(local(11, 30, 12)) is SHUT

    answer = hours.state_at(journey.clock.now())
    assert (str(answer.rule), house.board.state().locked) == ("horizon", True)
    house.board.tap(ANNA.card)
    await house.says(Reason.CLOSED)
    await until(lambda: house.refusals() == ["closed"])


async def test_the_door_itself_looks_when_the_second_comes(journey: Journey) -> None:
    """Nobody tells it: its clock runs, and the strike is released when the hour comes, not before."""
    await journey.to(local(11, 6, 9, 59, 59))
    opens = local(11, 6, 10)

    async with asyncio.timeout(10):
        while journey.house.door.strike.door.branch is not STAFFED:
            early = journey.clock.now() < opens
            await asyncio.sleep(0.01)
            assert not early or journey.house.board.state().locked
            journey.clock.advance(timedelta(seconds=0.01))

    await journey.house.sees(lambda board: not board.locked)
    assert journey.clock.now() >= opens
