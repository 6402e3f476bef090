"""What is written down of opening hours comes back as it was meant, in JSON and in a file, or is refused."""

import tomllib
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    ExceptionDay,
    Level,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import ALL_DAY, DEFAULT_WEEK, Interval, ScheduleError, Window
from meroppet.rules.schedule import Holiday, Schedule
from meroppet.wire.schedule_convert import (
    exception_to_wire,
    file_from_schedule,
    holidays_from_wire,
    holidays_to_wire,
    in_order,
    order_to_wire,
    pattern_to_wire,
    schedule_from_file,
    schedule_from_wire,
)
from meroppet.wire.schedules import (
    DayDocument,
    ExceptionDayDocument,
    ExceptionDocument,
    HolidaysDocument,
    OrderDocument,
    PatternDocument,
    ScheduleFile,
)
from meroppet.wire.written import minute_in, stretch_of, window_in
from tests.unit.meroppet.wire.random_schedules import CONTENTS, exception_days, exceptions, orders, schedules, windows

Model = TypeVar("Model", bound=BaseModel)
# Drawing a whole schedule takes longer than checking it.
LARGE = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    report_multiple_bugs=False,
)
PATTERN: dict[str, Any] = {"zone": "Europe/Stockholm", "weekly": {"monday": {"open": ["06:00-22:00"]}}}
EXCEPTION: dict[str, Any] = {"id": "kickoff", "level": "branch", "days": [{"first": "2025-04-07", "closed": True}]}
ORDER: dict[str, Any] = {
    "id": "a1",
    "level": "branch",
    "kind": "emergency_closed",
    "start": "2025-04-07T15:00:00+02:00",
}


def sent(model: Model) -> Model:
    """What arrives at the other end."""
    return type(model).model_validate_json(model.model_dump_json())


def day(**said: Any) -> ExceptionDay:
    return ExceptionDayDocument(first=date(2025, 4, 7), **said).meant()


@LARGE
@given(schedules())
def test_a_schedule_arrives_as_it_was_set(schedule: Schedule) -> None:
    arrived = schedule_from_wire(
        sent(pattern_to_wire(schedule)),
        sent(holidays_to_wire(schedule.holidays, schedule.known_until)),
        # In whatever order they come.
        [sent(exception_to_wire(exception)) for exception in reversed(schedule.exceptions)],
        [sent(order_to_wire(order)) for order in reversed(schedule.orders)],
    )

    assert arrived == schedule


@LARGE
@given(schedules())
def test_a_file_holds_a_whole_schedule(schedule: Schedule) -> None:
    text = tomli_w.dumps(file_from_schedule(schedule).model_dump(mode="json", exclude_none=True))

    assert schedule_from_file(ScheduleFile.model_validate(tomllib.loads(text))) == schedule


@given(exceptions(exception_days()), orders())
def test_each_document_arrives_as_it_was_written(exception: ScheduleException, order: Any) -> None:
    assert sent(exception_to_wire(exception)).meant() == exception
    assert sent(order_to_wire(order)).meant() == order


@given(exceptions(exception_days(st.lists(CONTENTS, min_size=1, max_size=3).map(lambda many: sum(many, ())))))
def test_contents_in_any_order_say_the_same_afterwards(exception: ScheduleException) -> None:
    arrived = sent(exception_to_wire(exception)).meant()

    for days in exception.days:
        for moved in range((days.last - days.first).days + 1):
            at = days.first + timedelta(days=moved)
            assert arrived.on(at) == exception.on(at)


@given(windows())
def test_a_stretch_is_read_as_it_was_written(window: Window) -> None:
    assert window_in(stretch_of(window)) == window


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("06:00-22:00", 360, 1320),
        ("6-22", 360, 1320),
        ("06.30 – 22.15", 390, 1335),
        ("0630-2215", 390, 1335),
        ("00:00-24:00", 0, 1440),
        ("22:00-00:00", 1320, 1440),
        ("22:00-02:00", 1320, 1560),
        ("22:00-26:00", 1320, 1560),
        ("10:00-34:00", 600, 2040),
    ],
)
def test_a_stretch_may_be_written_in_many_ways(text: str, start: int, end: int) -> None:
    assert window_in(text) == Window(start, end)


@pytest.mark.parametrize(
    "text", ["", "6", "6-", "-6", "25-26", "24-25", "08:00-08:00", "06:60-07", "06:00-22:00-23:00", "10-35", "x-y"]
)
def test_what_is_no_stretch_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 06:00-22:00|lasts a day at most"):
        window_in(text)


@pytest.mark.parametrize(("text", "minute"), [("6", 360), ("24", 1440), ("06.05", 365), ("49", None), ("٦", None)])
def test_a_time_is_ascii_and_within_two_days(text: str, minute: int | None) -> None:
    assert minute_in(text) == minute


def test_a_day_has_one_form_whatever_the_hand() -> None:
    one = DayDocument.model_validate({"open": ["6-22"], "staffed": ["10.00-18.00"]})

    assert one == DayDocument(open=("06:00-22:00",), staffed=("10:00-18:00",))
    assert one.meant() == (
        Interval(360, 1320, BranchState.SELF_SERVICE),
        Interval(600, 1080, BranchState.STAFFED),
    )


def test_a_day_left_out_is_closed_and_a_pattern_without_more_is_a_week() -> None:
    schedule = PatternDocument.model_validate(PATTERN).meant()

    assert schedule == Schedule("Europe/Stockholm", (DEFAULT_WEEK[0], *((),) * 6))


def test_each_day_of_a_week_is_its_own() -> None:
    weekly = tuple((Interval(60 * at, 1200, BranchState.STAFFED),) for at in range(7))

    document = pattern_to_wire(Schedule("Europe/Stockholm", weekly))

    assert document.weekly.sunday == DayDocument(staffed=("06:00-20:00",))
    assert document.meant().weekly == weekly


def test_one_day_needs_no_last_and_true_is_all_of_it() -> None:
    assert ExceptionDocument.model_validate(EXCEPTION).meant().days == (day(closed=("00:00-24:00",)),)
    assert day(closed=True).contents == (Closed(ALL_DAY),)
    assert day(closed="12-13", weekdays="monday") == ExceptionDay(
        first=date(2025, 4, 7), last=date(2025, 4, 7), contents=(Closed(Window(720, 780)),), weekdays=frozenset({0})
    )


def test_no_hours_at_all_are_something_else_than_no_word_of_hours() -> None:
    assert day(other_hours=DayDocument()).contents == (OtherHours(()),)
    assert day(not_before="10").contents == (NotBefore(600),)


def test_holidays_arrive_in_order_with_the_day_they_end() -> None:
    holidays = (Holiday(date(2026, 12, 25), "juldagen"), Holiday(date(2026, 12, 24), "julafton"))

    document = sent(holidays_to_wire(holidays, date(2027, 1, 31)))

    assert holidays_from_wire(document) == tuple(sorted(holidays))
    assert schedule_from_wire(PatternDocument.model_validate(PATTERN), document).known_until == date(2027, 1, 31)
    assert schedule_from_wire(PatternDocument.model_validate(PATTERN)).known_until is None


def test_a_file_that_names_its_country_is_given_its_holidays() -> None:
    christmas, own = Holiday(date(2026, 12, 24), "julafton"), Holiday(date(2026, 12, 23), "lillejul")
    file = ScheduleFile.model_validate(
        {**PATTERN, "format": "meroppet-schedule-1", "country": "SE", "holidays": [{"day": own.day, "key": own.key}]}
    )

    assert schedule_from_file(file, [christmas, own]).holidays == (own, christmas)


def test_exceptions_stand_in_one_order_wherever_they_come_from() -> None:
    def decided(name: str, level: Level, hour: int | None, offset: int = 0) -> ScheduleException:
        zone = timezone(timedelta(hours=offset))
        at = None if hour is None else datetime(2025, 1, 1, hour, tzinfo=zone)
        return ScheduleException(id=name, level=level, days=(day(closed=True),), decided_at=at)

    ordered = (
        decided("z", Level.CONSORTIUM, 23),
        decided("b", Level.BRANCH, None),
        decided("c", Level.BRANCH, None),
        decided("d", Level.BRANCH, 12, offset=2),
        decided("a", Level.BRANCH, 11),
    )

    assert in_order(reversed(ordered)) == ordered


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"zone": "Europe/Nowhere"}, "'Europe/Nowhere' is no time zone known here; it looks like Europe/Stockholm"),
        ({"weekly": {"moonday": {}}}, "Extra inputs are not permitted"),
        ({"weekly": {"monday": {"open": ["6-12", "11-20"]}}}, "11:00 lies within 06:00–12:00; begin later"),
        ({"weekly": {"monday": {"open": ["6-6"]}}}, "no stretch of a day; write it like 06:00-22:00"),
        ({"holiday_rules": [{"key": "julafton", "treatment": "party"}]}, "'as_usual', 'self_service_only'"),
        ({"holiday_rules": [{"key": "julafton", "treatment": "shorter"}]}, "shorter needs its hours"),
        ({"seasons": [{"id": "s", "first": "13-01", "last": "02-01", "weekly": {}}]}, "13-01 is no day of the year"),
        ({"closing": {"gap": 16}}, "gap is 16; allowed: 0–15 minutes"),
        ({"moon": "full"}, "Extra inputs are not permitted"),
        ({"host": {"name": "Ica", "weekly": {"monday": ["8-12", "9-10"]}}}, "host: 09:00 lies within"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PatternDocument.model_validate({**PATTERN, **change})

    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        {"level": "king"},
        {"days": []},
        {"days": [{"first": "2025-04-07"}]},
        {"days": [{"first": "2025-04-07", "last": "2025-04-06", "closed": True}]},
        {"days": [{"first": "2025-04-07", "closed": True, "hovering": True}]},
        {"days": [{"first": 20250407, "closed": True}]},
        {"days": [{"first": "2025-04-07", "not_before": "24:00"}]},
        {"days": [{"first": "2025-04-07", "weekdays": [], "closed": True}]},
        {"id": "Kick off"},
        {"reasons": {"Swedish": "Utbildning"}},
        {"decided_at": "2025-04-07T15:00:00"},
        {"valid_from": "2025-04-07", "valid_until": "2025-04-06"},
    ],
    ids=str,
)
def test_an_exception_this_version_cannot_mean_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ExceptionDocument.model_validate({**EXCEPTION, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "party"},
        {"start": "2025-04-07T15:00:00"},
        {"start": 1744030800},
        {"end": "2025-04-07T15:00:00+02:00"},
        {"kind": "closed"},
    ],
    ids=str,
)
def test_an_order_this_version_cannot_mean_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        OrderDocument.model_validate({**ORDER, **change})


def test_what_no_document_can_hold_is_not_sent() -> None:
    exception = ScheduleException(id="Kick off!", level=Level.BRANCH, days=(day(closed=True),))

    with pytest.raises(ValueError, match="Kick off!"):
        exception_to_wire(exception)


def test_a_schedule_error_is_what_the_rules_say() -> None:
    document = PatternDocument.model_validate(PATTERN).model_copy(update={"zone": "Europe/Nowhere"})

    with pytest.raises(ScheduleError):
        schedule_from_wire(document, HolidaysDocument())
