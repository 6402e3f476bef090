from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.pin import CARD_TOTAL, card_locked, door_locked
from tests.unit.meroppet.rules.cases import NOW

S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def ago(*ages: timedelta) -> list[datetime]:
    """Failures that long ago, oldest first."""
    return [NOW - age for age in ages]


def every(pace: timedelta, count: int, last: timedelta = timedelta(0)) -> list[datetime]:
    return [NOW - last - pace * number for number in reversed(range(count))]


@pytest.mark.parametrize(
    ("failures", "locked"),
    [
        ([], False),
        (every(M, 4), False),
        (every(M, 5), True),
        (every(M, 5, last=15 * M - S), True),
        (every(M, 5, last=15 * M), False),
        (ago(15 * M - S, 4 * M, 3 * M, 2 * M, M), True),
        (ago(15 * M + M, 4 * M, 3 * M, 2 * M, M), False),
        (every(15 * M / 4, 5), False),
        (every(2 * H, 9), False),
        (every(2 * H, 10), True),
        (every(2 * H, 10, last=24 * H - S), True),
        (every(2 * H, 10, last=24 * H), False),
        (every(24 * H / 9, 10), False),
        (every(30 * 24 * H, 19), False),
        (every(30 * 24 * H, 20), True),
        (every(24 * H, 20, last=3650 * 24 * H), True),
        ([*every(M, 5, last=M), NOW - 10 * S], True),
    ],
)
def test_a_card_is_locked_after_five_ten_and_for_good_after_twenty(failures: list[datetime], locked: bool) -> None:
    assert card_locked(failures, NOW) is locked


@pytest.mark.parametrize(
    ("failures", "locked"),
    [
        ([], False),
        (every(S, 9), False),
        (every(S, 10), True),
        (every(S, 10, last=59 * S), True),
        (every(S, 10, last=60 * S), False),
        (every(10 * M / 9, 10), False),
        (every(40 * M, 29), False),
        (every(40 * M, 30), True),
        (every(40 * M, 30, last=15 * M - S), True),
        (every(40 * M, 30, last=15 * M), False),
    ],
)
def test_a_door_pauses_after_ten_and_thirty_failures_of_any_cards(failures: list[datetime], locked: bool) -> None:
    assert door_locked(failures, NOW) is locked


_MOMENTS = st.timedeltas(timedelta(days=-3), timedelta(days=3)).map(lambda step: NOW + step)
_FAILURES = st.lists(_MOMENTS, max_size=35).map(sorted) | st.builds(
    every, st.timedeltas(S, 3 * H), st.integers(0, 35), st.timedeltas(timedelta(0), 2 * H)
)


@given(_FAILURES, _MOMENTS, st.timedeltas(timedelta(0), timedelta(days=3650)))
def test_a_clock_that_goes_back_unlocks_nothing(failures: list[datetime], now: datetime, back: timedelta) -> None:
    for locked in (card_locked, door_locked):
        assert not locked(failures, now) or locked(failures, now - back)


@given(_FAILURES, _MOMENTS, _MOMENTS)
def test_one_more_failure_unlocks_nothing(failures: list[datetime], another: datetime, now: datetime) -> None:
    for locked in (card_locked, door_locked):
        assert not locked(failures, now) or locked(sorted([*failures, another]), now)


@given(_FAILURES, _MOMENTS)
def test_the_order_of_failures_does_not_matter(failures: list[datetime], now: datetime) -> None:
    for locked in (card_locked, door_locked):
        assert locked(failures[::-1], now) is locked(failures, now)


@given(_MOMENTS)
def test_nothing_but_staff_ends_the_last_lock(now: datetime) -> None:
    assert card_locked(every(24 * H, CARD_TOTAL), now)


def test_a_failure_dated_in_the_future_counts_as_one_just_made() -> None:
    assert card_locked([NOW + number * H for number in range(1, 6)], NOW)
    assert not card_locked([NOW + 1000 * H] * 4, NOW)
