"""Days, months and previews show what the doors go by: nothing is worked out a second way."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Event, ExceptionDay, Level, NotBefore, Order, OrderKind, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import Holiday, Schedule
from server.schedules.calendar_days import Bar, day_hours, hours_in, stretches_of
from server.schedules.calendar_month import month_in, month_of
from server.schedules.calendar_preview import MOST_DAYS, Comparison, affected, chart_from, preview
from server.schedules.exception_lines import lines_of
from server.schedules.exception_list import listed, next_day
from server.schedules.exceptions import ExceptionView
from server.schedules.service import as_if
from server.schedules.targets import Target

ZONE = "Europe/Stockholm"
ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
DAY = (Interval(360, 1320, ALONE), Interval(600, 1020, STAFFED))
PLAIN = Schedule(ZONE, (DAY,) * 7, known_until=date(2040, 1, 1))
HOURS = Hours(PLAIN)
TODAY = date(2026, 11, 23)


def _exception(*days: ExceptionDay, key: str = "x") -> ScheduleException:
    return ScheduleException(id=key, level=Level.BRANCH, days=days)


def _closed(first: date, last: date | None = None, **more: frozenset[int]) -> ExceptionDay:
    return ExceptionDay(first=first, last=last or first, contents=(Closed(),), **more)


def test_a_day_is_bars_in_order_and_closed_is_what_none_covers() -> None:
    day = day_hours(Hours(PLAIN), TODAY)

    assert day.bars == (Bar(360, 600, ALONE), Bar(600, 1020, STAFFED), Bar(1020, 1320, ALONE))
    assert day.open == ((360, 1320),)
    assert day.stretches("staffed") == ((600, 1020),)


def test_a_change_of_rule_alone_is_no_new_bar() -> None:
    event = _exception(ExceptionDay(first=TODAY, last=TODAY, contents=(NotBefore(60),)))

    assert day_hours(Hours(replace(PLAIN, exceptions=(event,))), TODAY) == day_hours(Hours(PLAIN), TODAY)
    assert len(stretches_of(Hours(replace(PLAIN, exceptions=(event,))), TODAY)) > 4


def test_hours_over_midnight_are_told_on_both_days() -> None:
    late = replace(PLAIN, weekly=((Interval(1320, 1560, ALONE),), *((),) * 6))

    assert day_hours(Hours(late), TODAY).open == ((1320, 1440),)
    assert day_hours(Hours(late), TODAY + timedelta(days=1)).open == ((0, 120),)


@pytest.mark.parametrize(("day", "length"), [("2026-10-25", 25), ("2027-03-28", 23), ("2026-11-23", 24)])
def test_the_day_on_which_the_clock_is_turned_is_told(day: str, length: int) -> None:
    all_day = Hours(replace(PLAIN, weekly=((Interval(0, 1440, ALONE),),) * 7))

    assert hours_in(all_day, date.fromisoformat(day)) == length
    assert day_hours(all_day, date.fromisoformat(day)).bars == (Bar(0, 1440, ALONE),)


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 1439))
def test_bars_say_what_the_door_does_at_every_minute(day: date, minute: int) -> None:
    wall = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=ZoneInfo(ZONE))
    exists = wall.astimezone(UTC).astimezone(ZoneInfo(ZONE)).time() == wall.time()

    bars = [bar.state for bar in day_hours(HOURS, day).bars if bar.start <= minute < bar.end]

    if exists:
        assert bars == ([] if HOURS.state_at(wall).state is BranchState.CLOSED else [HOURS.state_at(wall).state])


def test_a_month_is_whole_weeks_with_what_deviates() -> None:
    order = Order(
        id="o", level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED,
        start=datetime(2026, 12, 4, 12, tzinfo=UTC), end=datetime(2026, 12, 4, 14, tzinfo=UTC),
    )  # fmt: skip
    schedule = replace(
        PLAIN,
        exceptions=(_exception(_closed(date(2026, 12, 3))),),
        holidays=(Holiday(date(2026, 12, 24), "julafton"),),
        orders=(order,),
    )
    draft = _exception(_closed(date(2026, 12, 10)), key="d")

    month = month_of(Hours(schedule), date(2026, 12, 1), date(2026, 12, 2), [draft])
    days = {found.day: found for week in month.weeks for found in week}

    assert [len(week) for week in month.weeks] == [7] * 5
    assert (month.before, month.after, month.entry) == (date(2026, 11, 30), date(2027, 1, 1), date(2026, 12, 2))
    assert [day for day, found in days.items() if found.exceptions] == [date(2026, 12, 3)]
    assert [day for day, found in days.items() if found.orders] == [date(2026, 12, 4)]
    assert [day for day, found in days.items() if found.drafts] == [date(2026, 12, 10)]
    assert days[date(2026, 12, 24)].holidays == ("julafton",)
    assert not days[date(2026, 11, 30)].is_within


@given(st.dates(date(2000, 2, 1), date(2099, 11, 1)))
def test_every_month_has_each_of_its_days_once(day: date) -> None:
    month = month_of(HOURS, day.replace(day=1), TODAY)

    within = [found.day for week in month.weeks for found in week if found.is_within]
    assert within == sorted(set(within))
    assert within[0].day == 1
    assert (within[-1] + timedelta(days=1)).day == 1
    assert month.entry in within or month.entry == TODAY


@pytest.mark.parametrize("text", ["", "2026-13", "2026-00", "1999-01", "2026-1", "²⁰²⁶-01"])
def test_a_month_nobody_can_mean_is_this_one(text: str) -> None:
    assert month_in(text, TODAY) == date(2026, 11, 1)


def _compare(exception: ScheduleException, *names: str) -> list[Comparison]:
    return [Comparison(name, Hours(PLAIN), Hours(as_if(PLAIN, exception))) for name in names]


def test_a_preview_frames_what_changes_and_tells_it_once_for_all_that_are_alike() -> None:
    exception = _exception(_closed(date(2026, 12, 8), date(2026, 12, 10)))

    seen = preview(_compare(exception, "Nora", "Laxå"), affected([exception]), date(2026, 12, 7), 60)

    assert len(seen.days) == 21
    assert [cell.day.day for cell in seen.rows[0].cells if cell.is_changed] == [8, 9, 10]
    (change,) = seen.changes
    assert (change.day, change.last, change.branches) == (date(2026, 12, 8), date(2026, 12, 10), ("Nora", "Laxå"))
    assert change.after.bars == ()
    assert seen.changed_branches == 2


def test_a_preview_tells_changes_that_its_chart_does_not_show() -> None:
    exception = _exception(_closed(date(2026, 12, 8)), _closed(date(2027, 5, 8)))

    seen = preview(_compare(exception, "Nora", "Laxå"), affected([exception]), date(2026, 12, 7), 1)

    assert len(seen.rows) == 1
    assert [(change.day, len(change.branches)) for change in seen.changes] == [
        (date(2026, 12, 8), 2),
        (date(2027, 5, 8), 2),
    ]


def test_what_changes_nothing_is_told_to_change_nothing() -> None:
    exception = _exception(ExceptionDay(first=TODAY, last=TODAY, contents=(NotBefore(60),)))

    assert preview(_compare(exception, "Nora"), affected([exception]), TODAY, 60).changes == ()


def test_the_night_after_a_day_is_looked_at_too_and_an_end_is_in_sight() -> None:
    assert affected([_exception(_closed(date(2026, 12, 8)))]) == (date(2026, 12, 8), date(2026, 12, 9))
    saturdays = _exception(_closed(date(2026, 12, 1), date(2026, 12, 14), weekdays=frozenset({5})))
    assert affected([saturdays]) == tuple(date(2026, 12, day) for day in (5, 6, 12, 13))
    assert len(affected([_exception(_closed(date(2026, 1, 1), date.max))])) == MOST_DAYS
    assert affected([_exception(_closed(date.max))]) == (date.max,)


def test_a_chart_begins_with_the_week_in_which_something_happens_first() -> None:
    assert chart_from([date(2026, 12, 10)], TODAY) == date(2026, 12, 7)
    assert chart_from([date(2026, 1, 1), date(2026, 12, 10)], TODAY) == date(2026, 12, 7)
    assert chart_from([date(2026, 1, 1)], TODAY) == date(2025, 12, 29)
    assert chart_from([], TODAY) == TODAY


# --- Lists ----------------------------------------------------------------------------------------------------------

HERE = Target(Level.BRANCH, "nora", "Nora", "west", "nora-kommun")


def _view(exception: ScheduleException, *, draft: bool = False) -> ExceptionView:
    return ExceptionView(exception, HERE, "karin", datetime(2026, 11, 1, tzinfo=UTC), draft, 1)


def test_the_list_has_what_comes_next_first_and_what_is_over_last() -> None:
    soon, later, over = (
        _view(_exception(_closed(day), key=str(day)))
        for day in (date(2026, 12, 1), date(2027, 1, 1), date(2026, 10, 1))
    )
    draft = _view(_exception(_closed(date(2026, 12, 1)), key="d"), draft=True)

    found = listed([later, over, draft, soon], TODAY, ["nora"])

    assert [entry.view for entry in found.coming] == [soon, later]
    assert [entry.view for entry in found.over] == [over]
    assert [entry.view for entry in found.drafts] == [draft]
    assert found.coming[0].may_change
    assert not listed([soon], TODAY, ["lind"]).coming[0].may_change


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    st.integers(0, 60),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
)
def test_the_next_day_is_the_first_on_which_it_says_something(
    first: date, days: int, weekdays: frozenset[int], valid_from: date | None
) -> None:
    last = first + timedelta(days=days)
    exception = replace(_exception(_closed(first, last, weekdays=weekdays)), valid_from=valid_from)
    ahead = (TODAY + timedelta(days=number) for number in range(max(0, (last - TODAY).days) + 1))

    assert next_day(exception, TODAY) == next((day for day in ahead if exception.on(day)), None)


def test_lines_are_days_and_what_is_said_of_them() -> None:
    event = ExceptionDay(first=TODAY, last=TODAY, contents=(Closed(), Event(Window(1080, 1260))))

    first, second, third = lines_of(_exception(event, _closed(TODAY, weekdays=frozenset({0, 6}))))

    assert (first.row.what, first.weekdays) == ("closed", ())
    assert (second.row.what, second.row.hours) == ("event", "18.00–21.00")
    assert third.weekdays == (0, 6)
