"""Schedules that cannot be meant are refused with a sentence."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    ExceptionDay,
    Level,
    MoreHours,
    NotAfter,
    NotBefore,
    Order,
    OrderKind,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import DEFAULT_WEEK, Interval, ScheduleError, Window
from meroppet.rules.schedule import ClosingPlan, HolidayRule, HostDay, HostHours, Schedule, Season, Treatment

ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
ZONE = "Europe/Stockholm"
DAY, EARLIER = date(2026, 11, 23), date(2026, 11, 22)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AS_USUAL = HolidayRule(key="k", treatment=Treatment.AS_USUAL)
TWICE = (Interval(360, 600, ALONE), Interval(599, 700, ALONE))
OVERLAP = (Window(360, 600), Window(599, 700))


def season(**other: object) -> Season:
    return Season(**{"id": "s", "name": "", "first": (6, 1), "last": (8, 31), "weekly": DEFAULT_WEEK, **other})  # type: ignore[arg-type]


def exception(**other: object) -> ScheduleException:
    return ScheduleException(**{"id": "x", "level": Level.BRANCH, "days": (), **other})  # type: ignore[arg-type]


def days(*contents: object, **other: object) -> ExceptionDay:
    return ExceptionDay(**{"first": DAY, "last": DAY, "contents": contents, **other})  # type: ignore[arg-type]


def order(start: datetime, end: datetime | None) -> Order:
    return Order(id="o", level=Level.BRANCH, kind=OrderKind.MAINTENANCE, start=start, end=end)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Window(600, 600), "10:00–10:00: it begins within 00:00–23:59, ends later, lasts a day at most"),
        (lambda: Window(600, 599), "ends later"),
        (lambda: Window(-1, 60), "begins within 00:00–23:59"),
        (lambda: Window(1440, 1500), "begins within 00:00–23:59"),
        (lambda: Window(1320, 2761), "22:00–46:01: .* lasts a day at most"),
        (lambda: Interval(600, 500, ALONE), "ends later"),
        (lambda: Interval(360, 450, BranchState.CLOSED), "06:00–07:30: closed; an interval is staffed or self_service"),
        (lambda: Schedule(ZONE, ((), TWICE, *((),) * 5)), "week: 09:59 lies within 06:00–10:00; begin later or end"),
        (lambda: Schedule(ZONE, ((),) * 6), "week: a week has seven days, not 6"),
        (lambda: Schedule(ZONE, seasons=(season(), season())), "season s: is there 2 times; it can be once"),
        (lambda: Schedule(ZONE, holiday_rules=(AS_USUAL,) * 3), "holiday k: is there 3 times"),
        (lambda: season(weekly=((),) * 8), "season s: a week has seven days, not 8"),
        (lambda: season(first=(2, 30)), "season s: 02-30 is no day of the year"),
        (lambda: season(valid_from=DAY, valid_until=EARLIER), "season s: ends on 2026-11-22, before it begins"),
        (lambda: HolidayRule(key="k", treatment=Treatment.SHORTER), "holiday k: shorter needs its hours"),
        (lambda: HolidayRule(key="k", treatment=Treatment.CLOSED, window=Window()), "closed has no hours of its own"),
        (lambda: HostDay(first=DAY, last=EARLIER, windows=()), "host: ends on"),
        (lambda: HostDay(first=DAY, last=DAY, windows=OVERLAP), "host on 2026-11-23: 09:59 lies within"),
        (lambda: HostHours(name="", weekly=((),)), "host: a week has seven days, not 1"),
        (lambda: HostHours(name="", weekly=(OVERLAP,) * 7), "host: 09:59 lies within"),
        (lambda: HostHours(name="", weekly=((),) * 7, holidays=(("k", OVERLAP),)), "host: 09:59 lies within"),
        (lambda: ClosingPlan(announcements=(15, 0)), "announcements is 0; allowed: 1–120 minutes"),
        (lambda: ClosingPlan(last_entry=121), "last entry is 121"),
        (lambda: ClosingPlan(gap=16), "gap is 16; allowed: 0–15 minutes"),
        (lambda: ClosingPlan(lights=-1), "lights is -1"),
        (lambda: ClosingPlan(alarm=121), "alarm is 121"),
        (lambda: OtherHours(TWICE), "other hours: 09:59 lies within"),
        (lambda: MoreHours(TWICE), "more hours: 09:59 lies within"),
        (days, "exception on 2026-11-23: it says nothing"),
        (lambda: days(Closed(), last=EARLIER), "exception: ends on"),
        (lambda: days(Closed(), weekdays=frozenset()), "weekdays are 0 .Monday. to 6, at least one"),
        (lambda: days(Closed(), weekdays=frozenset({7})), "weekdays are 0"),
        (lambda: days(NotBefore(0)), "00:00 is not within 00:01–23:59"),
        (lambda: days(NotAfter(1440)), "24:00 is not within 00:01–23:59"),
        (lambda: exception(valid_from=DAY, valid_until=EARLIER), "exception x: ends on 2026-11-22"),
        (lambda: order(NOON.replace(tzinfo=None), None), "order o: .* has no time zone"),
        (lambda: order(NOON, NOON.replace(tzinfo=None)), "order o: .* has no time zone"),
        (lambda: order(NOON, NOON), "order o: ends at"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ScheduleError, match=sentence):
        make()


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Västerås", "../etc/passwd", "/etc/localtime", "CET+99"])
def test_a_zone_nobody_knows_is_a_schedule_that_cannot_be_meant(zone: str) -> None:
    with pytest.raises(ScheduleError, match="no time zone"):
        Schedule(zone)


def test_an_order_is_as_long_as_it_really_is_when_the_clock_is_turned_back() -> None:
    half_past_two = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(ZONE))

    order(half_past_two, half_past_two.replace(minute=10, fold=1))
    with pytest.raises(ScheduleError, match="ends at"):
        order(half_past_two.replace(minute=10, fold=1), half_past_two)


def test_a_branch_that_has_said_nothing_is_self_service_from_six_to_ten() -> None:
    assert Schedule(ZONE).weekly == ((Interval(360, 1320, ALONE),),) * 7


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ((6, 1), (8, 31), [(6, 1), (8, 31)], [(5, 31), (9, 1)]),
        ((12, 20), (1, 6), [(12, 20), (12, 31), (1, 1), (1, 6)], [(12, 19), (1, 7)]),
        ((2, 29), (2, 29), [], [(2, 28), (3, 1)]),
    ],
)
def test_a_season_may_go_over_new_year(
    first: tuple[int, int], last: tuple[int, int], inside: list[tuple[int, int]], outside: list[tuple[int, int]]
) -> None:
    asked = season(first=first, last=last)

    assert [asked.covers(date(2026, *day)) for day in (*inside, *outside)] == [True] * len(inside) + [False] * len(
        outside
    )


def test_what_is_not_valid_says_nothing() -> None:
    today = exception(days=(days(Closed(), first=EARLIER),), valid_from=DAY, valid_until=DAY)

    assert (today.on(EARLIER), today.on(DAY)) == ((), (Closed(),))
    assert not season(valid_from=DAY).covers(date(2026, 7, 1))
    assert not season(valid_until=EARLIER).covers(date(2027, 7, 1))
    assert season(valid_until=EARLIER).covers(date(2026, 7, 1))
