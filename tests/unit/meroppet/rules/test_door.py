"""Strike and leaf: leases, passages, holds, and the order on the way out."""

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.door import (
    EXIT_SECONDS,
    HOLD_LEASE,
    HOLD_LEASE_SECONDS,
    HOLD_RENEW_SECONDS,
    Door,
    EndLease,
    Exit,
    Hours,
    Opened,
    Released,
    ReleaseRefused,
    Shut,
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

CARD = Policy(minimum_age=16)
FREE = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)
LET_IN = Door(lease="t1", until=15.0)
HOLD = Release(HOLD_LEASE, HOLD_LEASE_SECONDS, "staffed")


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
        (LET_IN, 16.1, DoorForced()),
        (Door(), 10.0, DoorForced()),
        (Door(hold_until=15.0), 15.9, DoorOpened()),
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
    door, effects = step(Door(), Hours(BranchState.STAFFED), FREE, 10.0)
    assert effects == (Record(BranchChanged("staffed")), HOLD)
    assert due(door, FREE) == 10.0 + HOLD_RENEW_SECONDS

    door, effects = step(door, Released(HOLD_LEASE, "staffed", 20.0), FREE, 10.0)
    assert effects == (Record(DoorReleased(HOLD_LEASE, "staffed")),)
    door, effects = step(door, Tick(), FREE, 15.0)
    assert effects == (HOLD,)
    assert step(door, Released(HOLD_LEASE, "staffed", 25.0), FREE, 15.0)[1] == ()

    door, effects = step(door, Hours(BranchState.SELF_SERVICE), FREE, 16.0)
    assert effects == (EndLease(HOLD_LEASE), Record(BranchChanged("self_service")))
    assert door.hold_until is None


def test_a_hold_begins_and_ends_with_the_policy_too() -> None:
    staffed = Door(branch=BranchState.STAFFED)

    held, effects = step(staffed, Hours(BranchState.STAFFED), FREE, 10.0)
    assert effects == (HOLD,)
    _, effects = step(held, Hours(BranchState.STAFFED), CARD, 11.0)
    assert effects == (EndLease(HOLD_LEASE),)


def test_not_knowing_the_hour_ends_a_hold() -> None:
    held, _ = step(Door(branch=BranchState.STAFFED), Hours(BranchState.STAFFED), FREE, 10.0)

    door, effects = step(held, Hours(None), None, 11.0)

    assert effects == (EndLease(HOLD_LEASE),)
    assert due(door, None) is None


def test_somebody_leaving_does_not_end_a_hold() -> None:
    held = Door(hold_until=20.0, renew_at=15.0, branch=BranchState.STAFFED, lease="e1", until=15.0)

    door, effects = step(held, Opened(), FREE, 12.0)

    assert effects == (EndLease("e1"), Record(DoorOpened()))
    assert door.hold_until == 20.0


def test_a_leaf_left_open_is_told_once() -> None:
    door = Door(opened_at=10.0)
    assert due(door, CARD) == 40.0

    door, effects = step(door, Tick(), CARD, 40.0)
    assert effects == (Record(DoorHeld(30.0)),)
    assert step(door, Tick(), CARD, 80.0)[1] == ()


def test_the_same_hours_say_nothing() -> None:
    assert step(Door(branch=BranchState.CLOSED), Hours(BranchState.CLOSED), CARD, 1.0)[1] == ()
