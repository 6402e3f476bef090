"""A device that asks too often is told to wait, and is let in again after that."""

from datetime import timedelta

from server.devices.rates import Rate, Rates
from tests.fakes.clocks import ManualClock

SLOW = Rate(burst=2, per_second=1)


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    clock = ManualClock()
    rates = Rates(clock)

    assert [rates.allows("door", SLOW) for _ in range(3)] == [True, True, False]
    clock.advance(timedelta(seconds=1))
    assert [rates.allows("door", SLOW) for _ in range(2)] == [True, False]


def test_one_device_does_not_use_up_the_share_of_another() -> None:
    rates = Rates(ManualClock())

    assert [rates.allows(name, SLOW) for name in ("a", "a", "a", "b")] == [True, True, False, True]
