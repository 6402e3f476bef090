"""Hours against a library for OpenStreetMap's opening_hours; see tests/oracles/osm.py for what that can say."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from opening_hours import OpeningHours

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Content, ExceptionDay, Level, OtherHours, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Day, Interval, Week, Window
from meroppet.rules.schedule import HolidayRule, Schedule, Season, Treatment
from tests.oracles.osm import Reader
from tests.oracles.swedish_branch import public_holidays

ZONE, HOLIDAYS = ZoneInfo("Europe/Stockholm"), public_holidays()
KEYS = sorted({holiday.key for holiday in HOLIDAYS})
ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED


def a_day(dice: Random, latest: int = 1440) -> Day:
    """Self-service with staffed hours over and beside it, or nothing."""
    edges = sorted(dice.sample(range(0, latest + 1, 15), 4))
    alone, staffed = Interval(edges[0], edges[2], ALONE), Interval(edges[1], edges[3], STAFFED)
    return dice.choice([(alone, staffed), (alone,), (staffed,), ()])


def a_night(dice: Random) -> Day:
    start = dice.randrange(600, 1440, 15)
    return (Interval(start, dice.randrange(1455, 1800, 15), ALONE),)


def a_week(dice: Random) -> Week:
    return tuple(a_day(dice) for _ in range(7))


def a_season(dice: Random) -> Season:
    first, last = sorted((dice.randint(1, 12), dice.randint(1, 28)) for _ in range(2))
    return Season(id="season", name="", first=first, last=last, weekly=a_week(dice))


def an_exception(dice: Random, monday: date) -> ScheduleException:
    first = monday + timedelta(days=dice.randrange(-1, 7))
    contents: tuple[Content, ...] = dice.choice([(Closed(),), (OtherHours(a_day(dice)),)])
    days = ExceptionDay(first=first, last=first + timedelta(days=dice.randrange(3)), contents=contents)
    return ScheduleException(id="days", level=Level.BRANCH, days=(days,))


def with_seasons(dice: Random, monday: date) -> Schedule:
    rule = dice.choice([Treatment.CLOSED, Treatment.AS_USUAL])
    return Schedule(
        ZONE.key, a_week(dice), tuple(a_season(dice) for _ in range(dice.randrange(2))),
        tuple(HolidayRule(key=key, treatment=rule) for key in KEYS), HOLIDAYS,
        exceptions=tuple(an_exception(dice, monday) for _ in range(dice.randrange(2))),
    )  # fmt: skip


def with_days_alike(dice: Random, monday: date) -> Schedule:
    start = dice.randrange(0, 1200, 15)
    window = Window(start, dice.randrange(start + 15, 1441, 15))
    treatment = dice.choice([Treatment.SHORTER, Treatment.SELF_SERVICE_ONLY])
    rules = tuple(HolidayRule(key=key, treatment=treatment, window=window) for key in KEYS)
    return Schedule(ZONE.key, (a_day(dice),) * 7, (), rules, HOLIDAYS)


def with_nights(dice: Random, monday: date) -> Schedule:
    return Schedule(ZONE.key, tuple(dice.choice([a_night(dice), a_day(dice, 600)]) for _ in range(7)))


def a_monday(dice: Random) -> date:
    """Any Monday of the ten years, or the one before a holiday."""
    near = dice.choice(HOLIDAYS).day if dice.random() < 0.5 else date(2026, 1, 5) + timedelta(days=dice.randrange(3640))
    near = max(date(2026, 1, 5), min(near, date(2035, 12, 23)))
    return near - timedelta(days=near.weekday())


def read_otherwise(schedule: Schedule, monday: date) -> Iterator[str]:
    """Where the two disagree in the week: both change at their edges only, so it is enough to look there."""
    first = datetime.combine(monday, datetime.min.time())
    last, hours = first + timedelta(days=7), Hours(schedule)
    reader = Reader(schedule, first - timedelta(days=1), last)
    ours = {span.start.astimezone(ZONE) for span in hours.spans(first.replace(tzinfo=ZONE), last.replace(tzinfo=ZONE))}
    theirs = {edge.replace(tzinfo=ZONE, fold=fold) for edge in reader.starts for fold in (0, 1) if first <= edge < last}
    for moment in ours | theirs:
        shown = moment.astimezone(UTC).astimezone(ZONE)
        said, read = hours.state_at(shown).state, reader.at(shown.replace(tzinfo=None))
        if said is not read:
            yield f"{shown}: {said}, they {read}: {reader.text}"


@pytest.mark.parametrize(("make", "weeks"), [(with_seasons, 500), (with_days_alike, 250), (with_nights, 250)])
def test_a_reader_of_another_format_agrees_on_a_thousand_random_weeks(make, weeks: int) -> None:
    dice = Random(2026)
    for _ in range(weeks):
        monday = a_monday(dice)
        assert list(read_otherwise(make(dice, monday), monday)) == []


def test_the_other_reader_has_the_same_holidays() -> None:
    reader = OpeningHours("off; PH 00:00-24:00", country="SE")
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(3652)]
    ours = {holiday.day for holiday in HOLIDAYS}

    theirs = {day for day in days if reader.is_open(datetime.combine(day, datetime.min.time()))}

    assert theirs == ours
