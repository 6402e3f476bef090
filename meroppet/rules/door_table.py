"""What a table of transitions is made of: regions that stand side by side, their phases, and rows between phases.

A happening is put to the regions in the order of Region; in each the first row that fits is taken, and sees what the
regions before it have made of the door. docs/door.md is drawn from the rows, and tests/model walks them all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from meroppet.rules.door_vocabulary import Door, Effect, EndLease, Happening, Step
from meroppet.rules.policy import Policy

H = TypeVar("H")


class Region(StrEnum):
    """What stands side by side at one door, in the order in which a happening is put to it."""

    ALARM = "alarm"
    FIRE = "fire"
    HOURS = "hours"
    HOLD = "hold"
    LEAF = "leaf"
    LOCK = "lock"


class Phase(StrEnum):
    """Where a region stands."""

    DISARMED = "disarmed"
    ARMED = "armed"
    UNSAID = "unsaid"
    CALM = "calm"
    BURNING = "burning"
    LATCHED = "latched"
    ANY = "any"
    OFF = "off"
    WANTED = "wanted"
    FREE = "free"
    SHUT = "shut"
    OPEN = "open"
    FOUND = "found"
    REMINDED = "reminded"
    HELD = "held"
    LOCKED = "locked"
    RELEASED = "released"


PHASES: Mapping[Region, tuple[Phase, ...]] = {
    Region.ALARM: (Phase.DISARMED, Phase.ARMED, Phase.UNSAID),
    Region.FIRE: (Phase.CALM, Phase.BURNING, Phase.LATCHED),
    Region.HOURS: (Phase.ANY,),
    Region.HOLD: (Phase.OFF, Phase.WANTED, Phase.FREE),
    Region.LEAF: (Phase.SHUT, Phase.OPEN, Phase.FOUND, Phase.REMINDED, Phase.HELD),
    Region.LOCK: (Phase.LOCKED, Phase.RELEASED),
}
"""Every phase of every region; the first is where an ordinary door begins."""


class Case(NamedTuple, Generic[H]):
    """A door, what happened, and when."""

    door: Door
    said: H
    policy: Policy | None
    now: float


@dataclass(frozen=True, slots=True)
class Row:
    """From any of `sources`, on such a happening, where `when` holds: `do`, and the region stands in `target`.

    None as target: where it stood.
    """

    region: Region
    sources: tuple[Phase, ...]
    on: type[Happening]
    target: Phase | None
    do: Callable[[Case[Any]], Step]
    when: Callable[[Case[Any]], bool]


def always(_: Case[Any]) -> bool:
    """Whatever else is so."""
    return True


def phase(region: Region, door: Door) -> Phase:
    """Where a region of this door stands."""
    return _PHASE[region](door)


Table = Mapping[type, tuple[tuple[Row, ...], ...]]
"""The rows by what they are on, and for each the rows of one region after those of another."""


def turn(table: Table, case: Case[Any]) -> Step:
    """Put a happening to every region in order: the door, and the effects with every end of a lease first."""
    door = case.door
    effects: list[Effect] = []
    for rows in table.get(type(case.said), ()):
        now = Case(door, case.said, case.policy, case.now)
        stands = phase(rows[0].region, door)
        fits = (row for row in rows if stands in row.sources and row.when(now))
        if (row := next(fits, None)) is not None:
            door, more = row.do(now)
            effects += more
    # Whatever is to be locked is locked before anything is told.
    return door, tuple(sorted(effects, key=lambda effect: not isinstance(effect, EndLease)))


def by_happening(rows: tuple[Row, ...]) -> Table:
    """The rows as `turn` looks them up."""
    found: dict[type, dict[Region, list[Row]]] = {}
    for row in sorted(rows, key=lambda row: tuple(Region).index(row.region)):
        found.setdefault(row.on, {}).setdefault(row.region, []).append(row)
    return {on: tuple(tuple(alike) for alike in regions.values()) for on, regions in found.items()}


def _alarm(door: Door) -> Phase:
    return Phase.UNSAID if door.armed is None else Phase.ARMED if door.armed else Phase.DISARMED


def _fire(door: Door) -> Phase:
    if not door.burning:
        return Phase.CALM
    return Phase.BURNING if door.fire else Phase.LATCHED


def _hold(door: Door) -> Phase:
    if door.renew_at is None:
        return Phase.OFF
    return Phase.WANTED if door.hold_until is None else Phase.FREE


def _leaf(door: Door) -> Phase:
    if door.opened_at is None:
        return Phase.SHUT
    if door.held_told:
        return Phase.HELD
    if door.reminded:
        return Phase.REMINDED
    return Phase.FOUND if door.found else Phase.OPEN


_PHASE: Mapping[Region, Callable[[Door], Phase]] = {
    Region.ALARM: _alarm,
    Region.FIRE: _fire,
    Region.HOURS: lambda _: Phase.ANY,
    Region.HOLD: _hold,
    Region.LEAF: _leaf,
    Region.LOCK: lambda door: Phase.LOCKED if door.lease is None else Phase.RELEASED,
}
