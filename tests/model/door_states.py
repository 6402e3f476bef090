"""Every state a door can come into, found by walking: the real rules, with time reduced to what they compare it with.

A deadline is far, due or long past; which of them passes first is left open, so that more orders of events are walked
than any clock allows. What holds in all of these holds in all that can be.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, product
from typing import Any

from meroppet.rules import door as rules
from meroppet.rules.branch import BranchState
from meroppet.rules.door_table import Case, Phase, Region, Row, Table, by_happening, phase, turn
from meroppet.rules.door_vocabulary import GRACE_SECONDS, LEASE_SECONDS, Door, Fitted, Happening, Latch
from meroppet.rules.policy import Policy, StaffedDoor

NOW = 1000.0
FAR = NOW + 7.0
GRACE = NOW - GRACE_SECONDS / 2
PAST = NOW - 100.0
POLICY = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)
HELD = POLICY.held_open_seconds
LATE: tuple[Happening, ...] = tuple(
    answer
    for lease, cause in (("a", "granted"), ("hold", "staffed"), ("fire", "fire"))
    for answer in (rules.Released(lease, cause, NOW + 5.0), rules.ReleaseRefused(lease, cause))
)
"""Answers of lockd to what was asked before something else happened."""
SAID: tuple[Happening, ...] = (
    rules.Asked("a", 5.0, "granted"),
    rules.Exit("x"),
    rules.Opened(),
    rules.Shut(),
    rules.Found(is_open=True),
    rules.Found(is_open=False),
    rules.Hours(BranchState.STAFFED, free=True),
    rules.Hours(BranchState.CLOSED),
    rules.Hours(None),
    rules.LockNow(),
    rules.Fire(is_on=True),
    rules.Fire(is_on=False),
    rules.ResetFire("order"),
    rules.Armed(is_on=True),
    rules.Armed(is_on=False),
    rules.Armed(None),
    rules.Tick(),
    *LATE,
)
"""What may happen; what a door asks of lockd is answered besides, by its yes and by its no."""
ENDS = ("until", "hold_until", "leaving_until", "fire_until")
DEADLINES = ("renew_at", "fire_renew_at", "wanted_at", "push_at")


@dataclass
class Walk:
    """What a walk has seen."""

    states: set[Door] = field(default_factory=set)
    steps: int = 0
    fired: Counter[Row] = field(default_factory=Counter)
    phases: set[tuple[Phase, ...]] = field(default_factory=set)
    bad: list[str] = field(default_factory=list)
    rows: Table = field(default_factory=dict)


def normal(door: Door) -> Door:
    """The same door, its times put into the few places that matter."""
    wanted = door.wanted is not None and door.wanted == door.lease and door.wanted_at is not None
    leaving = _end(door.leaving_until)
    return replace(
        door,
        until=(_end(door.until) or 0.0) if door.lease is not None else 0.0,
        hold_until=_end(door.hold_until),
        # What nobody may walk through any more is as if nobody had asked.
        leaving_until=None if leaving == PAST else leaving,
        fire_until=_end(door.fire_until),
        renew_at=_deadline(door.renew_at),
        fire_renew_at=_deadline(door.fire_renew_at),
        wanted_at=_deadline(door.wanted_at),
        push_at=_deadline(door.push_at),
        wanted=door.wanted if wanted else None,
        wanted_until=FAR + LEASE_SECONDS if wanted else 0.0,
        opened_at=None if door.opened_at is None else PAST,
        waits_from=_waits(door),
    )


def _end(at: float | None) -> float | None:
    if at is None or at > NOW:
        return None if at is None else FAR
    return GRACE if at + GRACE_SECONDS > NOW else PAST


def _deadline(at: float | None) -> float | None:
    return at if at is None else FAR if at > NOW else NOW


def _waits(door: Door) -> float:
    if door.opened_at is None or door.held_told:
        return 0.0
    stood = NOW - door.waits_from
    if stood >= (POLICY.extended_held_seconds if door.extended else HELD):
        return PAST
    return NOW - 25.0 - 30.0 * door.extended if door.reminded or stood >= 20.0 + 30.0 * door.extended else NOW


def later(door: Door) -> Iterator[Door]:
    """The door after some time in which one of its deadlines has come nearer."""
    for name in ENDS:
        at = getattr(door, name)
        if at is not None and at != PAST and (name != "until" or door.lease is not None):
            nearer: dict[str, Any] = {name: GRACE if at == FAR else PAST}
            yield replace(door, **nearer)
    for name in DEADLINES:
        if getattr(door, name) == FAR:
            due: dict[str, Any] = {name: NOW}
            yield replace(door, **due)
    if door.opened_at is not None and not door.held_told and door.waits_from != PAST:
        reminder = NOW - 25.0 - 30.0 * door.extended
        yield replace(door, waits_from=reminder if door.waits_from == NOW else PAST)


def walk(fitted: Fitted, policies: tuple[Policy | None, ...] = (POLICY,), said: tuple[Happening, ...] = SAID) -> Walk:
    """Walk from every beginning until nothing new is found."""
    seen = Walk()
    seen.rows = counted(seen)
    begun = [rules.begin(fitted), rules.begin(fitted, frozenset({Latch.FIRE}))]
    queue = deque(normal(door) for door in begun)
    seen.states.update(queue)
    while queue:
        door = queue.popleft()
        seen.phases.add(tuple(phase(region, door) for region in Region))
        for after in chain(_after(door, policies, said, seen), (normal(moved) for moved in later(door))):
            if after not in seen.states:
                seen.states.add(after)
                queue.append(after)
    return seen


def _after(
    door: Door, policies: tuple[Policy | None, ...], happenings: tuple[Happening, ...], seen: Walk
) -> Iterator[Door]:
    for policy, said in product(policies, happenings):
        for answered in _perform(door, said, policy, seen):
            yield normal(answered)


def _perform(door: Door, said: Happening, policy: Policy | None, seen: Walk) -> Iterator[Door]:
    """The doors after a happening: each Release is answered, by lockd's yes or its no."""
    after, effects = turn(seen.rows, Case(door, said, policy, NOW))
    seen.steps += 1
    seen.bad += [f"{wrong}: {said} at {door}" for wrong in _wrong(door, said, after, effects)]
    asked = [effect for effect in effects if isinstance(effect, rules.Release)]
    if not asked:
        yield after
    for release in asked:
        until = NOW + release.seconds
        for answer in (
            rules.Released(release.lease, release.cause, until),
            rules.ReleaseRefused(release.lease, release.cause),
        ):
            yield from _perform(after, answer, policy, seen)


def counted(seen: Walk) -> Table:
    """The table, each row of which notes that it was taken, and that it led where it says."""
    return by_happening(tuple(replace(row, do=_noting(row, seen)) for row in rules.ROWS))


def _noting(row: Row, seen: Walk) -> Callable[[Case[Any]], rules.Step]:
    def do(case: Case[Any]) -> rules.Step:
        after, effects = row.do(case)
        seen.fired[row] += 1
        if row.target is not None and phase(row.region, after) is not row.target:
            seen.bad.append(f"{row.region} on {case.said} is {phase(row.region, after)}, not {row.target}")
        return after, effects

    return do


def _wrong(door: Door, said: Happening, after: Door, effects: tuple[rules.Effect, ...]) -> Iterator[str]:
    """What must never be, in words; nothing where all is as it must be."""
    asked = [effect for effect in effects if isinstance(effect, rules.Release)]
    if any(not 0 < release.seconds <= LEASE_SECONDS for release in asked):
        yield "a lease of another length"
    if any(release.cause not in ("exit", "fire") for release in asked) and after.armed is not False:
        yield "somebody is let in while the alarm is armed"
    if isinstance(said, rules.Exit) and not (effects and isinstance(effects[0], rules.Release)):
        yield "the way out does not come first"
    if isinstance(said, rules.Tick | rules.Hours | rules.Found | rules.Shut | rules.Armed | rules.ResetFire):
        causes = {release.cause for release in asked} - {"staffed", "event"}
        known = {door.cause} if door.wanted_at is not None else set()
        if causes - known - ({"fire"} if door.fire_renew_at is not None else set()):
            yield "released by nobody"
    if after.renew_at is not None and (after.burning or after.armed is not False):
        yield "stands free in a fire or while the alarm is armed"
    if door.burning and not after.burning and not isinstance(said, rules.ResetFire):
        yield "a fire is over that nobody has reset"
    if isinstance(said, rules.ResetFire) and door.fire and not after.burning:
        yield "a fire was reset while it burns"
    if after.fire_renew_at is not None and not after.fitted.fire_releases:
        yield "a fire releases what it should not"
    yield from _wrong_lease(door, said, after, effects)


def _wrong_lease(door: Door, said: Happening, after: Door, effects: tuple[rules.Effect, ...]) -> Iterator[str]:
    ended = {effect.lease for effect in effects if isinstance(effect, rules.EndLease)}
    was_live = door.lease is not None and door.until > NOW
    if was_live and after.lease != door.lease and door.lease not in ended | {_refused(said)}:
        yield "a lease is forgotten that lockd keeps"
    stood_free = door.hold_until is not None and door.hold_until > NOW and door.renew_at is not None
    if stood_free and after.renew_at is None and after.fitted.hold_lease not in ended:
        yield "a hold is forgotten that lockd keeps"
    if isinstance(said, rules.Armed) and after.armed is not False and after.lease is not None:
        leaves = door.leaving_until is not None and door.leaving_until > NOW
        if after.cause not in ("exit", "fire") and not leaves:
            yield "somebody on the way in keeps the lock released"
    forced = any(isinstance(effect, rules.Raise) and effect.alarm is rules.Alarm.FORCED for effect in effects)
    live = [end for end in (door.hold_until, door.leaving_until, door.until if door.lease else None) if end]
    if forced and any(end >= NOW for end in live):
        yield "who was let through is said to have forced the door"


def _refused(said: Happening) -> str | None:
    return said.lease if isinstance(said, rules.ReleaseRefused) else None
