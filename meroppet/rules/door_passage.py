"""The rows of a door's table that concern one passage: the lock that lets somebody through, and the leaf."""

from dataclasses import replace

from meroppet.rules.door_house import is_barred
from meroppet.rules.door_table import Case, Phase, Region, Row, always
from meroppet.rules.door_vocabulary import (
    EXIT_SECONDS,
    GRACE_SECONDS,
    LEASE_SECONDS,
    PUSH_SECONDS,
    RENEW_BEFORE,
    WAYS_OUT,
    Alarm,
    Armed,
    Asked,
    Door,
    Effect,
    EndLease,
    Exit,
    Found,
    LockKind,
    LockNow,
    Lower,
    Opened,
    Opener,
    Push,
    Raise,
    Released,
    ReleaseRefused,
    Shut,
    Signal,
    Sound,
    Step,
    Tick,
)
from meroppet.rules.entry_vocabulary import Record, Release
from meroppet.rules.events import (
    DoorForced,
    DoorHeld,
    DoorOpened,
    DoorReleased,
    DoorShut,
    ExitPressed,
    ReleaseFailed,
)
from meroppet.rules.house_events import (
    DoorHeldSoon,
    DoorOpenLocked,
)
from meroppet.rules.policy import Policy

# Patience with an open leaf


def held_at(door: Door, policy: Policy | None) -> float | None:
    """When an open leaf is held; None while nobody minds: it is shut, it stands free, or the house burns."""
    if policy is None or door.opened_at is None or door.held_told or door.renew_at is not None or door.burning:
        return None
    return door.waits_from + _patience(door, policy)


def reminded_at(door: Door, policy: Policy | None) -> float | None:
    """When those at an open leaf are reminded; None: nobody is to be, or they have been."""
    held = held_at(door, policy)
    if policy is None or held is None or door.reminded or policy.pre_alarm_seconds <= 0:
        return None
    return held - min(policy.pre_alarm_seconds, _patience(door, policy) / 2)


def _patience(door: Door, policy: Policy) -> float:
    return policy.extended_held_seconds if door.extended else policy.held_open_seconds


# The leaf


def _is_allowed(case: Case[Opened] | Case[Found]) -> bool:
    """Whether somebody was let in or out just now, or may walk through anyway; a fire lets out whom it may."""
    door = case.door
    if door.burning or _is_live(case):
        return True
    ends = (door.hold_until, door.leaving_until)
    return any(end is not None and case.now <= end + GRACE_SECONDS for end in ends)


def _is_live(case: Case[Opened] | Case[Found]) -> bool:
    return case.door.lease is not None and case.now < case.door.until + GRACE_SECONDS


def _stand_open(case: Case[Opened] | Case[Found], *, found: bool = False) -> Door:
    door = replace(case.door, opened_at=case.now, waits_from=case.now, reminded=False, held_told=False, found=found)
    return replace(door, leaving_until=None)


def _open(case: Case[Opened] | Case[Found]) -> Step:
    return _stand_open(case), (Record(DoorOpened(case.door.fitted.lock)),)


def _force(case: Case[Opened]) -> Step:
    return replace(_stand_open(case), forced=True), (Record(DoorForced(case.door.fitted.lock)), Raise(Alarm.FORCED))


def _find_open(case: Case[Found]) -> Step:
    # Nobody saw it open, so that nobody can say it was forced; from now on it is watched as any open leaf.
    return _stand_open(case, found=True), ()


def _is_found_open(case: Case[Found]) -> bool:
    return case.said.is_open


def _is_found_used(case: Case[Found]) -> bool:
    return case.said.is_open and _is_allowed(case)


def _is_found_shut(case: Case[Found]) -> bool:
    return not case.said.is_open


def _shut(case: Case[Shut] | Case[Found]) -> Step:
    door = case.door
    shut = replace(door, opened_at=None, reminded=False, held_told=False, found=False, forced=False, extended=False)
    over: tuple[Effect, ...] = (Sound(Signal.SILENCE),) if door.reminded or door.held_told else ()
    if door.held_told:
        over = (*over, Lower(Alarm.OPEN_LOCKED if door.found else Alarm.HELD))
    if door.forced:
        over = (*over, Lower(Alarm.FORCED))
    return shut, (Record(DoorShut(door.fitted.lock)), *over)


def _reminds(case: Case[Tick]) -> bool:
    at = reminded_at(case.door, case.policy)
    return at is not None and case.now >= at


def _remind(case: Case[Tick]) -> Step:
    told = Record(DoorHeldSoon(_stood(case), case.door.fitted.lock))
    return replace(case.door, reminded=True), (told, Sound(Signal.HELD_SOON))


def _holds(case: Case[Tick]) -> bool:
    at = held_at(case.door, case.policy)
    return at is not None and case.now >= at


def _holds_found(case: Case[Tick]) -> bool:
    return case.door.found and _holds(case)


def _hold_open(case: Case[Tick]) -> Step:
    told = Record(DoorHeld(_stood(case), case.door.fitted.lock))
    return replace(case.door, held_told=True), (told, Raise(Alarm.HELD), Sound(Signal.HELD))


def _stand_unlocked(case: Case[Tick]) -> Step:
    told = Record(DoorOpenLocked(_stood(case), case.door.fitted.lock))
    return replace(case.door, held_told=True), (told, Raise(Alarm.OPEN_LOCKED))


def _stood(case: Case[Tick]) -> float:
    return round(case.now - (case.door.opened_at or 0.0), 1)


def _is_a_grant(case: Case[Released]) -> bool:
    return _is_for_one(case) and not _is_the_same(case) and not _comes_too_late(case)


def _wait_anew(case: Case[Released]) -> Step:
    # Whoever is let in now has the whole time before the door complains.
    silent = (Sound(Signal.SILENCE),) if case.door.reminded else ()
    return replace(case.door, waits_from=case.now, reminded=False, found=False), silent


# The lock


def _is_for_one(case: Case[Released] | Case[ReleaseRefused]) -> bool:
    return case.said.lease not in (case.door.fitted.hold_lease, case.door.fitted.fire_lease)


def _comes_too_late(case: Case[Released]) -> bool:
    return _is_for_one(case) and is_barred(case.door) and case.said.cause not in WAYS_OUT


def _may_not(case: Case[Asked]) -> bool:
    return is_barred(case.door) and case.said.cause not in WAYS_OUT


def _deny(case: Case[Asked]) -> Step:
    said = case.said
    return case.door, (Record(ReleaseFailed(said.lease, said.cause, case.door.fitted.lock, "armed")),)


def _ask_lock(case: Case[Asked]) -> Step:
    door, said = case.door, case.said
    seconds = said.seconds + door.fitted.motor_seconds
    extended = said.extended or (door.extended and door.opened_at is not None)
    asked = replace(door, wanted=said.lease, wanted_until=case.now + seconds, wanted_at=None, extended=extended)
    return asked, (Release(said.lease, min(seconds, LEASE_SECONDS), said.cause),)


def _let_out(case: Case[Exit]) -> Step:
    # On the way out the lock comes first and the journal after; nobody waits for a disk to leave.
    seconds = min(EXIT_SECONDS + case.door.fitted.motor_seconds, LEASE_SECONDS)
    leaving = replace(case.door, leaving_until=case.now + seconds)
    return leaving, (Release(case.said.lease, seconds, "exit"), Record(ExitPressed()))


def _release(case: Case[Released]) -> Step:
    door, said = case.door, case.said
    longer = door.wanted == said.lease and door.wanted_until > said.until
    wanted_at = said.until - RENEW_BEFORE if longer else None
    released = replace(door, lease=said.lease, until=said.until, cause=said.cause, wanted_at=wanted_at)
    return _push(released, case.now, (_told(case),))


def _push(door: Door, now: float, told: tuple[Effect, ...]) -> Step:
    fitted = door.fitted
    wanted = fitted.opener is Opener.ALL or (fitted.opener is Opener.EXTENDED and door.extended)
    if not wanted or door.opened_at is not None:
        return door, told
    if fitted.motor_seconds <= 0:
        return door, (*told, Push(PUSH_SECONDS))
    # Not before the bolt is out of the way.
    return replace(door, push_at=now + fitted.motor_seconds), told


def _is_the_same(case: Case[Released] | Case[ReleaseRefused]) -> bool:
    return case.said.lease == case.door.lease


def _prolong(case: Case[Released]) -> Step:
    return replace(case.door, until=case.said.until), ()


def _ends_sooner(case: Case[Released]) -> bool:
    return _is_for_one(case) and case.said.until < case.door.until


def _keep_longer(case: Case[Released]) -> Step:
    # The lock lives on the longer of two leases, so that the passage which ends it ends all.
    return case.door, (EndLease(case.said.lease), _told(case))


def _change_lease(case: Case[Released]) -> Step:
    former = EndLease(case.door.lease or "")
    door, effects = _release(case)
    return door, (former, *effects)


def _undo(case: Case[Released]) -> Step:
    return case.door, (EndLease(case.said.lease), _told(case))


def _told(case: Case[Released]) -> Record:
    return Record(DoorReleased(case.said.lease, case.said.cause, case.door.fitted.lock))


def _miss(case: Case[ReleaseRefused]) -> Step:
    return case.door, (Record(ReleaseFailed(case.said.lease, case.said.cause, case.door.fitted.lock)),)


def _lose(case: Case[ReleaseRefused]) -> Step:
    door, effects = _miss(case)
    return locked(door), effects


def locked(door: Door) -> Door:
    """The door without the lease that let somebody pass."""
    return replace(door, lease=None, cause="", wanted=None, wanted_at=None, push_at=None)


def _end(case: Case[Opened] | Case[Found]) -> Step:
    # One release, one passage: the strike falls back as soon as the leaf has left it.
    return locked(case.door), (EndLease(case.door.lease or ""),) if _is_live(case) else ()


def _end_shut(case: Case[Shut]) -> Step:
    return locked(case.door), (EndLease(case.door.lease or ""),)


def _ends_on_opening(case: Case[Opened] | Case[Found]) -> bool:
    has_just_opened = case.door.opened_at == case.now
    return has_just_opened and (case.door.fitted.kind is not LockKind.MOTOR or not _is_live(case))


def _ends_on_shutting(case: Case[Shut]) -> bool:
    # A lock that ends on opening has ended; what was granted since is for the next passage.
    return case.door.fitted.kind is LockKind.MOTOR


def _shuts_out(case: Case[Armed] | Case[LockNow]) -> bool:
    """Whether only somebody on the way in would lose by it. Who asked to leave keeps what the lock was released by."""
    door = case.door
    leaves = door.leaving_until is not None and case.now < door.leaving_until
    return door.cause not in WAYS_OUT and not leaves


def _shuts_out_by_alarm(case: Case[Armed]) -> bool:
    return is_barred(case.door) and _shuts_out(case)


def _spares(case: Case[Armed]) -> bool:
    return is_barred(case.door)


def _shut_out(case: Case[Armed] | Case[LockNow]) -> Step:
    door = replace(locked(case.door), leaving_until=case.now)
    return door, (EndLease(case.door.lease or ""),)


def _let_run_out(case: Case[Armed] | Case[LockNow]) -> Step:
    return replace(case.door, wanted=None, wanted_at=None), ()


def _is_run_out(case: Case[Tick]) -> bool:
    return case.now >= case.door.until + GRACE_SECONDS


def _run_out(case: Case[Tick]) -> Step:
    return locked(case.door), ()


def _is_wanted_on(case: Case[Tick]) -> bool:
    return case.door.wanted_at is not None and case.now >= case.door.wanted_at


def _renew(case: Case[Tick]) -> Step:
    door = case.door
    left = min(door.wanted_until - case.now, LEASE_SECONDS)
    on = case.now + LEASE_SECONDS - RENEW_BEFORE if door.wanted_until > case.now + LEASE_SECONDS else None
    effects = (Release(door.lease or "", left, door.cause),) if left > 0 else ()
    return replace(door, wanted_at=on), effects


def _is_time_to_push(case: Case[Tick]) -> bool:
    return case.door.push_at is not None and case.now >= case.door.push_at


def _push_now(case: Case[Tick]) -> Step:
    return replace(case.door, push_at=None), (Push(PUSH_SECONDS),)


_LEAF, _LOCK = Region.LEAF, Region.LOCK
_AJAR = (Phase.OPEN, Phase.FOUND, Phase.REMINDED)
_STANDING = (*_AJAR, Phase.HELD)
_ANY = (Phase.LOCKED, Phase.RELEASED)
_LOCKED, _RELEASED = Phase.LOCKED, Phase.RELEASED

ROWS = (
    Row(_LEAF, (Phase.SHUT,), Opened, Phase.OPEN, _open, _is_allowed),
    Row(_LEAF, (Phase.SHUT,), Opened, Phase.OPEN, _force, always),
    Row(_LEAF, (Phase.SHUT,), Found, Phase.OPEN, _open, _is_found_used),
    Row(_LEAF, (Phase.SHUT,), Found, Phase.FOUND, _find_open, _is_found_open),
    Row(_LEAF, _STANDING, Shut, Phase.SHUT, _shut, always),
    Row(_LEAF, _STANDING, Found, Phase.SHUT, _shut, _is_found_shut),
    Row(_LEAF, _AJAR, Released, Phase.OPEN, _wait_anew, _is_a_grant),
    Row(_LEAF, _AJAR, Tick, Phase.HELD, _stand_unlocked, _holds_found),
    Row(_LEAF, _AJAR, Tick, Phase.HELD, _hold_open, _holds),
    Row(_LEAF, (Phase.OPEN, Phase.FOUND), Tick, Phase.REMINDED, _remind, _reminds),
    Row(_LOCK, _ANY, Asked, None, _deny, _may_not),
    Row(_LOCK, _ANY, Asked, None, _ask_lock, always),
    Row(_LOCK, _ANY, Exit, None, _let_out, always),
    Row(_LOCK, _ANY, Released, None, _undo, _comes_too_late),
    Row(_LOCK, (_LOCKED,), Released, _RELEASED, _release, _is_for_one),
    Row(_LOCK, (_RELEASED,), Released, _RELEASED, _prolong, _is_the_same),
    Row(_LOCK, (_RELEASED,), Released, _RELEASED, _keep_longer, _ends_sooner),
    Row(_LOCK, (_RELEASED,), Released, _RELEASED, _change_lease, _is_for_one),
    Row(_LOCK, (_RELEASED,), ReleaseRefused, _LOCKED, _lose, _is_the_same),
    Row(_LOCK, _ANY, ReleaseRefused, None, _miss, _is_for_one),
    Row(_LOCK, (_RELEASED,), Opened, _LOCKED, _end, _ends_on_opening),
    Row(_LOCK, (_RELEASED,), Found, _LOCKED, _end, _ends_on_opening),
    Row(_LOCK, (_RELEASED,), Shut, _LOCKED, _end_shut, _ends_on_shutting),
    Row(_LOCK, (_RELEASED,), Armed, _LOCKED, _shut_out, _shuts_out_by_alarm),
    Row(_LOCK, (_RELEASED,), Armed, _RELEASED, _let_run_out, _spares),
    Row(_LOCK, (_RELEASED,), LockNow, _LOCKED, _shut_out, _shuts_out),
    Row(_LOCK, (_RELEASED,), LockNow, _RELEASED, _let_run_out, always),
    Row(_LOCK, (_RELEASED,), Tick, _LOCKED, _run_out, _is_run_out),
    Row(_LOCK, (_RELEASED,), Tick, _RELEASED, _push_now, _is_time_to_push),
    Row(_LOCK, (_RELEASED,), Tick, _RELEASED, _renew, _is_wanted_on),
)
"""What a passage does to a door."""
