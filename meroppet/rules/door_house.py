"""The rows of a door's table that concern the house: intruder alarm, fire, hours, and a door that stands free."""

from dataclasses import replace

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.door_table import Case, Phase, Region, Row, always
from meroppet.rules.door_vocabulary import (
    LEASE_SECONDS,
    RENEW_BEFORE,
    Alarm,
    Armed,
    Door,
    Effect,
    EndLease,
    Fire,
    Hours,
    Keep,
    Latch,
    LockNow,
    Lower,
    Raise,
    Released,
    ReleaseRefused,
    ResetFire,
    Step,
    Tick,
)
from meroppet.rules.entry_vocabulary import Record, Release
from meroppet.rules.events import (
    BranchChanged,
    DoorReleased,
    ReleaseFailed,
)
from meroppet.rules.house_events import (
    AlarmArmed,
    AlarmDisarmed,
    FireBegan,
    FireEnded,
    FireReset,
    HoldEnded,
)
from meroppet.rules.policy import Policy, StaffedDoor


def is_barred(door: Door) -> bool:
    """Whether nobody may be let in: the intruder alarm is armed, or nobody says that it is not."""
    return door.armed is not False


# Intruder alarm


def _is_on(case: Case[Armed]) -> bool:
    return case.said.is_on is True


def _is_off(case: Case[Armed]) -> bool:
    return case.said.is_on is False


def _is_unsaid(case: Case[Armed]) -> bool:
    return case.said.is_on is None


def _arm(case: Case[Armed]) -> Step:
    return replace(case.door, armed=True), (Record(AlarmArmed()),)


def _disarm(case: Case[Armed]) -> Step:
    return replace(case.door, armed=False), (Record(AlarmDisarmed()),)


def _lose_alarm(case: Case[Armed]) -> Step:
    return replace(case.door, armed=None), ()


# Fire


def _burns(case: Case[Fire]) -> bool:
    return case.said.is_on


def _is_silent(case: Case[Fire]) -> bool:
    return not case.said.is_on


def _catch_fire(case: Case[Fire]) -> Step:
    door, release = _fire_release(replace(case.door, fire=True, burning=True), case.now)
    told = () if case.door.burning else (Record(FireBegan()), Raise(Alarm.FIRE), Keep(Latch.FIRE, is_on=True))
    return door, (*release, *told)


def _fire_release(door: Door, now: float) -> tuple[Door, tuple[Effect, ...]]:
    if not door.fitted.fire_releases or door.fire_renew_at is not None:
        return door, ()
    return replace(door, fire_renew_at=now + RENEW_BEFORE, fire_until=now), (_fire_lease(door),)


def _fire_lease(door: Door) -> Release:
    return Release(door.fitted.fire_lease, LEASE_SECONDS, "fire")


def _fall_silent(case: Case[Fire]) -> Step:
    # A line that chatters is one fire, and one end of it.
    told = () if case.door.fire_ended_told else (Record(FireEnded()),)
    return replace(case.door, fire=False, fire_ended_told=True), told


def _reset(case: Case[ResetFire]) -> Step:
    door = case.door
    calm = replace(door, burning=False, fire_ended_told=False, fire_renew_at=None, fire_until=None)
    told: tuple[Effect, ...] = (Record(FireReset(case.said.by)), Lower(Alarm.FIRE), Keep(Latch.FIRE, is_on=False))
    if door.fire_renew_at is None:
        return calm, told
    return _just_let_through(calm, case.now), (EndLease(door.fitted.fire_lease), *told)


def _renews_fire(case: Case[Tick]) -> bool:
    return case.door.fire_renew_at is not None and case.now >= case.door.fire_renew_at


def _renew_fire(case: Case[Tick]) -> Step:
    return replace(case.door, fire_renew_at=case.now + RENEW_BEFORE), (_fire_lease(case.door),)


def _is_of_fire(case: Case[Released | ReleaseRefused]) -> bool:
    return case.said.lease == case.door.fitted.fire_lease


def _keep_fire_open(case: Case[Released]) -> Step:
    door, said = case.door, case.said
    if door.fire_renew_at is None:
        # Asked for before the reset, answered after.
        return door, (EndLease(said.lease),)
    is_new = door.fire_until is None or door.fire_until <= case.now
    told = (Record(DoorReleased(said.lease, said.cause, door.fitted.lock)),) if is_new else ()
    return replace(door, fire_until=said.until), told


def _late_for_fire(case: Case[Released]) -> Step:
    return case.door, (EndLease(case.said.lease),)


def _miss_fire(case: Case[ReleaseRefused]) -> Step:
    door, said = case.door, case.said
    told = (Record(ReleaseFailed(said.lease, said.cause, door.fitted.lock)),) if door.fire_until is not None else ()
    return replace(door, fire_until=None), told


# Hours


def _is_another(case: Case[Hours]) -> bool:
    return case.said.state is not case.door.branch


def _change_state(case: Case[Hours]) -> Step:
    state = case.said.state
    told = () if state is None else (Record(BranchChanged(state.value)),)
    return replace(case.door, branch=state), told


# A door that stands free


def _may_begin(case: Case[Hours]) -> bool:
    return case.said.free and not is_barred(case.door) and not case.door.burning


def _is_not_free(case: Case[Hours]) -> bool:
    return not case.said.free


def _begin_hold(case: Case[Hours]) -> Step:
    return replace(case.door, renew_at=case.now + RENEW_BEFORE), (_hold_lease(case.door),)


def _hold_lease(door: Door) -> Release:
    return Release(door.fitted.hold_lease, LEASE_SECONDS, "event" if door.branch is BranchState.EVENT else "staffed")


def _end_by_hours(case: Case[Hours] | Case[Tick]) -> Step:
    return _end_hold(case.door, case.now, "hours")


def _end_by_order(case: Case[LockNow]) -> Step:
    return _end_hold(case.door, case.now, "locked_down")


def _end_by_fire(case: Case[Fire]) -> Step:
    return _end_hold(case.door, case.now, "fire")


def _end_by_alarm(case: Case[Armed]) -> Step:
    return _end_hold(case.door, case.now, "armed")


def _end_hold(door: Door, now: float, why: str) -> Step:
    ended, end = replace(door, renew_at=None, hold_until=None), EndLease(door.fitted.hold_lease)
    if door.hold_until is None:
        return ended, (end,)
    return _just_let_through(ended, now), (end, Record(HoldEnded(why, door.fitted.lock)))


def _just_let_through(door: Door, now: float) -> Door:
    # Whoever is in the doorway just then forces nothing.
    return replace(door, leaving_until=max(door.leaving_until or now, now))


def _is_due(case: Case[Tick]) -> bool:
    return case.door.renew_at is not None and case.now >= case.door.renew_at


def _is_over(case: Case[Tick]) -> bool:
    # Nobody has said so yet, but a policy that went away or changed ends a hold as the hours do.
    return _is_due(case) and not _may_stand_free(case.door, case.policy)


def _may_stand_free(door: Door, policy: Policy | None) -> bool:
    if policy is None:
        return False
    state = door.branch
    if door.fitted.night:
        return state in OPEN
    return state is BranchState.EVENT or (state is BranchState.STAFFED and policy.staffed_door is StaffedDoor.FREE)


def _renew_hold(case: Case[Tick]) -> Step:
    return replace(case.door, renew_at=case.now + RENEW_BEFORE), (_hold_lease(case.door),)


def _is_of_hold(case: Case[Released | ReleaseRefused]) -> bool:
    return case.said.lease == case.door.fitted.hold_lease


def _stand_free(case: Case[Released]) -> Step:
    # A hold is renewed every few seconds; only its beginning is news.
    told = () if case.door.hold_until is not None else (_told_released(case),)
    return replace(case.door, hold_until=case.said.until), told


def _late_for_hold(case: Case[Released]) -> Step:
    # Asked for before the hold ended, answered after.
    return case.door, (EndLease(case.said.lease), _told_released(case))


def _told_released(case: Case[Released]) -> Record:
    return Record(DoorReleased(case.said.lease, case.said.cause, case.door.fitted.lock))


def _lose_hold(case: Case[ReleaseRefused]) -> Step:
    # Asked again every few seconds; only the end of a hold is news.
    told = Record(ReleaseFailed(case.said.lease, case.said.cause, case.door.fitted.lock))
    return replace(case.door, hold_until=None), (told,)


def _bars(case: Case[Armed]) -> bool:
    return is_barred(case.door)


_HELD = (Phase.WANTED, Phase.FREE)
_A, _F, _H = Region.ALARM, Region.FIRE, Region.HOLD
_CALM, _BURNING, _LATCHED = Phase.CALM, Phase.BURNING, Phase.LATCHED

ROWS = (
    Row(_A, (Phase.DISARMED, Phase.UNSAID), Armed, Phase.ARMED, _arm, _is_on),
    Row(_A, (Phase.ARMED, Phase.UNSAID), Armed, Phase.DISARMED, _disarm, _is_off),
    Row(_A, (Phase.ARMED, Phase.DISARMED), Armed, Phase.UNSAID, _lose_alarm, _is_unsaid),
    Row(_F, (_CALM, _LATCHED), Fire, _BURNING, _catch_fire, _burns),
    Row(_F, (_BURNING,), Fire, _LATCHED, _fall_silent, _is_silent),
    Row(_F, (_LATCHED,), ResetFire, _CALM, _reset, always),
    Row(_F, (_BURNING, _LATCHED), Tick, None, _renew_fire, _renews_fire),
    Row(_F, (_BURNING, _LATCHED), Released, None, _keep_fire_open, _is_of_fire),
    Row(_F, (_CALM,), Released, None, _late_for_fire, _is_of_fire),
    Row(_F, (_BURNING, _LATCHED), ReleaseRefused, None, _miss_fire, _is_of_fire),
    Row(Region.HOURS, (Phase.ANY,), Hours, None, _change_state, _is_another),
    Row(_H, (Phase.OFF,), Hours, Phase.WANTED, _begin_hold, _may_begin),
    Row(_H, _HELD, Hours, Phase.OFF, _end_by_hours, _is_not_free),
    Row(_H, _HELD, LockNow, Phase.OFF, _end_by_order, always),
    Row(_H, _HELD, Fire, Phase.OFF, _end_by_fire, _burns),
    Row(_H, _HELD, Armed, Phase.OFF, _end_by_alarm, _bars),
    Row(_H, _HELD, Tick, Phase.OFF, _end_by_hours, _is_over),
    Row(_H, _HELD, Tick, None, _renew_hold, _is_due),
    Row(_H, _HELD, Released, Phase.FREE, _stand_free, _is_of_hold),
    Row(_H, (Phase.OFF,), Released, None, _late_for_hold, _is_of_hold),
    Row(_H, (Phase.FREE,), ReleaseRefused, Phase.WANTED, _lose_hold, _is_of_hold),
)
"""What the house does to a door."""
