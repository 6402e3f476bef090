"""The clock the server vouches for: trusted while it runs as it did, and not a step longer."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from meroppet.device.vouched import VouchedClock
from meroppet.rules.branch import ClockTrust
from tests.fakes.clocks import START, ManualClock

SECOND = timedelta(seconds=1)


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


@pytest.mark.parametrize(
    ("later", "trust"),
    [
        (timedelta(hours=24) - SECOND, ClockTrust.SIGNED),
        (timedelta(hours=24), ClockTrust.RTC),
        (timedelta(days=62) - SECOND, ClockTrust.RTC),
        (timedelta(days=62), ClockTrust.NONE),
    ],
)
def test_without_a_word_trust_lasts_as_long_as_hours_are_known_ahead(
    machine: SteppedClock, later: timedelta, trust: ClockTrust
) -> None:
    clock = VouchedClock(machine)
    clock.compare(at(START))

    machine.advance(later)

    assert clock.trust() is trust


class Source:
    """A battery-backed clock and the kernel's word on NTP, in the test's hand."""

    def __init__(self, machine: SteppedClock) -> None:
        self.machine, self.away, self.disciplined, self.may_set = machine, timedelta(0), False, False
        self.fitted = True

    def chip(self) -> datetime | None:
        return self.machine.now() + self.away if self.fitted else None

    def set_chip(self, now: datetime) -> bool:
        if self.may_set:
            self.away = now - self.machine.now()
        return self.may_set

    def is_disciplined(self) -> bool:
        return self.disciplined


@pytest.fixture
def source(machine: SteppedClock) -> Source:
    return Source(machine)


def seen_right(machine: SteppedClock, source: Source, file: Path) -> None:
    """Somebody better than the chip has been here, and the chip was right."""
    before = VouchedClock(machine, source, file)
    before.compare(at(machine.now()))
    before.tend()


def test_ntp_keeps_a_vouched_clock_longer_and_may_correct_it_a_little(machine: SteppedClock, source: Source) -> None:
    clock = VouchedClock(machine, source)
    clock.compare(at(START))
    machine.advance(timedelta(hours=25))
    source.disciplined = True
    clock.tend()

    assert clock.trust() is ClockTrust.NTP
    machine.step(timedelta(minutes=4))
    assert clock.trust() is ClockTrust.NTP
    machine.step(timedelta(minutes=2))
    assert clock.trust() is ClockTrust.NONE


def test_what_the_machine_said_long_ago_it_says_no_longer(machine: SteppedClock, source: Source) -> None:
    source.disciplined = True
    clock = VouchedClock(machine, source)
    clock.compare(at(START))

    machine.advance(timedelta(hours=25))

    assert clock.trust() is ClockTrust.RTC


def test_ntp_alone_is_nobody(machine: SteppedClock, source: Source) -> None:
    source.disciplined, source.fitted = True, False

    assert VouchedClock(machine, source).trust() is ClockTrust.NONE


@pytest.mark.parametrize(
    ("passed", "trust"), [(timedelta(days=7) - SECOND, ClockTrust.RTC), (timedelta(days=7, seconds=1), ClockTrust.NONE)]
)
def test_a_battery_keeps_the_time_over_a_restart_for_a_week(
    machine: SteppedClock, source: Source, tmp_path: Path, passed: timedelta, trust: ClockTrust
) -> None:
    seen_right(machine, source, tmp_path / "right")
    machine.advance(passed)

    assert VouchedClock(machine, source, tmp_path / "right").trust() is trust


@pytest.mark.parametrize(
    ("away", "disciplined", "trust"),
    [
        (timedelta(seconds=59), False, ClockTrust.RTC),
        (timedelta(seconds=61), False, ClockTrust.NONE),
        (timedelta(minutes=4), True, ClockTrust.NTP),
        (timedelta(minutes=6), True, ClockTrust.NONE),
        (timedelta(days=-3000), False, ClockTrust.NONE),
    ],
)
def test_a_clock_that_is_not_the_batterys_is_not_believed_after_a_restart(
    machine: SteppedClock, source: Source, tmp_path: Path, away: timedelta, disciplined: bool, trust: ClockTrust
) -> None:
    seen_right(machine, source, tmp_path / "right")
    source.disciplined = disciplined
    machine.step(away)
    source.away = -away

    assert VouchedClock(machine, source, tmp_path / "right").trust() is trust


def test_a_battery_that_was_empty_is_not_believed(machine: SteppedClock, source: Source, tmp_path: Path) -> None:
    seen_right(machine, source, tmp_path / "right")
    machine.step(timedelta(days=-20000))

    assert VouchedClock(machine, source, tmp_path / "right").trust() is ClockTrust.NONE


def test_a_battery_nobody_ever_saw_right_is_not_believed(machine: SteppedClock, source: Source, tmp_path: Path) -> None:
    (tmp_path / "right").write_text("yesterday")
    (tmp_path / "naive").write_text("2026-11-23T11:00:00")

    assert VouchedClock(machine, source).trust() is ClockTrust.NONE
    assert VouchedClock(machine, source, tmp_path / "right").trust() is ClockTrust.NONE
    assert VouchedClock(machine, source, tmp_path / "naive").trust() is ClockTrust.NONE


def test_a_battery_that_is_wrong_is_set_or_not_noted(machine: SteppedClock, source: Source, tmp_path: Path) -> None:
    source.away = timedelta(seconds=10)
    clock = VouchedClock(machine, source, tmp_path / "right")
    clock.tend()
    clock.compare(at(START))
    clock.tend()
    assert not (tmp_path / "right").exists()

    source.may_set = True
    clock.tend()

    assert source.away == timedelta(0)
    assert datetime.fromisoformat((tmp_path / "right").read_text()) == START


def test_that_the_battery_is_right_is_noted_once_an_hour(machine: SteppedClock, source: Source, tmp_path: Path) -> None:
    clock, file = VouchedClock(machine, source, tmp_path / "right"), tmp_path / "right"
    clock.compare(at(START))
    clock.tend()
    machine.advance(timedelta(minutes=59))
    clock.tend()
    assert datetime.fromisoformat(file.read_text()) == START

    machine.advance(timedelta(minutes=1))
    clock.tend()

    assert datetime.fromisoformat(file.read_text()) == START + timedelta(hours=1)


def test_a_disk_that_takes_no_note_costs_the_note_alone(machine: SteppedClock, source: Source, tmp_path: Path) -> None:
    clock = VouchedClock(machine, source, tmp_path / "missing" / "right")
    clock.compare(at(START))

    clock.tend()
    VouchedClock(machine, source).tend()

    assert clock.trust() is ClockTrust.SIGNED
    nowhere = VouchedClock(machine, source)
    nowhere.compare(at(START))
    nowhere.tend()
    assert nowhere.trust() is ClockTrust.SIGNED


def test_how_fast_the_clock_runs_is_told_after_six_hours(machine: SteppedClock) -> None:
    clock, wrong = VouchedClock(machine), timedelta(0)
    told = []
    for _ in range(31):
        clock.compare(at(machine.now() - wrong))
        told.append(clock.drift_ppm)
        machine.advance(timedelta(hours=1))
        wrong += timedelta(hours=1) * 100e-6

    assert told[:6] == [None] * 6
    assert told[6:] == [100.0] * 25
    assert clock.ahead == pytest.approx(10.8)


def test_a_step_tells_nothing_of_how_fast_the_clock_runs(machine: SteppedClock) -> None:
    clock = VouchedClock(machine)
    for _ in range(8):
        clock.compare(at(machine.now()))
        machine.advance(timedelta(hours=1))
    assert clock.drift_ppm == 0.0

    clock.compare(at(machine.now()))
    machine.step(timedelta(seconds=-20))
    clock.compare(at(machine.now(), 20))

    assert (clock.drift_ppm, clock.ahead) == (None, -20.0)


@pytest.mark.parametrize("nonsense", ["", "noon", "2026-11-23T12:00:00", "9" * 50])
def test_nonsense_changes_nothing(machine: SteppedClock, nonsense: str) -> None:
    clock = VouchedClock(machine)
    clock.compare(at(START))

    clock.compare(nonsense)

    assert clock.trust() is ClockTrust.SIGNED
