"""What quick actions will do, worked out before they are done."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    ExceptionDay,
    Level,
    NoSelfService,
    NotAfter,
    Order,
    OrderKind,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import HostHours, Schedule
from server.schedules.quick import closing, extension, reopened, tonight
from server.schedules.quick_choices import closed_from_above
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import as_if

ZONE = ZoneInfo("Europe/Stockholm")
STAFFED, SELF = BranchState.STAFFED, BranchState.SELF_SERVICE
MONDAY = date(2026, 11, 23)
WEEK = Schedule("Europe/Stockholm", ((Interval(480, 1200, SELF), Interval(600, 1080, STAFFED)),) * 7)
NIGHT = Schedule("Europe/Stockholm", ((Interval(1080, 1560, SELF),),) * 7)
LUNCH = Schedule("Europe/Stockholm", ((Interval(600, 720, STAFFED), Interval(780, 1080, STAFFED)),) * 7)


def at(hour: int, minute: int = 0, *, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def decided(level: Level, content: Content, key: str = "x") -> ScheduleException:
    return ScheduleException(id=key, level=level, days=(ExceptionDay(first=MONDAY, last=MONDAY, contents=(content,)),))


def opened(schedule: Schedule, longer: ScheduleException, hour: int, day: date = MONDAY) -> BranchState:
    return Hours(as_if(schedule, longer)).state_at(at(hour, 30, day=day)).state


@pytest.mark.parametrize(
    ("schedule", "now", "until", "hour", "state"),
    [
        (WEEK, at(12), 1320, 21, SELF),
        (WEEK, at(7), 1320, 21, SELF),
        (WEEK, at(20, 30), 1320, 21, SELF),
        (replace(WEEK, weekly=((Interval(600, 1080, STAFFED),),) * 7), at(12), 1320, 21, STAFFED),
        (LUNCH, at(11), 1200, 12, STAFFED),
        (LUNCH, at(14), 1200, 19, STAFFED),
    ],
)
def test_the_day_goes_on_as_it_was_last(
    schedule: Schedule, now: datetime, until: int, hour: int, state: BranchState
) -> None:
    assert opened(schedule, extension(Hours(schedule), now, until), hour) is state


def test_the_hours_before_a_break_can_be_made_longer_into_it() -> None:
    hours = Hours(as_if(LUNCH, extension(Hours(LUNCH), at(11), 750)))
    assert hours.state_at(at(12, 15)).state is STAFFED
    assert hours.state_at(at(12, 45)).state is BranchState.CLOSED


def test_longer_today_is_over_at_its_minute_and_touches_no_other_day() -> None:
    hours = Hours(as_if(WEEK, extension(Hours(WEEK), at(12), 1320)))
    assert hours.state_at(at(21, 59)).state is SELF
    assert hours.state_at(at(22)).state is BranchState.CLOSED
    tomorrow = MONDAY + timedelta(days=1)
    assert hours.state_at(at(21, day=tomorrow)).state is BranchState.CLOSED


def test_hours_over_midnight_are_made_longer_on_the_morning_they_end() -> None:
    hours = Hours(as_if(NIGHT, extension(Hours(NIGHT), at(1), 180)))
    assert hours.state_at(at(2, 30)).state is SELF
    assert hours.state_at(at(3)).state is BranchState.CLOSED
    evening = extension(Hours(NIGHT), at(20), 1440 + 180)
    assert opened(NIGHT, evening, 2, MONDAY + timedelta(days=1)) is SELF


HOST = HostHours(name="Torget", weekly=((Window(480, 1200),),) * 7)


@pytest.mark.parametrize(
    ("schedule", "rule"),
    [
        (replace(WEEK, exceptions=(decided(Level.CONSORTIUM, NotAfter(1260)),)), "exception:consortium:x"),
        (replace(WEEK, exceptions=(decided(Level.BRANCH, NotAfter(1200)),)), "exception:branch:x"),
        (replace(WEEK, exceptions=(decided(Level.GROUP, NoSelfService(Window(1200, 1440))),)), "exception:group:x"),
        (replace(WEEK, host=HOST), "host"),
        (
            replace(WEEK, exceptions=(decided(Level.MUNICIPALITY, OtherHours((Interval(480, 1200, SELF),))),)),
            "exception:municipality:x",
        ),
        (
            replace(
                WEEK,
                orders=(
                    Order(id="o", level=Level.CONSORTIUM, kind=OrderKind.EMERGENCY_CLOSED, start=at(21), end=at(23)),
                ),
            ),
            "order:consortium:o",
        ),
        (replace(NIGHT, known_until=MONDAY), "horizon"),
    ],
)
def test_a_rule_that_would_keep_it_closed_is_named(schedule: Schedule, rule: str) -> None:
    with pytest.raises(ScheduleRefusal) as refused:
        extension(Hours(schedule), at(12), 1440 + 180 if schedule.weekly is NIGHT.weekly else 1320)
    assert (refused.value.reason, str(refused.value.rule)) == (Refused.KEPT_CLOSED, rule)
    assert refused.value.at is not None


@pytest.mark.parametrize(
    ("schedule", "until", "reason"),
    [
        (WEEK, 1200, Refused.NOT_LATER),
        (WEEK, 900, Refused.NOT_LATER),
        (replace(WEEK, weekly=((),) * 7), 1320, Refused.NOT_OPEN_TODAY),
        (replace(WEEK, exceptions=(decided(Level.CONSORTIUM, Closed()),)), 1320, Refused.NOT_OPEN_TODAY),
    ],
)
def test_what_makes_nothing_longer_is_refused(schedule: Schedule, until: int, reason: Refused) -> None:
    with pytest.raises(ScheduleRefusal) as refused:
        extension(Hours(schedule), at(12), until)
    assert refused.value.reason is reason


def test_close_now_holds_from_this_second_until_it_is_taken_back() -> None:
    now = at(12) + timedelta(seconds=7, microseconds=5)
    schedule = replace(WEEK, orders=(closing(now, None),))
    assert Hours(schedule).state_at(now).state is BranchState.EMERGENCY_CLOSED
    assert Hours(schedule).state_at(at(12)).state is STAFFED
    assert Hours(schedule).state_at(now + timedelta(days=300)).state is BranchState.EMERGENCY_CLOSED
    assert reopened(schedule, now) == WEEK
    with pytest.raises(ScheduleRefusal):
        closing(now, now)


@pytest.mark.parametrize(
    ("schedule", "now", "ends"),
    [
        (WEEK, at(12), at(0, day=MONDAY + timedelta(days=1))),
        (NIGHT, at(20), at(2, day=MONDAY + timedelta(days=1))),
        (NIGHT, at(1), at(2)),
    ],
)
def test_no_self_service_tonight_is_over_when_the_night_is(schedule: Schedule, now: datetime, ends: datetime) -> None:
    order = tonight(Hours(schedule), now)
    assert order.end == ends
    hours = Hours(replace(schedule, orders=(order,)))
    alone = [span for span in hours.spans(now, ends) if span.state is SELF]
    assert not alone


def test_only_the_branchs_own_orders_are_taken_back() -> None:
    wide = Order(id="w", level=Level.CONSORTIUM, kind=OrderKind.EMERGENCY_CLOSED, start=at(8))
    schedule = replace(WEEK, orders=(closing(at(11), None), wide))
    left = reopened(schedule, at(12))
    assert left.orders == (wide,)
    assert str(closed_from_above(Hours(left), at(12))) == "order:consortium:w"
    assert closed_from_above(Hours(WEEK), at(12)) is None
    assert Hours(WEEK).state_at(at(12)).state in OPEN


def test_hours_somebody_wider_gave_keep_nothing_closed() -> None:
    given = decided(Level.CONSORTIUM, OtherHours((Interval(480, 1200, STAFFED),)), "given")
    hours = Hours(replace(WEEK, exceptions=(given, decided(Level.BRANCH, Closed()))))

    assert [str(rule) for rule in hours.state_at(at(12)).beaten] == ["exception:consortium:given", "week"]
    assert closed_from_above(hours, at(12)) is None
