"""What must hold of any schedule's answers, and of two schedules that differ in one thing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, OrderKind, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.provenance import Answer, Rule, RuleKind
from meroppet.rules.schedule import Schedule
from tests.oracles.random_schedules import Dice

TURNED = datetime(2026, 10, 25, 1, tzinfo=UTC)
START, END = TURNED - timedelta(days=6), TURNED + timedelta(days=6)
EXTREMES = {BranchState.CLOSED, BranchState.SELF_SERVICE, BranchState.STAFFED}

any_schedule = pytest.mark.parametrize("number", range(60))


def throw(number: int) -> tuple[Dice, Schedule]:
    dice = Dice(number, TURNED)
    return dice, replace(dice.schedule("Europe/Stockholm"), known_until=None)


def both(one: Schedule, other: Schedule) -> Iterator[tuple[Answer, Answer]]:
    """What the two say, at each moment at which either says something new: they say the same in between."""
    here, there = Hours(one), Hours(other)
    for moment in sorted({span.start for hours in (here, there) for span in hours.spans(START, END)}):
        yield here.state_at(moment), there.state_at(moment)


@any_schedule
def test_the_winner_is_in_no_beaten_list_and_nobody_is_beaten_twice(number: int) -> None:
    hours = Hours(throw(number)[1])

    for span in hours.spans(START, END):
        assert span.rule not in span.answer.beaten
        assert len(set(span.answer.beaten)) == len(span.answer.beaten)
        assert span.answer.beneath is span.state or (
            span.state is BranchState.STAFFED and span.answer.beneath in EXTREMES - {BranchState.STAFFED}
        )


@any_schedule
def test_equal_answers_are_one_object_and_neighbours_differ(number: int) -> None:
    hours = Hours(throw(number)[1])
    answers = [span.answer for span in hours.spans(START, END)]

    assert len({id(answer) for answer in answers}) == len(set(answers))
    assert all(before != after for before, after in pairwise(answers))


@any_schedule
def test_spans_begun_within_a_span_are_the_same_from_there_on(number: int) -> None:
    hours = Hours(throw(number)[1])
    middle = START + timedelta(days=3, minutes=77, microseconds=5)
    end = END - timedelta(hours=5, microseconds=1)

    known = [(max(span.start, middle), min(span.end, end), span.answer) for span in hours.spans(START, END)]
    begun = [(span.start, span.end, span.answer) for span in hours.spans(middle, end)]

    assert begun == [(start, stop, answer) for start, stop, answer in known if start < stop]


@any_schedule
def test_adding_a_restriction_never_opens_anything(number: int) -> None:
    dice, schedule = throw(number)
    exception = dice.exception("more")
    day = replace(exception.days[0], contents=(dice.restriction(), dice.restriction()))
    restricted = replace(schedule, exceptions=(*schedule.exceptions, replace(exception, days=(day,))))

    for before, after in both(schedule, restricted):
        assert after.state is before.state if after.state in OPEN else after.state not in OPEN


@any_schedule
def test_adding_an_order_never_opens_anything(number: int) -> None:
    dice, schedule = throw(number)
    order = dice.order("more")

    for before, after in both(schedule, replace(schedule, orders=(*schedule.orders, order))):
        assert after.state is before.state if after.state in OPEN else after.state not in OPEN


@any_schedule
def test_taking_away_an_exception_that_won_nowhere_changes_nothing(number: int) -> None:
    _, schedule = throw(number)
    winners = {span.rule for span in Hours(schedule).spans(START, END)}

    for exception in schedule.exceptions:
        if Rule(RuleKind.EXCEPTION, exception.id, exception.level, exception.reasons) in winners:
            continue
        without = replace(schedule, exceptions=tuple(one for one in schedule.exceptions if one is not exception))
        for before, after in both(schedule, without):
            assert (before.state, before.listed_only) == (after.state, after.listed_only)
            # Where late hours are cut, they say by which name it is closed.
            assert before.rule == after.rule or before.state is BranchState.CLOSED


@any_schedule
@pytest.mark.parametrize("level", list(Level))
def test_a_closed_day_on_any_level_is_closed(number: int, level: Level) -> None:
    _, schedule = throw(number)
    days = ExceptionDay(first=START.date() - timedelta(days=1), last=END.date(), contents=(Closed(),))
    closed = replace(schedule, exceptions=(ScheduleException(id="no", level=level, days=(days,)), *schedule.exceptions))

    for before, after in both(schedule, closed):
        assert after.state not in OPEN
        assert after.state in {BranchState.CLOSED, before.state}


@any_schedule
def test_close_now_always_wins(number: int) -> None:
    dice, schedule = throw(number)
    order = replace(dice.order("now"), kind=OrderKind.EMERGENCY_CLOSED, level=Level.CONSORTIUM)

    hours = Hours(replace(schedule, orders=(*schedule.orders, order)))

    for span in hours.spans(max(order.start, START), min(order.end or END, END)):
        assert (span.state, str(span.rule)) == (BranchState.EMERGENCY_CLOSED, "order:consortium:now")


@any_schedule
def test_everything_that_is_told_is_written(number: int) -> None:
    _, schedule = throw(number)
    written = {"week", "host", *(f"season:{season.id}" for season in schedule.seasons)}
    written |= {f"holiday:{rule.key}" for rule in schedule.holiday_rules}
    written |= {f"exception:{exception.level}:{exception.id}" for exception in schedule.exceptions}
    written |= {f"order:{order.level}:{order.id}" for order in schedule.orders}

    for span in Hours(schedule).spans(START, END):
        assert {str(rule) for rule in (span.rule, *span.answer.beaten)} <= written


@any_schedule
def test_hours_in_each_state_add_up_to_the_time(number: int) -> None:
    spent = Hours(throw(number)[1]).hours_between(START, END)

    assert set(spent) == set(BranchState)
    assert sum(spent.values(), timedelta()) == END - START
