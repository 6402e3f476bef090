"""The clock the server vouches for: trusted while it runs as it did, and not a step longer."""

from datetime import datetime, timedelta

import pytest

from meroppet.device.vouched import VouchedClock
from meroppet.rules.branch import ClockTrust
from tests.fakes.clocks import START, ManualClock


class SteppedClock(ManualClock):
    """A clock somebody sets."""

    def step(self, by: timedelta) -> None:
        self._now += by


@pytest.fixture
def machine() -> SteppedClock:
    return SteppedClock(trust=ClockTrust.NONE)


def at(moment: datetime, seconds: float = 0.0) -> str:
    return (moment + timedelta(seconds=seconds)).isoformat()


def test_a_clock_nobody_vouches_for_has_its_own_trust(machine: SteppedClock) -> None:
    assert VouchedClock(machine).trust() is ClockTrust.NONE
    assert VouchedClock(ManualClock(trust=ClockTrust.RTC)).trust() is ClockTrust.RTC


@pytest.mark.parametrize(
    ("away", "trust"),
    [
        (0, ClockTrust.SIGNED),
        (59, ClockTrust.SIGNED),
        (-59, ClockTrust.SIGNED),
        (61, ClockTrust.NONE),
        (-3600, ClockTrust.NONE),
    ],
)
def test_the_servers_time_vouches_or_contradicts(machine: SteppedClock, away: float, trust: ClockTrust) -> None:
    clock = VouchedClock(machine)

    clock.compare(at(START, away))

    assert clock.trust() is trust


def test_a_contradicted_clock_is_not_believed_whatever_it_says_of_itself() -> None:
    clock = VouchedClock(ManualClock(trust=ClockTrust.NTP))

    clock.compare(at(START, 3600))
    assert clock.trust() is ClockTrust.NONE
    clock.compare(at(START))
    assert clock.trust() is ClockTrust.SIGNED


@pytest.mark.parametrize("step", [timedelta(hours=3), timedelta(hours=-3), timedelta(seconds=61)])
def test_a_step_of_the_wall_clock_ends_the_trust_and_asks_again(machine: SteppedClock, step: timedelta) -> None:
    doubts: list[str] = []
    clock = VouchedClock(machine)
    clock.on_doubt(lambda: doubts.append("doubt"))
    clock.compare(at(START))

    machine.step(step)

    assert clock.trust() is ClockTrust.NONE
    assert doubts
    clock.compare(clock.now().isoformat())
    assert clock.trust() is ClockTrust.SIGNED


def test_trust_lasts_as_long_as_hours_are_known_ahead_without_a_word(machine: SteppedClock) -> None:
    clock = VouchedClock(machine)
    clock.compare(at(START))

    machine.advance(timedelta(days=62) - timedelta(seconds=1))
    assert clock.trust() is ClockTrust.SIGNED
    machine.advance(timedelta(seconds=2))
    assert clock.trust() is ClockTrust.NONE


@pytest.mark.parametrize("nonsense", ["", "noon", "2026-11-23T12:00:00", "9" * 50])
def test_nonsense_changes_nothing(machine: SteppedClock, nonsense: str) -> None:
    clock = VouchedClock(machine)
    clock.compare(at(START))

    clock.compare(nonsense)

    assert clock.trust() is ClockTrust.SIGNED
