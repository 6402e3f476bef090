"""Strike and leaf: what a door does once a verdict, an exit button, the hours, a fire or the intruder alarm say so.

On the way out the strike comes first and the journal after; nobody waits for a disk to leave. The transitions stand as
rows in `door_house` and `door_passage`; here they are put together with what watches a line of its own.
"""

from dataclasses import replace

from meroppet.rules.door_house import ROWS as HOUSE
from meroppet.rules.door_house import is_barred
from meroppet.rules.door_passage import ROWS as PASSAGE
from meroppet.rules.door_passage import held_at, reminded_at
from meroppet.rules.door_table import Case, by_happening, turn
from meroppet.rules.door_vocabulary import (
    BOND_SECONDS,
    EXIT_SECONDS,
    GRACE_SECONDS,
    LEASE_SECONDS,
    RENEW_BEFORE,
    SETTLE_SECONDS,
    STUCK_SECONDS,
    Alarm,
    Armed,
    Asked,
    Bond,
    Button,
    Contact,
    Door,
    Effect,
    EndLease,
    Exit,
    Fire,
    Fitted,
    Found,
    Happening,
    Hours,
    Intruder,
    Keep,
    Latch,
    LockKind,
    LockNow,
    Lower,
    Opened,
    Opener,
    Push,
    Raise,
    Released,
    ReleaseRefused,
    ResetFire,
    Settling,
    Shut,
    Signal,
    Sound,
    Step,
    Tamper,
    Tick,
    begin,
)
from meroppet.rules.entry_vocabulary import Record, Release
from meroppet.rules.house_events import (
    DoorTampered,
    DoorUnbonded,
    ExitStuck,
    Intrusion,
    TamperEnded,
)
from meroppet.rules.policy import Policy

__all__ = [
    "EXIT_SECONDS",
    "GRACE_SECONDS",
    "LEASE_SECONDS",
    "RENEW_BEFORE",
    "ROWS",
    "SETTLE_SECONDS",
    "STUCK_SECONDS",
    "Alarm",
    "Armed",
    "Asked",
    "Bond",
    "Button",
    "Contact",
    "Door",
    "Effect",
    "EndLease",
    "Exit",
    "Fire",
    "Fitted",
    "Found",
    "Happening",
    "Hours",
    "Intruder",
    "Keep",
    "Latch",
    "LockKind",
    "LockNow",
    "Lower",
    "Opened",
    "Opener",
    "Push",
    "Raise",
    "Record",
    "Release",
    "ReleaseRefused",
    "Released",
    "ResetFire",
    "Settling",
    "Shut",
    "Signal",
    "Sound",
    "Step",
    "Tamper",
    "Tick",
    "begin",
    "due",
    "is_barred",
    "step",
]

ROWS = (*HOUSE, *PASSAGE)
"""The whole table, in the order in which rows are tried."""
_ROWS = by_happening(ROWS)


def due(door: Door, policy: Policy | None) -> float | None:
    """The monotonic time at which this door next wants a Tick, or None."""
    wanted = (
        door.renew_at,
        door.fire_renew_at,
        door.wanted_at,
        door.push_at,
        None if door.lease is None else door.until + GRACE_SECONDS,
        None if door.contact.since is None else door.contact.since + SETTLE_SECONDS,
        None if door.down_since is None or door.stuck else door.down_since + STUCK_SECONDS,
        None if door.unbonded_since is None or door.unbonded_told else door.unbonded_since + BOND_SECONDS,
        reminded_at(door, policy),
        held_at(door, policy),
    )
    return min((at for at in wanted if at is not None), default=None)


def step(door: Door, happening: Happening, policy: Policy | None, now: float) -> Step:
    """The next door and the effects, in the order in which they must be performed. `now` is monotonic seconds."""
    match happening:
        case Contact(is_open):
            door, effects = _touch(door, is_open, policy, now)
        case Tick():
            door, effects = _tick(door, policy, now)
        case Button(is_down):
            door, effects = _press(door, now, is_down=is_down)
        case Tamper(part, is_on):
            door, effects = _tamper(door, part, is_on=is_on)
        case Intruder(is_on):
            door, effects = _intrude(door, is_on=is_on)
        case Bond(holds):
            door, effects = replace(door, bond=holds), ()
        case _:
            door, effects = turn(_ROWS, Case(door, happening, policy, now))
    watched, more = _watch_bond(door, now)
    return watched, (*effects, *more)


def _tick(door: Door, policy: Policy | None, now: float) -> Step:
    settled, first = _settle(door, policy, now)
    turned, more = turn(_ROWS, Case(settled, Tick(), policy, now))
    watched, last = _watch_button(turned, now)
    return watched, (*first, *more, *last)


# The contact: a word counts once it has stood


def _touch(door: Door, is_open: bool | None, policy: Policy | None, now: float) -> Step:
    word = door.contact.word
    if is_open is None:
        return replace(door, contact=Settling()), ()
    if word is None:
        # The first word says how the leaf stands, and nothing moved that could bounce.
        return turn(_ROWS, Case(replace(door, contact=Settling(is_open)), Found(is_open), policy, now))
    since = None if is_open == word else door.contact.since if door.contact.since is not None else now
    return replace(door, contact=Settling(word, since)), ()


def _settle(door: Door, policy: Policy | None, now: float) -> Step:
    word, since = door.contact.word, door.contact.since
    if since is None or now < since + SETTLE_SECONDS:
        return door, ()
    settled = replace(door, contact=Settling(not word))
    # Judged by when it moved: what ended while its word was weighed had not ended then.
    return turn(_ROWS, Case(settled, Shut() if word else Opened(), policy, since))


# The button, for what no hand does


def _press(door: Door, now: float, *, is_down: bool) -> Step:
    if is_down:
        return (door if door.down_since is not None else replace(door, down_since=now)), ()
    free = replace(door, down_since=None, stuck=False)
    return free, (Lower(Alarm.EXIT_STUCK),) if door.stuck else ()


def _watch_button(door: Door, now: float) -> Step:
    if door.down_since is None or door.stuck or now < door.down_since + STUCK_SECONDS:
        return door, ()
    told = Record(ExitStuck(round(now - door.down_since, 1)))
    return replace(door, stuck=True), (told, Raise(Alarm.EXIT_STUCK))


# Covers, and the intruder alarm's horn


def _tamper(door: Door, part: str, *, is_on: bool) -> Step:
    if is_on == (part in door.tampered):
        return door, ()
    if is_on:
        return replace(door, tampered=door.tampered | {part}), (Record(DoorTampered(part)), Raise(Alarm.TAMPER))
    left = door.tampered - {part}
    return replace(door, tampered=left), (Record(TamperEnded(part)), *(() if left else (Lower(Alarm.TAMPER),)))


def _intrude(door: Door, *, is_on: bool) -> Step:
    if is_on == door.intruder:
        return door, ()
    told: tuple[Effect, ...] = (Record(Intrusion()), Raise(Alarm.INTRUSION)) if is_on else (Lower(Alarm.INTRUSION),)
    return replace(door, intruder=is_on), told


# The lock's own sensor


def _watch_bond(door: Door, now: float) -> Step:
    if not door.fitted.bond:
        return door, ()
    if not _should_hold(door) or door.bond is not False:
        over = (Lower(Alarm.UNBONDED),) if door.unbonded_told else ()
        return replace(door, unbonded_since=None, unbonded_told=False), over
    if door.unbonded_since is None:
        return replace(door, unbonded_since=now), ()
    if door.unbonded_told or now < door.unbonded_since + BOND_SECONDS:
        return door, ()
    return replace(door, unbonded_told=True), (Record(DoorUnbonded(door.fitted.lock)), Raise(Alarm.UNBONDED))


def _should_hold(door: Door) -> bool:
    """Whether nothing has released the lock, as far as is known, and the leaf is there to be held."""
    released = door.lease is not None or door.renew_at is not None or door.fire_renew_at is not None
    return not released and door.opened_at is None
