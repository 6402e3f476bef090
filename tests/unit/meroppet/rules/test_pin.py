from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.pin import (
    CARD_TOTAL,
    KNOWN_CARDS_FROM,
    OFF_FROM,
    CardLock,
    CardStanding,
    DoorMode,
    DoorStanding,
    card_gate,
    card_lock,
    card_locked,
    door_locked,
    door_mode,
    may_send,
)
from meroppet.rules.reasons import Reason
from tests.unit.meroppet.rules.cases import NOW

S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
OPEN = DoorStanding()


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


def test_a_lock_says_when_it_ends() -> None:
    assert card_lock(every(M, 5), NOW) == CardLock(NOW + 15 * M)
    assert card_lock(every(M, 10), NOW) == CardLock(NOW + 24 * H)
    assert card_lock(every(M, 19), NOW, earlier=1) == CardLock(None)


@pytest.mark.parametrize(
    ("failures", "mode", "minutes"),
    [
        ([], DoorMode.OPEN, None),
        (every(S, 9), DoorMode.OPEN, None),
        (every(S, 10), DoorMode.PAUSED, 1),
        (every(S, 10, last=59 * S), DoorMode.PAUSED, 1 / 60),
        (every(S, 10, last=60 * S), DoorMode.OPEN, None),
        (every(10 * M / 9, 10), DoorMode.OPEN, None),
        (every(S, 11), DoorMode.PAUSED, 2),
        (every(S, 12), DoorMode.PAUSED, 4),
        (every(S, 13), DoorMode.PAUSED, 8),
        (every(S, 14), DoorMode.PAUSED, 15),
        (every(S, 29), DoorMode.PAUSED, 15),
        (every(S, 29, last=15 * M), DoorMode.OPEN, None),
        (every(S, 30, last=15 * M), DoorMode.KNOWN_CARDS, 24 * 60 - 15 - 29 / 60),
        (every(40 * M, 29), DoorMode.OPEN, None),
        (every(40 * M, 30), DoorMode.KNOWN_CARDS, 24 * 60 - 29 * 40),
        (every(10 * M, 99), DoorMode.KNOWN_CARDS, 24 * 60 - 29 * 10),
        (every(10 * M, 100), DoorMode.OFF, None),
        (every(10 * M, 100, last=20 * H), DoorMode.OFF, None),
    ],
)
def test_a_door_pauses_longer_and_longer_then_asks_known_cards_only_then_nobody(
    failures: list[datetime], mode: DoorMode, minutes: float | None
) -> None:
    until = None if minutes is None else NOW + minutes * M
    found = door_mode(failures, None, NOW)
    assert found.mode is mode
    assert (found.until is None) == (until is None)
    assert until is None or found.until is None or abs(found.until - until) < S


def test_a_door_that_went_off_stays_so_until_staff_have_acknowledged_it() -> None:
    off_since = NOW - 72 * H
    assert door_mode([], None, NOW, off_since).mode is DoorMode.OFF
    assert door_mode([], NOW - 73 * H, NOW, off_since).mode is DoorMode.OFF
    assert door_mode([], NOW - 71 * H, NOW, off_since).mode is DoorMode.OPEN


def test_what_staff_have_acknowledged_is_forgiven_and_what_comes_after_is_not() -> None:
    failures = every(S, 100, last=M)
    assert door_mode(failures, NOW - 30 * S, NOW).mode is DoorMode.OPEN
    assert door_mode([*failures, *every(S, 10)], NOW - 30 * S, NOW).mode is DoorMode.PAUSED


@pytest.mark.parametrize(
    ("card", "door", "reason"),
    [
        (CardStanding(), OPEN, None),
        (CardStanding(every(M, 5)), OPEN, Reason.PIN_LOCKED),
        (CardStanding(every(M, 1), earlier=19), OPEN, Reason.PIN_LOCKED),
        (CardStanding(locked_until=NOW + S), OPEN, Reason.PIN_LOCKED),
        (CardStanding(locked_until=NOW), OPEN, None),
        (CardStanding(until_reset=True), OPEN, Reason.PIN_LOCKED),
        (CardStanding(), DoorStanding(DoorMode.PAUSED, NOW + S), Reason.DOOR_LOCKED_OUT),
        (CardStanding(known=True), DoorStanding(DoorMode.OFF), Reason.DOOR_LOCKED_OUT),
        (CardStanding(), DoorStanding(DoorMode.KNOWN_CARDS), Reason.DOOR_KNOWN_CARDS),
        (CardStanding(known=True), DoorStanding(DoorMode.KNOWN_CARDS), None),
        (CardStanding(every(M, 5), known=True), DoorStanding(DoorMode.KNOWN_CARDS), Reason.PIN_LOCKED),
    ],
)
def test_a_card_is_asked_for_its_pin_unless_card_or_door_are_locked(
    card: CardStanding, door: DoorStanding, reason: Reason | None
) -> None:
    assert card_gate(card, door, NOW) is reason


@pytest.mark.parametrize(
    ("in_a_row", "limit", "agreed", "sent"),
    [
        (0, 3, False, True),
        (1, 3, False, True),
        (2, 3, False, False),
        (2, 3, True, True),
        (3, 3, True, False),
        (0, 1, False, False),
        (0, 1, True, True),
        (1, 1, True, False),
        (1000, None, False, True),
    ],
)
def test_the_pin_that_could_lock_an_account_is_sent_only_if_a_learned_one_agrees(
    in_a_row: int, limit: int | None, agreed: bool, sent: bool
) -> None:
    assert may_send(in_a_row, limit, agreed=agreed) is sent


def test_a_register_that_locks_after_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="after one wrong PIN or more"):
        may_send(0, 0, agreed=True)


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 20))
def test_only_wrong_pins_that_were_agreed_with_reach_a_registers_lock(agreements: list[bool], limit: int) -> None:
    wrong = 0
    for agreed in agreements:
        if may_send(wrong, limit, agreed=agreed):
            wrong += 1
            assert wrong < limit or agreed
    assert wrong <= limit


_MOMENTS = st.timedeltas(timedelta(days=-3), timedelta(days=3)).map(lambda step: NOW + step)
_FAILURES = st.lists(_MOMENTS, max_size=35).map(sorted) | st.builds(
    every, st.timedeltas(S, 3 * H), st.integers(0, OFF_FROM + 5), st.timedeltas(timedelta(0), 2 * H)
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


@given(_FAILURES, _MOMENTS, _MOMENTS)
def test_an_acknowledgement_forgives_no_failure_that_came_after_it(
    failures: list[datetime], acknowledged: datetime, now: datetime
) -> None:
    after = [failure for failure in failures if failure > acknowledged]
    assert door_mode(failures, acknowledged, now) == door_mode(after, None, now)


def test_a_failure_dated_in_the_future_counts_as_one_just_made() -> None:
    assert card_locked([NOW + number * H for number in range(1, 6)], NOW)
    assert not card_locked([NOW + 1000 * H] * 4, NOW)


def test_the_alarm_comes_before_the_door_goes_off() -> None:
    assert KNOWN_CARDS_FROM < OFF_FROM
