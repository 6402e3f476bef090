"""Alarm, fire and holds at a door: nobody in while it is armed, everybody out always, a fire until a person says."""

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.door import (
    Alarm,
    Armed,
    Asked,
    Door,
    EndLease,
    Exit,
    Fire,
    Fitted,
    Hours,
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
    Shut,
    Signal,
    Sound,
    Tick,
    begin,
    due,
    step,
)
from meroppet.rules.entry import Record, Release
from meroppet.rules.events import BranchChanged, DoorOpened, DoorReleased, DoorShut, ExitPressed, ReleaseFailed
from meroppet.rules.house_events import (
    AlarmArmed,
    AlarmDisarmed,
    DoorHeldSoon,
    FireBegan,
    FireEnded,
    FireReset,
    HoldEnded,
)
from meroppet.rules.policy import Policy, StaffedDoor

FREE = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)
ENTERED = Door(lease="t1", until=15.0, cause="granted")
HELD = Door(hold_until=20.0, renew_at=15.0, branch=BranchState.STAFFED)
RELEASES = Fitted(fire_releases=True)
FIRE = Release("fire", 10.0, "fire")


# The intruder alarm


def test_a_door_whose_alarm_says_nothing_lets_nobody_in() -> None:
    wired = begin(Fitted(alarm=True))

    assert step(wired, Asked("t1", 5.0, "granted"), FREE, 1.0)[1] == (
        Record(ReleaseFailed("t1", "granted", "main", "armed")),
    )
    off, effects = step(wired, Armed(is_on=False), FREE, 2.0)
    assert effects == (Record(AlarmDisarmed()),)
    assert step(off, Asked("t1", 5.0, "granted"), FREE, 3.0)[1] == (Release("t1", 5.0, "granted"),)
    assert step(off, Armed(None), FREE, 3.0) == (wired, ())
    assert begin(Fitted()).armed is False


def test_who_leaves_is_let_out_while_the_alarm_is_armed() -> None:
    armed, effects = step(Door(), Armed(is_on=True), FREE, 1.0)
    assert effects == (Record(AlarmArmed()),)
    assert step(armed, Armed(is_on=True), FREE, 1.0) == (armed, ())

    leaving, effects = step(armed, Exit("e1"), FREE, 2.0)
    assert effects == (Release("e1", 5.0, "exit"), Record(ExitPressed()))
    out, effects = step(leaving, Released("e1", "exit", 7.0), FREE, 2.0)
    assert (out.lease, effects) == ("e1", (Record(DoorReleased("e1", "exit")),))


def test_arming_ends_what_lets_somebody_in_and_what_stands_free() -> None:
    door, effects = step(ENTERED, Armed(is_on=True), FREE, 11.0)
    assert (door.lease, effects) == (None, (EndLease("t1"), Record(AlarmArmed())))
    assert Record(DoorOpened()) in step(door, Opened(), FREE, 11.5)[1], "who was in the doorway forced nothing"

    door, effects = step(HELD, Armed(is_on=True), FREE, 11.0)
    assert (door.renew_at, effects) == (None, (EndLease("hold"), Record(AlarmArmed()), Record(HoldEnded("armed"))))
    assert step(door, Hours(BranchState.STAFFED, free=True), FREE, 12.0) == (door, ())


def test_arming_spares_whoever_asked_to_leave() -> None:
    for leaving in (
        Door(lease="e1", until=15.0, cause="exit"),
        Door(lease="t1", until=15.0, cause="granted", leaving_until=15.0, wanted="t1", wanted_at=12.0),
    ):
        door, effects = step(leaving, Armed(is_on=True), FREE, 11.0)
        assert (door.lease, door.wanted_at, effects) == (leaving.lease, None, (Record(AlarmArmed()),))


def test_a_release_that_comes_after_arming_is_undone() -> None:
    armed, _ = step(Door(), Armed(is_on=True), FREE, 1.0)
    door, effects = step(armed, Released("t1", "granted", 6.0), FREE, 1.1)
    assert (door, effects) == (armed, (EndLease("t1"), Record(DoorReleased("t1", "granted"))))


def test_closing_at_once_ends_entries_and_holds_but_no_way_out() -> None:
    assert step(ENTERED, LockNow(), FREE, 11.0)[1] == (EndLease("t1"),)
    assert step(HELD, LockNow(), FREE, 11.0)[1] == (EndLease("hold"), Record(HoldEnded("locked_down")))
    leaving = Door(lease="e1", until=15.0, cause="exit")
    assert step(leaving, LockNow(), FREE, 11.0) == (leaving, ())
    asked, _ = step(Door(), Hours(BranchState.STAFFED, free=True), FREE, 10.0)
    assert step(asked, LockNow(), FREE, 10.0)[1] == (EndLease("hold"),), "a hold nobody confirmed is no news"


# Fire


def test_a_fire_lasts_until_a_person_resets_it_after_it_has_fallen_silent() -> None:
    burning, effects = step(Door(), Fire(is_on=True), FREE, 1.0)
    assert effects == (Record(FireBegan()), Raise(Alarm.FIRE), Keep(Latch.FIRE, is_on=True))
    assert step(burning, ResetFire("order"), FREE, 2.0) == (burning, ())

    silent, effects = step(burning, Fire(is_on=False), FREE, 3.0)
    assert (silent.burning, effects) == (True, (Record(FireEnded()),))
    chatter, effects = step(silent, Fire(is_on=True), FREE, 3.1)
    assert effects == ()
    chatter, effects = step(chatter, Fire(is_on=False), FREE, 3.2)
    assert effects == ()

    calm, effects = step(chatter, ResetFire("order"), FREE, 4.0)
    assert (calm, effects) == (
        Door(),
        (Record(FireReset("order")), Lower(Alarm.FIRE), Keep(Latch.FIRE, is_on=False)),
    )
    assert step(calm, Fire(is_on=False), FREE, 5.0) == (calm, ())


def test_a_fire_ends_what_stands_free_and_nothing_stands_free_until_it_is_reset() -> None:
    door, effects = step(HELD, Fire(is_on=True), FREE, 11.0)
    assert effects[0] == EndLease("hold")
    assert Record(HoldEnded("fire")) in effects
    assert step(door, Hours(BranchState.STAFFED, free=True), FREE, 12.0) == (door, ())


def test_nobody_who_runs_out_of_a_fire_forces_or_holds_a_door() -> None:
    burning = Door(burning=True, fire=True)
    out, effects = step(burning, Opened(), FREE, 5.0)
    assert effects == (Record(DoorOpened()),)
    assert due(out, FREE) is None
    assert step(out, Tick(), FREE, 500.0) == (out, ())


def test_a_fire_releases_the_lock_where_the_installer_chose_so_and_before_it_is_told() -> None:
    burning, effects = step(begin(RELEASES), Fire(is_on=True), FREE, 1.0)
    assert effects[0] == FIRE
    open_, effects = step(burning, Released("fire", "fire", 11.0), FREE, 1.0)
    assert effects == (Record(DoorReleased("fire", "fire")),)
    assert due(open_, FREE) == 6.0
    renewed, effects = step(open_, Tick(), FREE, 6.0)
    assert effects == (FIRE,)
    assert step(renewed, Released("fire", "fire", 16.0), FREE, 6.0)[1] == ()

    silent, _ = step(renewed, Fire(is_on=False), FREE, 7.0)
    assert step(silent, Tick(), FREE, 11.0)[1] == (FIRE,), "it stays released until a person resets it"
    calm, effects = step(silent, ResetFire("input"), FREE, 12.0)
    assert effects[0] == EndLease("fire")
    assert (calm.fire_renew_at, calm.leaving_until) == (None, 12.0)
    assert step(calm, Released("fire", "fire", 22.0), FREE, 12.0)[1] == (EndLease("fire"),)


def test_a_lock_that_does_not_answer_in_a_fire_is_told_once_and_asked_again() -> None:
    burning, _ = step(begin(RELEASES), Fire(is_on=True), FREE, 1.0)
    failed, effects = step(burning, ReleaseRefused("fire", "fire"), FREE, 1.0)
    assert effects == (Record(ReleaseFailed("fire", "fire")),)
    again, effects = step(failed, Tick(), FREE, 6.0)
    assert effects == (FIRE,)
    assert step(again, ReleaseRefused("fire", "fire"), FREE, 6.0) == (again, ())


def test_a_fire_that_stood_at_the_start_releases_nothing_until_the_alarm_says_so_itself() -> None:
    door = begin(RELEASES, frozenset({Latch.FIRE}))
    assert (door.burning, due(door, FREE)) == (True, None)
    assert step(door, Tick(), FREE, 60.0) == (door, ())
    assert step(door, Released("fire", "fire", 70.0), FREE, 60.0)[1] == (EndLease("fire"),)
    assert step(door, Fire(is_on=True), FREE, 61.0)[1] == (FIRE,)
    reset, effects = step(door, ResetFire("order"), FREE, 62.0)
    assert not reset.burning
    assert Keep(Latch.FIRE, is_on=False) in effects


# Locks of other kinds, and those who need longer


def test_a_motor_lock_has_time_to_draw_its_bolt_and_is_locked_when_the_leaf_shuts() -> None:
    motor = Door(fitted=Fitted(kind=LockKind.MOTOR, motor_seconds=2.0))
    asked, effects = step(motor, Asked("t1", 5.0, "granted"), FREE, 10.0)
    assert effects == (Release("t1", 7.0, "granted"),)
    released, _ = step(asked, Released("t1", "granted", 17.0), FREE, 10.0)
    opened, effects = step(released, Opened(), FREE, 13.0)
    assert (opened.lease, effects) == ("t1", (Record(DoorOpened()),))
    shut, effects = step(opened, Shut(), FREE, 15.0)
    assert (shut.lease, effects) == (None, (EndLease("t1"), Record(DoorShut())))
    assert step(motor, Exit("e1"), FREE, 10.0)[1][0] == Release("e1", 7.0, "exit")


@pytest.mark.parametrize(
    ("opener", "extended", "pushes"),
    [
        (Opener.NONE, True, False),
        (Opener.ALL, False, True),
        (Opener.EXTENDED, False, False),
        (Opener.EXTENDED, True, True),
    ],
)
def test_an_opener_pushes_for_whom_it_is_there(opener: Opener, extended: bool, pushes: bool) -> None:
    door = Door(fitted=Fitted(opener=opener))
    asked, _ = step(door, Asked("t1", 5.0, "granted", extended), FREE, 10.0)
    _, effects = step(asked, Released("t1", "granted", 15.0), FREE, 10.0)
    assert (Push(1.0) in effects) is pushes


def test_an_opener_waits_for_the_bolt_and_never_pushes_an_open_leaf() -> None:
    fitted = Fitted(kind=LockKind.MOTOR, motor_seconds=2.0, opener=Opener.ALL)
    released, effects = step(Door(fitted=fitted), Released("t1", "granted", 17.0), FREE, 10.0)
    assert (due(released, FREE), effects) == (12.0, (Record(DoorReleased("t1", "granted")),))
    assert step(released, Tick(), FREE, 12.0)[1] == (Push(1.0),)
    ajar = Door(opened_at=9.0, waits_from=9.0, fitted=fitted)
    assert step(ajar, Released("t1", "granted", 17.0), FREE, 10.0)[0].push_at is None


def test_who_needs_longer_has_lease_after_lease_and_more_patience() -> None:
    asked, effects = step(Door(), Asked("t1", 23.0, "granted", extended=True), FREE, 10.0)
    assert effects == (Release("t1", 10.0, "granted"),)
    door, _ = step(asked, Released("t1", "granted", 20.0), FREE, 10.0)
    told: list[object] = []
    for now, lasts in ((15.0, 10.0), (20.0, 10.0), (25.0, 8.0)):
        assert due(door, FREE) == now
        door, effects = step(door, Tick(), FREE, now)
        assert effects == (Release("t1", lasts, "granted"),)
        door, more = step(door, Released("t1", "granted", now + lasts), FREE, now)
        told += more
    assert (told, due(door, FREE)) == ([], 34.0), "a renewal is no news, and after the last it runs out"
    assert step(door, Tick(), FREE, 34.0)[0].lease is None

    opened, _ = step(door, Opened(), FREE, 30.0)
    assert due(opened, FREE) == 30.0 + 50.0
    assert step(opened, Asked("t2", 5.0, "granted"), FREE, 31.0)[0].extended


def test_a_renewal_that_comes_too_late_asks_for_nothing() -> None:
    late = Door(lease="t1", until=40.0, cause="granted", wanted="t1", wanted_until=33.0, wanted_at=25.0)
    assert step(late, Tick(), FREE, 34.0)[1] == ()


def test_those_at_an_open_leaf_are_reminded_and_a_new_grant_begins_the_time_anew() -> None:
    ajar = Door(opened_at=10.0, waits_from=10.0)
    reminded, effects = step(ajar, Tick(), FREE, 30.0)
    assert effects == (Record(DoorHeldSoon(20.0)), Sound(Signal.HELD_SOON))
    assert due(reminded, FREE) == 40.0

    granted, effects = step(reminded, Released("t2", "granted", 37.0), FREE, 32.0)
    assert effects == (Sound(Signal.SILENCE), Record(DoorReleased("t2", "granted")))
    assert (granted.waits_from, granted.reminded) == (32.0, False)
    assert step(ajar, Released("t2", "granted", 37.0), FREE, 32.0)[1] == (Record(DoorReleased("t2", "granted")),)
    assert step(granted, Released("t2", "granted", 42.0), FREE, 37.0)[0].waits_from == 32.0


def test_a_forced_leaf_that_shuts_again_ends_the_cause_of_its_alarm() -> None:
    forced, effects = step(Door(), Opened(), FREE, 10.0)
    assert Raise(Alarm.FORCED) in effects
    assert step(forced, Shut(), FREE, 12.0)[1] == (Record(DoorShut()), Lower(Alarm.FORCED))
    assert step(Door(), Shut(), FREE, 12.0) == (Door(), ())


def test_a_night_lock_stands_free_while_the_branch_is_open() -> None:
    night = Door(fitted=Fitted(lock="night", kind=LockKind.MOTOR, night=True))
    held, effects = step(night, Hours(BranchState.SELF_SERVICE, free=True), FREE, 10.0)
    assert effects == (Record(BranchChanged("self_service")), Release("hold-night", 10.0, "staffed"))
    assert step(held, Tick(), FREE, 15.0)[1] == (Release("hold-night", 10.0, "staffed"),)
    closed, _ = step(held, Hours(BranchState.CLOSED, free=False), FREE, 16.0)
    assert closed.renew_at is None
    assert Fitted(lock="night").fire_lease == "fire-night"
