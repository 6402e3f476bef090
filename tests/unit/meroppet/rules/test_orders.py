"""Orders of staff: answered once, before anything moves; what locks is done first, and nothing old is done at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from meroppet.rules.access import Site
from meroppet.rules.alarms import Acknowledge
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.door import EXIT_SECONDS
from meroppet.rules.door_vocabulary import Asked, LockNow, ResetFire
from meroppet.rules.entry import Record, StaffCame
from meroppet.rules.events import OrderAnswered
from meroppet.rules.orders import (
    Action,
    AtTheDoor,
    Fetch,
    Here,
    KeepStanding,
    LeaveOut,
    LetIn,
    Order,
    ReadTag,
    Standing,
    laid_over,
    look,
    take,
)
from meroppet.rules.policy import Policy

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
SOON, ENDS = NOW + timedelta(seconds=10), NOW + timedelta(hours=3)
HERE = Here(now=NOW, trust=ClockTrust.NTP, policy=Policy(minimum_age=16, release_seconds=4.0), change=7, ends=ENDS)


def order(action: str, **more: object) -> Order:
    return replace(Order(id="o1", action=action, expires=SOON), **more)  # type: ignore[arg-type]


def answered(action: str, reason: str = "") -> Record:
    return Record(OrderAnswered("o1", action, not reason, reason))


@pytest.mark.parametrize(
    ("action", "effects"),
    [
        (Action.OPEN_ONCE, (LetIn(Asked("o1", 4.0, "order")), StaffCame())),
        (Action.READ_TAG, (ReadTag("o1"),)),
        (Action.ALARM_RESET, (AtTheDoor(ResetFire("order")), Acknowledge("order"))),
        (Action.LIFT, (KeepStanding(locked_down=False),)),
    ],
)
def test_an_order_is_answered_before_anything_moves(action: Action, effects: tuple[object, ...]) -> None:
    assert take(Standing(), order(action), HERE) == (Standing(), (answered(action), *effects))


def test_a_door_without_a_policy_opens_for_an_order_for_as_long_as_for_the_button() -> None:
    _, effects = take(Standing(), order("open_once"), replace(HERE, policy=None))
    assert LetIn(Asked("o1", EXIT_SECONDS, "order")) in effects


def test_a_step_of_the_closing_is_left_out_by_name() -> None:
    _, effects = take(Standing(), order("leave_out", step="request_alarm"), HERE)
    assert effects == (answered("leave_out"), LeaveOut("request_alarm", "o1"))


@pytest.mark.parametrize("trust", ClockTrust)
def test_what_only_locks_is_done_first_and_by_a_door_without_the_hour_too(trust: ClockTrust) -> None:
    here = replace(HERE, trust=trust)

    closed, effects = take(Standing(), order("close_now"), here)
    assert (closed, effects) == (Standing(closed_until=ENDS), (AtTheDoor(LockNow()), answered("close_now")))
    down, effects = take(Standing(), order("lock_down"), here)
    assert down == Standing(locked_down=True)
    assert effects == (AtTheDoor(LockNow()), KeepStanding(locked_down=True), answered("lock_down"))


@pytest.mark.parametrize("action", Action)
def test_a_late_order_is_refused(action: Action) -> None:
    standing, effects = take(Standing(), order(action, change=1), replace(HERE, now=SOON))
    assert (standing, effects) == (Standing(), (answered(action, "expired"),))


@pytest.mark.parametrize("action", set(Action) - {Action.CLOSE_NOW, Action.LOCK_DOWN})
def test_a_door_without_the_hour_cannot_tell_whether_an_order_is_late(action: Action) -> None:
    _, effects = take(Standing(), order(action, change=1), replace(HERE, trust=ClockTrust.NONE))
    assert effects == (answered(action, "clock_untrusted"),)


@pytest.mark.parametrize(
    ("standing", "given", "here", "reason"),
    [
        (Standing(), order("open_once"), replace(HERE, armed=True), "alarm_armed"),
        (Standing(locked_down=True), order("open_once"), HERE, "locked_down"),
        (Standing(), order("alarm_reset"), replace(HERE, fire_on=True), "fire"),
        (Standing(), order("of_a_newer_server"), HERE, "not_understood"),
        (Standing(), order("extend"), HERE, "not_understood"),
    ],
)
def test_what_the_house_has_against_an_order(standing: Standing, given: Order, here: Here, reason: str) -> None:
    assert take(standing, given, here) == (standing, (answered(given.action, reason),))


def test_longer_hours_are_answered_when_they_have_arrived() -> None:
    waiting, effects = take(Standing(), order("extend", change=9), HERE)
    assert effects == (Fetch(),)
    assert look(waiting, HERE) == (waiting, ())
    assert look(waiting, replace(HERE, change=9)) == (Standing(), (answered("extend"),))
    assert look(waiting, replace(HERE, now=SOON)) == (Standing(), (answered("extend", "not_arrived"),))
    assert take(Standing(), order("extend", change=7), HERE) == (Standing(), (answered("extend"),))


def test_a_closing_is_over_with_the_hours_it_closed_and_only_a_known_hour_says_so() -> None:
    closed = Standing(closed_until=ENDS)
    assert look(closed, HERE) == (closed, ())
    assert look(closed, replace(HERE, now=ENDS)) == (Standing(), ())
    assert look(closed, replace(HERE, now=ENDS, trust=ClockTrust.NONE)) == (closed, ())


def test_orders_lie_over_the_hours() -> None:
    pause = Pause(PauseKind.LAST_ENTRY, ENDS)
    site = Site(now=NOW, today=NOW.date(), clock=ClockTrust.NTP, state=BranchState.STAFFED, policy=None, pause=pause)

    assert laid_over(site, Standing()) is site
    assert laid_over(site, Standing(locked_down=True)).in_force is BranchState.EMERGENCY_CLOSED
    shut = laid_over(site, Standing(closed_until=ENDS))
    assert (shut.in_force, shut.pause) == (BranchState.CLOSED, None)
    assert laid_over(replace(site, now=ENDS), Standing(closed_until=ENDS)).in_force is BranchState.STAFFED
    down = replace(site, state=BranchState.EMERGENCY_CLOSED)
    assert laid_over(down, Standing(closed_until=ENDS)) is down
