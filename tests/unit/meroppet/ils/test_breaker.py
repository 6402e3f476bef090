"""After three failures in a row a register is left alone for thirty seconds; then one call may try."""

from hypothesis import given
from hypothesis import strategies as st

from meroppet.ils.breaker import Breaker


def failed(times: int, at: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker.failed(at)
    return breaker


def test_two_failures_stop_nobody() -> None:
    assert not failed(2).is_open(0.0)


def test_three_failures_stop_everybody_for_thirty_seconds() -> None:
    breaker = failed(3)

    assert [breaker.is_open(second) for second in (0.0, 15.0, 29.9)] == [True] * 3
    assert not breaker.is_open(30.0)


def test_while_one_tries_the_others_wait() -> None:
    breaker = failed(3)

    assert [breaker.is_open(30.0), breaker.is_open(30.0), breaker.is_open(59.9)] == [False, True, True]


def test_one_who_never_comes_back_from_trying_leaves_the_next_try_to_another() -> None:
    breaker = failed(3)
    breaker.is_open(30.0)

    assert not breaker.is_open(60.0)


def test_a_failed_try_begins_the_rest_anew() -> None:
    breaker = failed(3)
    breaker.is_open(30.0)
    breaker.failed(32.0)

    assert [breaker.is_open(61.9), breaker.is_open(62.0)] == [True, False]


def test_a_success_forgets_every_failure() -> None:
    breaker = failed(3)
    breaker.is_open(30.0)
    breaker.succeeded()
    breaker.failed(31.0)
    breaker.failed(31.0)

    assert not breaker.is_open(31.0)


def test_looking_changes_nothing() -> None:
    breaker = failed(3)

    assert not breaker.is_resting(30.0)
    assert not breaker.is_resting(30.0)
    assert not breaker.is_open(30.0)


def test_a_limit_of_none_never_stops_anybody() -> None:
    breaker = Breaker(limit=0)
    for _ in range(100):
        breaker.failed(0.0)

    assert not breaker.is_open(0.0)


@given(st.lists(st.floats(min_value=0.01, max_value=20.0), min_size=1, max_size=200))
def test_a_register_that_always_fails_sees_at_most_one_call_in_thirty_seconds(steps: list[float]) -> None:
    breaker, now, calls = failed(3), 0.0, []
    for step in steps:
        now += step
        if not breaker.is_open(now):
            calls.append(now)
            breaker.failed(now)

    assert all(later - earlier >= 30.0 for earlier, later in zip([0.0, *calls], calls, strict=False))
