"""When it is odd that nobody comes: a table of weeks."""

from datetime import UTC, datetime, timedelta

import pytest

from server.visits.quiet import USUAL, Quiet, quiet

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK_AGO = NOW - timedelta(days=7)


def every(minutes: int, begin: datetime, times: int) -> list[datetime]:
    return [begin + timedelta(minutes=minutes * number) for number in range(times)]


def always(_at: datetime) -> bool:
    return True


LAST = NOW - 3 * HOUR
USUALLY = every(15, WEEK_AGO - 2.9 * HOUR, USUAL)


def test_nobody_for_hours_in_which_people_usually_come() -> None:
    assert quiet([LAST, *USUALLY], NOW, always) == Quiet(LAST, USUAL)


def test_one_visitor_is_enough_for_a_while() -> None:
    assert quiet([LAST, *USUALLY, NOW - HOUR / 2], NOW, always) is None


def test_a_branch_with_few_visitors_is_never_odd() -> None:
    assert quiet([LAST, *USUALLY[1:]], NOW, always) is None


def test_a_branch_nobody_has_visited_yet_is_not_odd() -> None:
    assert quiet([], NOW, always) is None


def test_hours_in_which_it_is_closed_this_week_count_for_nothing() -> None:
    assert quiet([LAST, *USUALLY], NOW, lambda _at: False) is None


def test_what_comes_later_in_the_week_is_not_waited_for() -> None:
    later = every(5, WEEK_AGO + HOUR / 2, 30)

    assert quiet([LAST, *later], NOW, always) is None


@pytest.mark.parametrize("minutes", [1, 30, 59])
def test_a_rush_last_week_makes_no_minute_odd(minutes: int) -> None:
    last = NOW - timedelta(minutes=minutes)

    assert quiet([last, *every(1, WEEK_AGO - HOUR, 60)], NOW, always) is None
