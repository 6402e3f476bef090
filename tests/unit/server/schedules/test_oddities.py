"""What staff are told to look at twice: a table of odd things, and that ordinary ones are let pass."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import Holiday, HolidayRule, HostHours, Schedule, Treatment
from server.schedules.oddities import Oddity, OddityKind, oddities

STAFFED, SELF = BranchState.STAFFED, BranchState.SELF_SERVICE
TODAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)
DAY = (Interval(360, 1320, SELF), Interval(600, 1080, STAFFED))
WEEK = Schedule("Europe/Stockholm", (DAY,) * 7)
ROUND_THE_CLOCK = replace(WEEK, weekly=((Interval(0, 1440, SELF),),) * 7)


def on(content: Content, day: date = FRIDAY, key: str = "x", level: Level = Level.BRANCH) -> ScheduleException:
    return ScheduleException(id=key, level=level, days=(ExceptionDay(first=day, last=day, contents=(content,)),))


def told(after: Schedule, before: Schedule | None = WEEK) -> list[Oddity]:
    return oddities(before, after, TODAY)


def having(*exceptions: ScheduleException) -> Schedule:
    return replace(WEEK, exceptions=exceptions)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (Closed(), []),
        (NotBefore(600), []),
        (NotAfter(900), [(OddityKind.CLOSED_WHILE_STAFFED, 900, 1080)]),
        (Closed(Window(720, 780)), [(OddityKind.CLOSED_WHILE_STAFFED, 720, 780)]),
        (Maintenance(Window(600, 660)), [(OddityKind.CLOSED_WHILE_STAFFED, 600, 660)]),
        (NoSelfService(), []),
        (MoreHours((Interval(1320, 1440, SELF),)), []),
        (MoreHours((Interval(1320, 1560, STAFFED),)), []),
        (Event(Window(1080, 1200)), []),
        (OtherHours((Interval(600, 900, STAFFED),)), []),
        (OtherHours(DAY), [(OddityKind.CHANGES_NOTHING, None, None)]),
        (NotAfter(1400), [(OddityKind.CHANGES_NOTHING, None, None)]),
        (MoreHours((Interval(700, 800, STAFFED),)), [(OddityKind.CHANGES_NOTHING, None, None)]),
    ],
)
def test_an_exception_that_does_something_odd_is_told(
    content: Content, found: list[tuple[OddityKind, int | None, int | None]]
) -> None:
    assert [(odd.kind, odd.start, odd.end) for odd in told(having(on(content)))] == found


def test_an_exception_over_and_one_beyond_what_doors_know_are_told_by_their_titles() -> None:
    past = replace(on(Closed(), TODAY - timedelta(days=1)), title="Kickoff")
    far = on(Closed(), date(2030, 1, 1), "far")
    after = replace(having(past, far), known_until=date(2027, 12, 31))
    found = told(after, replace(WEEK, known_until=after.known_until))
    assert [(odd.kind, odd.day, odd.subject) for odd in found] == [
        (OddityKind.PAST, date(2026, 11, 22), "Kickoff"),
        (OddityKind.BEYOND_KNOWN, date(2030, 1, 1), "far"),
        (OddityKind.CHANGES_NOTHING, date(2030, 1, 1), "far"),
    ]


@pytest.mark.parametrize(
    ("one", "two", "contradict"),
    [
        (OtherHours(DAY[:1]), OtherHours(DAY[1:]), True),
        (Event(Window(1080, 1200)), Closed(Window(1100, 1150)), True),
        (MoreHours((Interval(1320, 1440, SELF),)), NotAfter(1380), True),
        (MoreHours((Interval(300, 360, SELF),)), NotBefore(330), True),
        (Event(Window(1080, 1200)), Maintenance(Window(1100, 1150)), True),
        (Closed(Window(360, 400)), Closed(Window(380, 420)), False),
        (MoreHours((Interval(1320, 1380, SELF),)), NotAfter(1380), False),
        (Event(Window(1080, 1200)), NoSelfService(), False),
    ],
)
def test_two_that_contradict_each_other_are_told(one: Content, two: Content, contradict: bool) -> None:
    for first, second in ((on(one, key="one"), on(two, key="two")), (on(two, key="one"), on(one, key="two"))):
        before = having(first)
        found = [odd for odd in told(having(first, second), before) if odd.kind is OddityKind.CONTRADICTS]
        assert [(odd.day, odd.subject, odd.other) for odd in found] == ([(FRIDAY, "two", "one")] if contradict else [])
    other_day = having(on(one, key="one"), on(two, FRIDAY + timedelta(days=1), "two"))
    assert OddityKind.CONTRADICTS not in {odd.kind for odd in told(other_day, having(on(one, key="one")))}


def test_a_branch_open_while_the_clock_is_turned_is_told_how_long_its_nights_are() -> None:
    assert [(odd.kind, odd.day) for odd in told(ROUND_THE_CLOCK)] == [
        (OddityKind.SHORT_DAY, date(2027, 3, 28)),
        (OddityKind.LONG_DAY, date(2027, 10, 31)),
    ]
    assert told(ROUND_THE_CLOCK, ROUND_THE_CLOCK) == []


def test_an_exception_that_is_open_while_the_clock_is_turned_is_told_so() -> None:
    spring, saturday = date(2027, 3, 28), date(2027, 10, 30)
    late = having(on(Event(Window(1200, 1680)), saturday))
    early = having(on(MoreHours((Interval(0, 360, SELF),)), spring))

    assert [(odd.kind, odd.day) for odd in told(late)] == [(OddityKind.LONG_DAY, date(2027, 10, 31))]
    assert [(odd.kind, odd.day) for odd in told(early)] == [(OddityKind.SHORT_DAY, spring)]
    always = replace(ROUND_THE_CLOCK, exceptions=late.exceptions)
    assert told(always, ROUND_THE_CLOCK) == []


def test_the_next_of_each_holiday_without_a_rule_is_told_where_the_branch_is_open() -> None:
    days = (
        Holiday(date(2025, 12, 24), "julafton"),
        Holiday(date(2026, 12, 24), "julafton"),
        Holiday(date(2026, 12, 25), "juldagen"),
        Holiday(date(2027, 6, 6), "nationaldagen"),
        Holiday(date(2027, 12, 24), "julafton"),
    )
    rule = HolidayRule(key="juldagen", treatment=Treatment.AS_USUAL)
    shut_on_sundays = (*WEEK.weekly[:6], ())
    after = replace(WEEK, weekly=shut_on_sundays, holidays=days, holiday_rules=(rule,))
    assert [(odd.kind, odd.day, odd.subject) for odd in told(after)] == [
        (OddityKind.HOLIDAY_WITHOUT_RULE, date(2026, 12, 24), "julafton")
    ]


@pytest.mark.parametrize("before", [None, WEEK])
def test_of_many_holidays_without_a_rule_the_next_is_told_for_all_each_time(before: Schedule | None) -> None:
    days = tuple(Holiday(date(2027, month, 1), f"day{month}") for month in range(1, 9))
    before = before and replace(before, holidays=days)
    after = replace(WEEK, weekly=((Interval(600, 900, SELF),),) * 7, holidays=days)

    assert told(after, before) == [Oddity(OddityKind.HOLIDAYS_WITHOUT_RULE, date(2027, 1, 1), subject="day1")]


def test_whoever_gives_the_first_rule_is_not_told_of_the_holidays_she_has_seen() -> None:
    days = tuple(Holiday(date(2027, month, 1), f"day{month}") for month in range(1, 9))
    before = replace(WEEK, holidays=days)
    rule = HolidayRule(key="day1", treatment=Treatment.CLOSED)

    assert told(replace(before, holiday_rules=(rule,)), before) == []


def test_staff_in_a_building_that_is_shut_are_told_once_a_weekday_and_self_service_follows_unsaid() -> None:
    shop = HostHours(name="Torget", weekly=(*(((Window(540, 1200),),) * 5), (Window(540, 900),), ()))
    found = told(replace(WEEK, host=shop))
    assert [(odd.kind, odd.day, odd.start, odd.end, odd.subject) for odd in found] == [
        (OddityKind.STAFFED_BEYOND_HOST, date(2026, 11, 28), 900, 1080, "Torget"),
        (OddityKind.STAFFED_BEYOND_HOST, date(2026, 11, 29), 600, 1080, "Torget"),
    ]
    assert told(replace(WEEK, weekly=((Interval(360, 1320, SELF),),) * 7, host=shop)) == []


def test_a_week_without_any_hours_is_told() -> None:
    assert told(replace(WEEK, weekly=((),) * 7)) == [Oddity(OddityKind.NEVER_OPEN)]


def test_what_was_odd_before_is_not_told_again_and_a_new_branch_is_told_everything() -> None:
    odd = having(on(NotAfter(900)))
    assert told(odd, odd) == []
    assert [found.kind for found in told(replace(odd, weekly=ROUND_THE_CLOCK.weekly), None)] == [
        OddityKind.SHORT_DAY,
        OddityKind.LONG_DAY,
    ]
