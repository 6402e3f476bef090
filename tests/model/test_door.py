"""The door's table, walked to its end: no bad state, no row that is never taken, and no phase missed by mistake."""

from collections.abc import Callable
from functools import cache
from itertools import product

import pytest

from meroppet.rules import door as rules
from meroppet.rules.branch import BranchState
from meroppet.rules.door_table import PHASES, Phase, Region
from meroppet.rules.door_vocabulary import Fitted, Happening, LockKind, Opener
from tests.model.door_states import LATE, POLICY, SAID, Walk, walk

Combination = tuple[Phase, ...]
PASSING: tuple[Happening, ...] = (
    rules.Asked("a", 5.0, "granted"),
    rules.Exit("x"),
    rules.Opened(),
    rules.Shut(),
    rules.Fire(is_on=True),
    rules.Fire(is_on=False),
    rules.ResetFire("order"),
    rules.Tick(),
    *LATE[-2:],
)
LONGER: tuple[Happening, ...] = (
    rules.Asked("a", 5.0, "granted"),
    rules.Asked("b", 30.0, "granted", extended=True),
    rules.Exit("x"),
    rules.Opened(),
    rules.Shut(),
    rules.LockNow(),
    rules.Armed(is_on=True),
    rules.Armed(is_on=False),
    rules.Tick(),
)
STAYING: tuple[Happening, ...] = (
    rules.Asked("a", 5.0, "granted"),
    rules.Hours(BranchState.STAFFED, free=True),
    rules.Hours(BranchState.CLOSED),
    rules.Opened(),
    rules.Shut(),
    rules.LockNow(),
    rules.Armed(is_on=True),
    rules.Armed(is_on=False),
    rules.Tick(),
)
WALKS: dict[str, Callable[[], Walk]] = {
    "a strike": lambda: walk(Fitted()),
    "a strike for those who need longer": lambda: walk(Fitted(), said=LONGER),
    "a strike whose policy comes and goes": lambda: walk(Fitted(), (POLICY, None), STAYING),
    "a motor lock with an opener, which a fire releases": lambda: walk(
        Fitted(kind=LockKind.MOTOR, motor_seconds=2.0, opener=Opener.ALL, fire_releases=True), said=PASSING
    ),
    "a magnet with an opener for those who need longer, in a house with an alarm": lambda: walk(
        Fitted(kind=LockKind.MAGLOCK, opener=Opener.EXTENDED, alarm=True), said=STAYING
    ),
}
UNREACHABLE: tuple[tuple[Callable[[Combination], bool], str], ...] = (
    (lambda at: at[3] is not Phase.OFF and at[0] is not Phase.DISARMED, "nothing stands free while the alarm is armed"),
    (lambda at: at[3] is not Phase.OFF and at[1] is not Phase.CALM, "nothing stands free in a fire"),
    (
        lambda at: at[4] is Phase.FOUND and at[5] is Phase.RELEASED,
        "a leaf somebody may pass is one that is open, and no longer one that was merely found so",
    ),
)
"""Combinations of phases that must not be, and why; alarm, fire, hours, hold, leaf, lock."""


@cache
def walked(name: str) -> Walk:
    return WALKS[name]()


@pytest.mark.parametrize("name", WALKS)
def test_no_state_a_door_can_come_into_is_bad(name: str) -> None:
    seen = walked(name)

    assert seen.bad == []
    assert len(seen.states) > 1000


def test_every_row_of_the_table_is_taken_somewhere() -> None:
    taken = {row for name in WALKS for row in walked(name).fired}

    assert [f"{row.region}: {row.do.__name__}" for row in rules.ROWS if row not in taken] == []


def test_every_combination_of_phases_is_reached_or_there_is_a_reason_why_not() -> None:
    reached = {phases for name in WALKS for phases in walked(name).phases}
    every = set(product(*(PHASES[region] for region in Region)))
    excused = {at for at in every if any(applies(at) for applies, _ in UNREACHABLE)}

    assert reached & excused == set()
    assert every - reached - excused == set()


def test_everything_the_table_speaks_of_happens_on_the_walk() -> None:
    assert {type(said) for said in SAID} == {row.on for row in rules.ROWS}
