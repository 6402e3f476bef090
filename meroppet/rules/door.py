"""Strike and leaf: what a door does once a verdict, an exit button or the hours say so.

On the way out the strike comes first and the journal after; nobody waits for a disk to leave.
"""

from dataclasses import dataclass, replace

from meroppet.rules.branch import BranchState
from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.entry import Record, Release
from meroppet.rules.events import (
    BranchChanged,
    DoorForced,
    DoorHeld,
    DoorOpened,
    DoorReleased,
    DoorShut,
    ExitPressed,
    ReleaseFailed,
)

EXIT_SECONDS = 5.0
HOLD_LEASE_SECONDS = 10.0
HOLD_RENEW_SECONDS = 5.0
HOLD_LEASE = "hold"
# The leaf may be moving when the strike falls back; what opens this soon after was let out or in.
GRACE_SECONDS = 1.0


# What may happen.
@dataclass(frozen=True, slots=True)
class Released:
    """lockd answered: the strike is released under this lease until `until` (monotonic seconds)."""

    lease: str
    cause: str
    until: float


@dataclass(frozen=True, slots=True)
class ReleaseRefused:
    """lockd said no or nothing; the strike is to be taken as locked."""

    lease: str
    cause: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The door contact says open."""


@dataclass(frozen=True, slots=True)
class Shut:
    """The door contact says shut."""


@dataclass(frozen=True, slots=True)
class Found:
    """The door contact's first word, at the start or after it was lost: how the leaf stands, not that it moved."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class Exit:
    """The exit button was pressed; `lease` is a fresh identifier."""

    lease: str


@dataclass(frozen=True, slots=True)
class Hours:
    """The state the branch is in, or None while it is not known; `free`: everybody may walk in without a card."""

    state: BranchState | None
    free: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Happening = Released | ReleaseRefused | Opened | Shut | Found | Exit | Hours | Tick


@dataclass(frozen=True, slots=True)
class EndLease:
    """Tell lockd to lock now."""

    lease: str


Effect = Record | Release | EndLease


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of strike and leaf. `lease` lets somebody pass until `until`; a hold lasts until `hold_until`.

    Until `leaving_until` the leaf may open whatever lockd says: the exit button acts on the lock by wire too.
    """

    lease: str | None = None
    until: float = 0.0
    hold_until: float | None = None
    opened_at: float | None = None
    held_told: bool = False
    branch: BranchState | None = None
    renew_at: float | None = None
    leaving_until: float | None = None


Step = tuple[Door, tuple[Effect, ...]]


def due(door: Door, policy: Policy | None) -> float | None:
    """The monotonic time at which this door next wants a Tick, or None."""
    if door.renew_at is not None:
        return door.renew_at
    if policy is None or door.opened_at is None or door.held_told:
        return None
    return door.opened_at + policy.held_open_seconds


def step(door: Door, happening: Happening, policy: Policy | None, now: float) -> Step:
    """The next door and the effects, in the order in which they must be performed."""
    match happening:
        case Released(lease, cause, until):
            return _released(door, lease, cause, until)
        case ReleaseRefused(lease, cause):
            return _refused(door, lease, cause)
        case Opened():
            return _opened(door, now)
        case Shut():
            return _shut(door)
        case Found(is_open):
            return _found(door, now, is_open=is_open)
        case Exit(lease):
            leaving = replace(door, leaving_until=now + EXIT_SECONDS)
            return leaving, (Release(lease, EXIT_SECONDS, "exit"), Record(ExitPressed()))
        case Hours(state, free):
            return _hours(door, state, now, free=free)
        case Tick():
            return _tick(door, policy, now)


def _released(door: Door, lease: str, cause: str, until: float) -> Step:
    told = (Record(DoorReleased(lease, cause)),)
    if lease == HOLD_LEASE:
        return _held_free(door, told, until)
    if door.lease is None or door.lease == lease:
        return replace(door, lease=lease, until=until), told
    # The strike lives on the longer of two leases, so that the passage which ends it ends all.
    if until >= door.until:
        return replace(door, lease=lease, until=until), (EndLease(door.lease), *told)
    return door, (EndLease(lease), *told)


def _held_free(door: Door, told: tuple[Record, ...], until: float) -> Step:
    if door.renew_at is None:
        # Asked for before the hold ended, answered after.
        return door, (EndLease(HOLD_LEASE), *told)
    # A hold is renewed every few seconds; only its beginning is news.
    return replace(door, hold_until=until), told if door.hold_until is None else ()


def _refused(door: Door, lease: str, cause: str) -> Step:
    told = (Record(ReleaseFailed(lease, cause)),)
    if lease == HOLD_LEASE:
        # Asked again every few seconds; only the end of a hold is news.
        return replace(door, hold_until=None), told if door.hold_until is not None else ()
    return (replace(door, lease=None) if door.lease == lease else door), told


def _opened(door: Door, now: float) -> Step:
    if door.opened_at is not None:
        return door, ()
    open_now = replace(door, opened_at=now, held_told=False, lease=None, leaving_until=None)
    if door.lease is not None and now <= door.until + GRACE_SECONDS:
        # One release, one passage: the strike falls back as soon as the leaf has left it.
        return open_now, (EndLease(door.lease), Record(DoorOpened()))
    allowed = any(until is not None and now <= until + GRACE_SECONDS for until in (door.hold_until, door.leaving_until))
    return open_now, (Record(DoorOpened() if allowed else DoorForced()),)


def _shut(door: Door) -> Step:
    return replace(door, opened_at=None, held_told=False), (Record(DoorShut()),)


def _found(door: Door, now: float, *, is_open: bool) -> Step:
    if not is_open:
        return (door, ()) if door.opened_at is None else _shut(door)
    found, effects = _opened(door, now)
    # Nobody saw it open, so that nobody can say it was forced; from now on it is watched as any open leaf.
    return found, tuple(effect for effect in effects if effect != Record(DoorForced()))


def _hours(door: Door, state: BranchState | None, now: float, *, free: bool) -> Step:
    changed = replace(door, branch=state)
    told = (Record(BranchChanged(state.value)),) if state is not None and state is not door.branch else ()
    if free == (door.renew_at is not None):
        return changed, told
    if free:
        return replace(changed, renew_at=now + HOLD_RENEW_SECONDS), (*told, _hold(state))
    return replace(changed, renew_at=None, hold_until=None), (EndLease(HOLD_LEASE), *told)


def _may_stand_free(state: BranchState | None, policy: Policy | None) -> bool:
    if policy is None:
        return False
    return state is BranchState.EVENT or (state is BranchState.STAFFED and policy.staffed_door is StaffedDoor.FREE)


def _hold(state: BranchState | None) -> Release:
    return Release(HOLD_LEASE, HOLD_LEASE_SECONDS, "event" if state is BranchState.EVENT else "staffed")


def _tick(door: Door, policy: Policy | None, now: float) -> Step:
    wanted = due(door, policy)
    if wanted is None or now < wanted:
        return door, ()
    if door.renew_at is None:
        stood = now - (door.opened_at or 0.0)
        return replace(door, held_told=True), (Record(DoorHeld(round(stood, 1))),)
    if not _may_stand_free(door.branch, policy):
        # Nobody has said so yet, but a policy that went away or changed ends a hold as the hours do.
        return replace(door, renew_at=None, hold_until=None), (EndLease(HOLD_LEASE),)
    return replace(door, renew_at=now + HOLD_RENEW_SECONDS), (_hold(door.branch),)
