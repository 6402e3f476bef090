"""One address may try so often and no more, and a thousand addresses fill no memory."""

from datetime import timedelta

from server.applications.throttle import MOST_ADDRESSES, Pace, Throttle
from tests.fakes.clocks import ManualClock

PACE = Pace("try", burst=3, seconds=10.0)


def test_so_many_at_once_and_then_one_every_so_often() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)

    assert [throttle.allows("a", PACE) for _ in range(4)] == [True, True, True, False]
    clock.advance(timedelta(seconds=9))
    assert not throttle.allows("a", PACE)
    clock.advance(timedelta(seconds=2))
    assert throttle.allows("a", PACE)
    assert not throttle.allows("a", PACE)


def test_addresses_and_purposes_do_not_share() -> None:
    throttle = Throttle(ManualClock())
    for _ in range(4):
        throttle.allows("a", PACE)

    assert throttle.allows("b", PACE)
    assert throttle.allows("a", Pace("another", burst=3, seconds=10.0))


def test_the_longest_unused_is_forgotten() -> None:
    throttle = Throttle(ManualClock())
    for number in range(MOST_ADDRESSES + 100):
        throttle.allows(str(number), PACE)

    assert len(throttle._left) == MOST_ADDRESSES
