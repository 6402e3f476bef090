"""Strike and leaf: leases, passages, holds, and the order on the way out."""

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.door import (
    EXIT_SECONDS,
    LEASE_SECONDS,
    RENEW_BEFORE,
    Alarm,
    Door,
    EndLease,
    Exit,
    Found,
    Hours,
    Lower,
    Opened,
    Raise,
    Released,
    ReleaseRefused,
    Shut,
    Signal,
    Sound,
    Tick,
    due,
    step,
)
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
from meroppet.rules.house_events import DoorOpenLocked, HoldEnded

CARD = Policy(minimum_age=16, pre_alarm_seconds=0.0)
FREE = Policy(minimum_age=16, pre_alarm_seconds=0.0, staffed_door=StaffedDoor.FREE)
LET_IN = Door(lease="t1", until=15.0, cause="granted")
HOLD = Release("hold", LEASE_SECONDS, "staffed")


def test_on_the_way_out_the_strike_comes_first() -> None:
    for policy in (None, CARD):
        door, effects = step(Door(), Exit("e1"), policy, 10.0)

        assert door == Door(leaving_until=10.0 + EXIT_SECONDS)
        assert effects == (Release("e1", EXIT_SECONDS, "exit"), Record(ExitPressed()))


def test_a_release_is_one_passage() -> None:
    door, effects = step(Door(), Released("t1", "granted", 15.0), CARD, 10.0)
    assert (door, effects) == (LET_IN, (Record(DoorReleased("t1", "granted")),))

    door, effects = step(door, Opened(), CARD, 12.0)
    assert effects == (EndLease("t1"), Record(DoorOpened()))
    assert door.lease is None

    door, effects = step(door, Shut(), CARD, 14.0)
    assert (door.opened_at, effects) == (None, (Record(DoorShut()),))


@pytest.mark.parametrize(
    ("door", "now", "event"),
    [
        (LET_IN, 15.9, DoorOpened()),
        (LET_IN, 16.0, DoorForced()),
        (Door(), 10.0, DoorForced()),
        (Door(hold_until=15.0), 16.0, DoorOpened()),
        (Door(hold_until=15.0), 16.1, DoorForced()),
    ],
)
def test_a_leaf_that_opens_without_a_release_is_forced(door: Door, now: float, event: DoorOpened | DoorForced) -> None:
    _, effects = step(door, Opened(), CARD, now)

    assert Record(event) in effects


def test_a_release_that_failed_is_told_and_lets_nobody_pass() -> None:
    door, effects = step(LET_IN, ReleaseRefused("t1", "granted"), CARD, 10.0)

    assert door.lease is None
    assert effects == (Record(ReleaseFailed("t1", "granted")),)


def test_a_free_door_is_held_while_staff_are_there_and_locked_after() -> None:
    door, effects = step(Door(), Hours(BranchState.STAFFED, free=True), FREE, 10.0)
    assert effects == (Record(BranchChanged("staffed")), HOLD)
    assert due(door, FREE) == 10.0 + RENEW_BEFORE

    door, effects = step(door, Released("hold", "staffed", 20.0), FREE, 10.0)
    assert effects == (Record(DoorReleased("hold", "staffed")),)
    door, effects = step(door, Tick(), FREE, 15.0)
    assert effects == (HOLD,)
    assert step(door, Released("hold", "staffed", 25.0), FREE, 15.0)[1] == ()

    door, effects = step(door, Hours(BranchState.SELF_SERVICE), FREE, 16.0)
    assert effects == (EndLease("hold"), Record(BranchChanged("self_service")), Record(HoldEnded("hours")))
    assert door.hold_until is None


def test_a_hold_begins_and_ends_with_the_policy_too() -> None:
    staffed = Door(branch=BranchState.STAFFED)

    held, effects = step(staffed, Hours(BranchState.STAFFED, free=True), FREE, 10.0)
    assert effects == (HOLD,)
    _, effects = step(held, Hours(BranchState.STAFFED), CARD, 11.0)
    assert effects == (EndLease("hold"),)


def test_not_knowing_the_hour_ends_a_hold() -> None:
    held, _ = step(Door(branch=BranchState.STAFFED), Hours(BranchState.STAFFED, free=True), FREE, 10.0)

    door, effects = step(held, Hours(None), None, 11.0)

    assert effects == (EndLease("hold"),)
    assert due(door, None) is None


def test_somebody_leaving_does_not_end_a_hold() -> None:
    held = Door(hold_until=20.0, renew_at=15.0, branch=BranchState.STAFFED, lease="e1", until=15.0)

    door, effects = step(held, Opened(), FREE, 12.0)

    assert effects == (EndLease("e1"), Record(DoorOpened()))
    assert door.hold_until == 20.0


def test_a_leaf_left_open_is_told_once() -> None:
    door = Door(opened_at=10.0, waits_from=10.0)
    assert due(door, CARD) == 40.0

    door, effects = step(door, Tick(), CARD, 40.0)
    assert effects == (Record(DoorHeld(30.0)), Raise(Alarm.HELD), Sound(Signal.HELD))
    assert step(door, Tick(), CARD, 80.0)[1] == ()


def test_the_same_hours_say_nothing() -> None:
    assert step(Door(branch=BranchState.CLOSED), Hours(BranchState.CLOSED), CARD, 1.0)[1] == ()


def test_of_two_leases_the_longer_is_kept_and_the_passage_ends_it() -> None:
    granted, _ = step(Door(), Released("t1", "granted", 20.0), CARD, 10.0)
    told = Record(DoorReleased("e1", "exit"))

    assert step(granted, Released("e1", "exit", 16.0), CARD, 11.0) == (granted, (EndLease("e1"), told))
    longer, effects = step(granted, Released("e1", "exit", 20.0), CARD, 11.0)
    assert (longer, effects) == (Door(lease="e1", until=20.0, cause="exit"), (EndLease("t1"), told))
    assert step(longer, Opened(), CARD, 12.0)[1] == (EndLease("e1"), Record(DoorOpened()))
    assert step(granted, Released("t1", "granted", 25.0), CARD, 11.0)[0].until == 25.0


def test_who_pressed_the_button_breaks_nothing_even_while_lockd_is_silent() -> None:
    asked, _ = step(Door(), Exit("e1"), CARD, 10.0)
    refused, effects = step(asked, ReleaseRefused("e1", "exit"), CARD, 10.1)
    assert effects == (Record(ReleaseFailed("e1", "exit")),)

    assert step(refused, Opened(), CARD, 16.0)[1] == (Record(DoorOpened()),)
    assert step(refused, Opened(), CARD, 16.1)[1] == (Record(DoorForced()), Raise(Alarm.FORCED))
    gone, _ = step(refused, Opened(), CARD, 11.0)
    again, _ = step(gone, Shut(), CARD, 12.0)
    assert step(again, Opened(), CARD, 13.0)[1] == (Record(DoorForced()), Raise(Alarm.FORCED))


def test_a_refusal_of_another_lease_leaves_the_one_that_lives() -> None:
    assert step(LET_IN, ReleaseRefused("t2", "granted"), CARD, 11.0)[0] == LET_IN


def test_an_open_leaf_cannot_open() -> None:
    open_since = Door(opened_at=10.0, waits_from=10.0, lease="e1", until=15.0)

    assert step(open_since, Opened(), CARD, 12.0) == (open_since, ())


@pytest.mark.parametrize("door", [Door(), Door(lease="t1", until=8.0), Door(hold_until=8.0)])
def test_a_leaf_that_is_found_open_alarms_nobody_and_is_watched(door: Door) -> None:
    found, effects = step(door, Found(is_open=True), CARD, 10.0)

    assert effects == ()
    assert due(found, CARD) == 40.0
    assert step(found, Tick(), CARD, 40.0)[1] == (Record(DoorOpenLocked(30.0)), Raise(Alarm.OPEN_LOCKED))
    assert step(found, Shut(), CARD, 50.0)[1] == (Record(DoorShut()),)


def test_a_release_is_used_up_by_a_leaf_that_is_found_open() -> None:
    found, effects = step(LET_IN, Found(is_open=True), CARD, 12.0)

    assert (found.lease, effects) == (None, (EndLease("t1"), Record(DoorOpened())))


def test_a_leaf_that_is_found_as_it_was_is_no_news() -> None:
    open_since = Door(opened_at=10.0, waits_from=10.0, held_told=True)

    assert step(open_since, Found(is_open=True), CARD, 60.0) == (open_since, ())
    assert step(LET_IN, Found(is_open=False), CARD, 12.0) == (LET_IN, ())


def test_a_leaf_that_was_shut_out_of_sight_is_told_as_shut() -> None:
    door, effects = step(Door(opened_at=10.0, waits_from=10.0, held_told=True), Found(is_open=False), CARD, 60.0)

    assert door.opened_at is None
    assert effects == (Record(DoorShut()), Sound(Signal.SILENCE), Lower(Alarm.HELD))


def test_a_hold_answered_after_it_ended_is_ended_again() -> None:
    door, effects = step(Door(branch=BranchState.CLOSED), Released("hold", "staffed", 20.0), FREE, 10.0)

    assert door.hold_until is None
    assert effects == (EndLease("hold"), Record(DoorReleased("hold", "staffed")))


def test_a_hold_lockd_refuses_is_asked_for_again_and_told_once() -> None:
    held = Door(hold_until=20.0, renew_at=15.0, branch=BranchState.STAFFED)

    lost, effects = step(held, ReleaseRefused("hold", "staffed"), FREE, 15.0)
    assert (lost.hold_until, effects) == (None, (Record(ReleaseFailed("hold", "staffed")),))
    assert step(lost, ReleaseRefused("hold", "staffed"), FREE, 16.0) == (lost, ())
    assert step(lost, Tick(), FREE, 15.0)[1] == (HOLD,)


@pytest.mark.parametrize("policy", [None, CARD])
def test_a_hold_is_not_renewed_once_the_policy_is_another(policy: Policy | None) -> None:
    held = Door(hold_until=20.0, renew_at=15.0, branch=BranchState.STAFFED)

    assert step(held, Tick(), policy, 14.9) == (held, ())
    door, effects = step(held, Tick(), policy, 15.0)
    assert effects == (EndLease("hold"), Record(HoldEnded("hours")))
    assert (door.hold_until, door.renew_at) == (None, None)


def test_an_event_for_all_holds_the_door_whatever_the_policy_says_of_staffed_hours() -> None:
    door, effects = step(Door(), Hours(BranchState.EVENT, free=True), CARD, 10.0)
    hold = Release("hold", LEASE_SECONDS, "event")
    assert effects == (Record(BranchChanged("event")), hold)
    assert step(door, Tick(), CARD, 15.0)[1] == (hold,)

    _, effects = step(door, Hours(BranchState.SELF_SERVICE), CARD, 16.0)
    assert effects == (EndLease("hold"), Record(BranchChanged("self_service")))


def test_a_door_that_stands_free_from_staffed_hours_into_an_event_is_never_locked_between() -> None:
    held = Door(hold_until=20.0, renew_at=15.0, branch=BranchState.STAFFED)

    door, effects = step(held, Hours(BranchState.EVENT, free=True), FREE, 12.0)

    assert effects == (Record(BranchChanged("event")),)
    assert door.hold_until == 20.0


def test_a_door_stops_standing_free_while_its_state_stays() -> None:
    held = Door(hold_until=20.0, renew_at=15.0, branch=BranchState.STAFFED)

    assert step(held, Hours(BranchState.STAFFED), FREE, 12.0)[1] == (EndLease("hold"), Record(HoldEnded("hours")))


@pytest.mark.parametrize("state", [*BranchState, None])
@pytest.mark.parametrize("free", [True, False])
def test_the_way_out_is_open_in_every_state(state: BranchState | None, free: bool) -> None:
    door, _ = step(Door(), Hours(state, free=free), FREE, 9.0)

    _, effects = step(door, Exit("e1"), FREE, 10.0)

    assert effects == (Release("e1", EXIT_SECONDS, "exit"), Record(ExitPressed()))


@pytest.mark.parametrize("state", [BranchState.SELF_SERVICE, BranchState.CLOSED])
def test_only_staff_keep_a_door_free(state: BranchState) -> None:
    assert step(Door(), Hours(state), FREE, 10.0)[1] == (Record(BranchChanged(state.value)),)
    assert step(Door(), Hours(BranchState.STAFFED), CARD, 10.0)[1] == (Record(BranchChanged("staffed")),)


def test_a_leaf_may_stand_open_while_the_door_is_free_and_is_told_when_that_ends() -> None:
    free = Door(opened_at=10.0, waits_from=10.0, renew_at=60.0, hold_until=65.0, branch=BranchState.STAFFED)
    assert step(free, Tick(), FREE, 59.0) == (free, ())

    shut_hours, _ = step(free, Hours(BranchState.CLOSED), FREE, 61.0)

    assert due(shut_hours, FREE) == 40.0
    assert step(shut_hours, Tick(), FREE, 61.04)[1] == (Record(DoorHeld(51.0)), Raise(Alarm.HELD), Sound(Signal.HELD))
    assert due(shut_hours, None) is None
    assert step(shut_hours, Tick(), None, 999.0) == (shut_hours, ())


def test_a_leaf_that_opens_at_the_beginning_of_time_is_watched_too() -> None:
    assert due(Door(opened_at=0.0, waits_from=0.0), CARD) == 30.0
    assert step(Door(opened_at=0.0, waits_from=0.0), Tick(), CARD, 29.9)[1] == ()
    _, effects = step(Door(opened_at=0.0, waits_from=0.0), Tick(), CARD, 30.0)
    assert effects == (Record(DoorHeld(30.0)), Raise(Alarm.HELD), Sound(Signal.HELD))


def test_each_time_a_leaf_is_left_open_is_news() -> None:
    told = Door(opened_at=10.0, waits_from=10.0, held_told=True)

    shut, _ = step(told, Shut(), CARD, 60.0)
    opened, _ = step(shut, Opened(), CARD, 70.0)

    assert due(opened, CARD) == 100.0


def test_not_knowing_the_hour_is_no_change_of_hours_worth_a_row() -> None:
    known = Door(branch=BranchState.SELF_SERVICE)

    unknown, effects = step(known, Hours(None), CARD, 10.0)

    assert (unknown.branch, effects) == (None, ())
