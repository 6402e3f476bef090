"""What a quick action is told to do before it does it: closings, openings, nights, and times as they are meant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, Order, OrderKind, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from server.schedules.quick_choices import Quick, closed_from_above, possible, reason_given
from server.schedules.quick_effects import chosen_minute, closes, effect, extended_by, moment_of, tonight

ZONE = ZoneInfo("Europe/Stockholm")
ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
DAY = (Interval(6 * 60, 20 * 60, ALONE), Interval(10 * 60, 17 * 60, STAFFED))
PLAIN = Schedule("Europe/Stockholm", (DAY,) * 7)
LATE = Schedule("Europe/Stockholm", ((Interval(18 * 60, 26 * 60, ALONE),),) * 7)
NEVER_SHUT = Schedule("Europe/Stockholm", ((Interval(0, 1440, ALONE),),) * 7)


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """A moment around Monday 23 November 2026 in Nora."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def closing(start: datetime, end: datetime | None, level: Level = Level.BRANCH) -> Order:
    return Order(id="now", level=level, kind=OrderKind.EMERGENCY_CLOSED, start=start, end=end)


@pytest.mark.parametrize(
    ("schedule", "now", "ends"),
    [
        (PLAIN, at(12), at(0, day=24)),
        (PLAIN, at(23), at(0, day=24)),
        (PLAIN, at(1), at(0, day=24)),
        (LATE, at(19), at(2, day=24)),
        (LATE, at(1), at(2)),
        (NEVER_SHUT, at(12), at(6, day=24)),
    ],
)
def test_tonight_ends_with_the_hours_that_go_over_midnight(schedule: Schedule, now: datetime, ends: datetime) -> None:
    assert tonight(Hours(schedule), now) == ends


def test_a_closed_day_opens_again_as_the_schedule_says() -> None:
    now = at(19, 30)
    after = Hours(replace(PLAIN, orders=(closing(now, at(0, day=24)),)))

    seen = effect(Hours(PLAIN), after, now.astimezone(UTC))

    assert (seen.state, seen.first, seen.opens) == (BranchState.EMERGENCY_CLOSED, now, at(6, day=24))


def test_closed_until_further_notice_never_opens_by_itself() -> None:
    now = at(12)

    seen = effect(Hours(PLAIN), Hours(replace(PLAIN, orders=(closing(now, None),))), now)

    assert seen.opens is None


def test_what_changes_nothing_says_which_rule_holds() -> None:
    shut = ScheduleException(
        id="x",
        level=Level.CONSORTIUM,
        days=(ExceptionDay(first=date(2026, 11, 23), last=date(2026, 11, 23), contents=(Closed(),)),),
    )
    hours = Hours(replace(PLAIN, exceptions=(shut,)))

    seen = effect(hours, hours, at(12))

    assert seen.first is None
    assert str(seen.stopped_by) == "exception:consortium:x"


@pytest.mark.parametrize(
    ("schedule", "now", "minutes", "becomes"),
    [
        (PLAIN, at(19, 30), 30, at(20, 30)),
        (PLAIN, at(4), 60, at(21)),
        (PLAIN, at(21, 7), 30, at(21, 40)),
        (LATE, at(19), 30, at(2, 30, day=24)),
        (LATE, at(23, 59), 60, at(3, day=24)),
    ],
)
def test_longer_counts_from_the_closing_or_from_now_where_it_has_closed(
    schedule: Schedule, now: datetime, minutes: int, becomes: datetime
) -> None:
    hours = Hours(schedule)

    assert moment_of(hours, now, extended_by(hours, now, minutes)) == becomes


@pytest.mark.parametrize(
    ("written", "becomes"), [(time(21), at(21)), (time(0, 30), at(0, 30, day=24)), (time(19), at(19, day=24))]
)
def test_a_time_that_has_passed_today_is_meant_after_midnight(written: time, becomes: datetime) -> None:
    hours, now = Hours(PLAIN), at(19, 30)

    assert moment_of(hours, now, chosen_minute(now.astimezone(hours.zone), written)) == becomes


def test_the_closing_is_that_of_the_whole_open_stretch() -> None:
    assert closes(Hours(PLAIN), at(9)) == at(20)
    assert closes(Hours(PLAIN), at(21)) is None


def test_only_what_makes_sense_is_offered() -> None:
    shut = Hours(replace(PLAIN, orders=(closing(at(12), at(0, day=24)),)))

    assert possible(Hours(PLAIN), at(12)) == (Quick.CLOSE, Quick.EXTEND, Quick.TONIGHT)
    assert possible(Hours(PLAIN), at(21)) == (Quick.CLOSE,)
    assert possible(shut, at(12)) == (Quick.REOPEN,)


def test_nobody_but_who_closed_is_named() -> None:
    own = Hours(replace(PLAIN, orders=(closing(at(12), None),)))
    wide = Hours(replace(PLAIN, orders=(closing(at(12), None, Level.CONSORTIUM),)))

    assert closed_from_above(own, at(13)) is None
    assert str(closed_from_above(wide, at(13))) == "order:consortium:now"
    assert closed_from_above(wide, at(13) - timedelta(hours=2)) is None


def test_what_is_typed_is_said_as_it_stands_and_a_choice_in_each_language() -> None:
    say: dict[str, Callable[[str], str]] = {"sv": str.upper, "en": str}

    assert reason_given(Quick.CLOSE, "fault", "", say).texts == (
        ("sv", "A TECHNICAL FAULT"),
        ("en", "A technical fault"),
    )
    assert reason_given(Quick.CLOSE, "other", " Rörläcka  i taket ", say).texts == (
        ("sv", "Rörläcka i taket"),
        ("en", "Rörläcka i taket"),
    )
    assert reason_given(Quick.CLOSE, "", "", say).texts[1] == ("en", "Temporarily closed")
