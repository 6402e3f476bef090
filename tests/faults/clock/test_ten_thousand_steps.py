"""Ten thousand steps of a clock: nobody is let in by hours that a clock nobody vouches for only thinks it is."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from meroppet.device.vouched import NEAR, NTP_WITHIN, VouchedClock
from meroppet.rules.access import Answer, Site, decide, stands_free
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.eligibility import PatronFacts, Policy, Right, StaffedDoor
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval
from meroppet.rules.pin import PinAnswer
from meroppet.rules.schedule import Schedule

HOME = ZoneInfo("Europe/Stockholm")
MACHINES, STEPS = 4, 2_500
DAY = (Interval(6 * 60, 22 * 60, BranchState.SELF_SERVICE), Interval(10 * 60, 18 * 60, BranchState.STAFFED))
HOURS = Hours(Schedule(HOME.key, (DAY,) * 7))
POLICY = Policy(minimum_age=0, staffed_door=StaffedDoor.FREE)
CRYSTAL = 100e-6
"""How wrong the machine's crystal is: a bad one."""
ALLOWED = max(NEAR, NTP_WITHIN) + timedelta(seconds=60)


class Machine:
    """A machine whose clock somebody turns, with a battery that may be empty and an NTP that may lie."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.true = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.wall, self.ticks = self.true, 1000.0
        self.battery: datetime | None = self.true
        self.disciplined = False
        self.has_chip = True

    # What the device reads

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def trust(self) -> ClockTrust:
        return ClockTrust.NONE

    def chip(self) -> datetime | None:
        return self.battery if self.has_chip else None

    def set_chip(self, now: datetime) -> bool:
        allowed = self.random.random() < 0.5
        if allowed:
            self.battery = now
        return allowed

    def is_disciplined(self) -> bool:
        return self.disciplined

    # What happens to it

    def pass_time(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)
        run = seconds * (1 + CRYSTAL)
        self.wall += timedelta(seconds=run)
        self.ticks += run
        if self.battery is not None:
            self.battery += timedelta(seconds=seconds)

    def turn(self) -> None:
        size = self.random.choice([0.1, 1, 30, 59, 61, 299, 301, 3600, 86400, 3 * 86400, 50 * 365 * 86400])
        self.wall += timedelta(seconds=size * self.random.choice([-1, 1]))

    def follow(self, away: float) -> None:
        """NTP sets the clock, and with it the battery's, rightly or not."""
        self.disciplined = True
        self.wall = self.true + timedelta(seconds=away)
        self.battery = self.wall

    def power_cut(self) -> None:
        self.ticks, self.disciplined = 0.0, False
        kind = self.random.choice(["battery", "1970", "fake-hwclock"])
        if kind == "battery" and self.battery is not None and self.has_chip:
            self.wall = self.battery
        elif kind == "fake-hwclock":
            self.wall = self.true - timedelta(hours=self.random.randint(1, 72))
        else:
            self.wall = datetime(1970, 1, 1, tzinfo=UTC)


class Door:
    """A door's view of the hour, and what it would do by it. It has the branch's keys once its server has answered."""

    def __init__(self, machine: Machine, file: Path) -> None:
        self.machine, self.file = machine, file
        self.clock = VouchedClock(machine, machine, file)
        self.has_keys = False

    def start(self) -> None:
        self.clock = VouchedClock(self.machine, self.machine, self.file)
        self.has_keys = False

    def hear(self) -> None:
        self.clock.compare(self.machine.true.isoformat())
        self.has_keys = True

    def lets_in(self) -> bool:
        local = self.machine.now().astimezone(HOME)
        site = Site(
            now=local,
            today=local.date(),
            clock=self.clock.trust(),
            state=HOURS.state_at(self.machine.now()).state,
            policy=POLICY if self.has_keys else None,
        )
        right = Right(permitted=True)
        answer = Answer(pin=PinAnswer.RIGHT, facts=PatronFacts(valid=True), as_of=local, right=right)
        return decide(site, answer).granted or stands_free(site)


def happen(machine: Machine, door: Door) -> str:
    names = ["pass", "turn", "hear", "ntp", "lie", "lose", "power", "restart", "battery", "tend", "month"]
    what = machine.random.choices(names, [30, 20, 20, 5, 5, 3, 3, 3, 2, 20, 1])[0]
    match what:
        case "pass":
            machine.pass_time(machine.random.uniform(0, 7200))
        case "month":
            machine.pass_time(machine.random.uniform(0, 65) * 86400)
        case "turn":
            machine.turn()
        case "hear":
            door.hear()
        case "ntp":
            machine.follow(machine.random.uniform(-0.05, 0.05))
        case "lie":
            machine.follow(machine.random.uniform(-86400, 86400))
        case "lose":
            machine.disciplined = False
        case "power":
            machine.power_cut()
            door.start()
        case "restart":
            door.start()
        case "battery":
            machine.has_chip = not machine.has_chip
        case "tend":
            door.clock.tend()
    return what


def live(seed: int, folder: Path) -> Counter[str]:
    """The steps of one machine; how often each level was reached and let somebody in, or did not."""
    machine = Machine(seed)
    door, seen = Door(machine, folder / str(seed)), Counter[str]()
    longest = timedelta(days=62) * CRYSTAL
    for step in range(STEPS):
        what = happen(machine, door)
        trust, let_in = door.clock.trust(), door.lets_in()
        seen[f"{trust.value} {let_in}"] += 1
        assert not (let_in and trust is ClockTrust.NONE), (seed, step, what)
        away = abs(machine.wall - machine.true)
        assert not (let_in and away > ALLOWED + longest), (seed, step, what, trust, away)
    return seen


def test_no_step_of_the_clock_lets_anybody_in_at_a_wrong_hour(tmp_path: Path) -> None:
    seen = sum((live(seed, tmp_path) for seed in range(MACHINES)), Counter[str]())

    assert seen.total() == 10_000
    # Every level was reached, and the door worked by it.
    assert {f"{level.value} True" for level in ClockTrust if level is not ClockTrust.NONE} <= set(seen)
    assert seen["none False"] > 1_000
