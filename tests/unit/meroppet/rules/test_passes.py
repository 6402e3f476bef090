"""When a pass opens the door."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import ScheduleError, Window
from meroppet.rules.passes import BY_CODE, IN_EMERGENCY, Pass, PassKind, may_use
from meroppet.rules.reasons import Reason
from meroppet.rules.weekly import NEVER, Weekly, is_within

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = datetime(2026, 11, 23, tzinfo=STOCKHOLM)
MORNING: Weekly = (((Window(5 * 60, 7 * 60),),) * 5) + ((), ())
"""05–07 on working days."""
NIGHT: Weekly = ((), (), (), (), (Window(22 * 60, 26 * 60),), (), ())
"""22–02 on Friday."""
CLEANER = Pass(id="p", kind=PassKind.CLEANER, windows=MORNING)
VISITOR = Pass(id="p", kind=PassKind.VISITOR, valid_until=MONDAY + timedelta(days=2), once=True)
GUARD = Pass(id="p", kind=PassKind.GUARD, always=True)
S = BranchState


@pytest.mark.parametrize(
    ("held", "hours", "state", "reason"),
    [
        (CLEANER, 5, S.CLOSED, Reason.GRANTED),
        (CLEANER, 5, S.SELF_SERVICE, Reason.GRANTED),
        (CLEANER, 4.99, S.CLOSED, Reason.PASS_NOT_NOW),
        (CLEANER, 7, S.CLOSED, Reason.PASS_NOT_NOW),
        (CLEANER, 12, S.STAFFED, Reason.PASS_NOT_NOW),
        (CLEANER, 5, S.MAINTENANCE, Reason.PASS_NOT_NOW),
        (CLEANER, 5, S.EMERGENCY_CLOSED, Reason.PASS_NOT_NOW),
        (CLEANER, 5 * 24 + 6, S.CLOSED, Reason.PASS_NOT_NOW),
        (VISITOR, 12, S.SELF_SERVICE, Reason.GRANTED),
        (VISITOR, 12, S.STAFFED, Reason.GRANTED),
        (VISITOR, 12, S.EVENT, Reason.GRANTED),
        (VISITOR, 12, S.CLOSED, Reason.PASS_NOT_NOW),
        (VISITOR, 47.99, S.SELF_SERVICE, Reason.GRANTED),
        (VISITOR, 48, S.SELF_SERVICE, Reason.PASS_EXPIRED),
        (GUARD, 3, S.CLOSED, Reason.GRANTED),
        (GUARD, 3, S.MAINTENANCE, Reason.GRANTED),
        (GUARD, 3, S.EMERGENCY_CLOSED, Reason.GRANTED),
        (replace(GUARD, kind=PassKind.STAFF), 3, S.EMERGENCY_CLOSED, Reason.PASS_NOT_NOW),
        (replace(GUARD, kind=PassKind.STAFF), 3, S.MAINTENANCE, Reason.GRANTED),
    ],
)
def test_a_pass_opens_in_its_time_and_no_other(held: Pass, hours: float, state: BranchState, reason: Reason) -> None:
    assert may_use(held, MONDAY + timedelta(hours=hours), state) is reason


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday = MONDAY + timedelta(days=4)

    assert not is_within(NIGHT, friday + timedelta(hours=1))
    assert is_within(NIGHT, friday + timedelta(hours=22))
    assert is_within(NIGHT, friday + timedelta(hours=25, minutes=59))
    assert not is_within(NIGHT, friday + timedelta(hours=26))


def test_windows_follow_the_wall_clock_through_the_change_of_time() -> None:
    every_day: Weekly = ((Window(5 * 60, 6 * 60),),) * 7
    # 29 March 2026: 05.30 by the wall is 03.30 UTC, the day before 04.30 UTC.
    for hour, day in ((4, 28), (3, 29)):
        assert is_within(every_day, datetime(2026, 3, day, hour, 30, tzinfo=UTC).astimezone(STOCKHOLM))


def test_a_pass_is_not_one_before_its_time() -> None:
    held = replace(GUARD, valid_from=MONDAY)

    assert may_use(held, MONDAY - timedelta(seconds=1), S.STAFFED) is Reason.PASS_NOT_NOW
    assert may_use(held, MONDAY, S.STAFFED) is Reason.GRANTED


def test_a_pass_for_once_opens_once() -> None:
    assert may_use(VISITOR, MONDAY, S.STAFFED, used=True) is Reason.PASS_USED
    assert may_use(replace(VISITOR, once=False), MONDAY, S.STAFFED, used=True) is Reason.GRANTED


def test_last_entry_holds_for_who_comes_by_the_branchs_hours_only() -> None:
    assert may_use(VISITOR, MONDAY, S.STAFFED, paused=True) is Reason.PASS_NOT_NOW
    assert may_use(CLEANER, MONDAY + timedelta(hours=6), S.STAFFED, paused=True) is Reason.GRANTED
    assert may_use(GUARD, MONDAY, S.STAFFED, paused=True) is Reason.GRANTED


@pytest.mark.parametrize(
    "contradiction",
    [
        {"kind": PassKind.VISITOR, "always": True},
        {"kind": PassKind.GROUP_HOST, "always": True},
        {"kind": PassKind.STAFF, "always": True, "windows": MORNING},
        {"kind": PassKind.STAFF, "windows": MORNING[:6]},
        {"kind": PassKind.STAFF, "valid_until": datetime(2026, 1, 1)},  # noqa: DTZ001 (a time without its offset)
        {"kind": PassKind.STAFF, "windows": ((Window(60, 120), Window(90, 150)),) + ((),) * 6},
    ],
)
def test_a_pass_that_contradicts_itself_is_none(contradiction: dict[str, object]) -> None:
    with pytest.raises((ValueError, ScheduleError)):
        Pass(id="p", **contradiction)  # type: ignore[arg-type]


_moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(STOCKHOLM))  # noqa: DTZ001
_windows = st.tuples(*[st.sampled_from([(), (Window(0, 1440),), (Window(1320, 1600),)])] * 7)


@st.composite
def passes(draw: st.DrawFn) -> Pass:
    kind = draw(st.sampled_from(PassKind))
    always = draw(st.booleans()) and kind not in BY_CODE
    return Pass(
        id="p",
        kind=kind,
        always=always,
        windows=NEVER if always else draw(st.just(NEVER) | _windows),
        valid_from=draw(st.none() | _moments),
        valid_until=draw(st.none() | _moments),
        once=draw(st.booleans()),
    )


@given(passes(), _moments, st.sampled_from(BranchState), st.booleans(), st.booleans())
def test_no_restriction_ever_opens_the_door(
    held: Pass, now: datetime, state: BranchState, used: bool, paused: bool
) -> None:
    if may_use(held, now, state, used=used, paused=paused) is Reason.GRANTED:
        assert may_use(held, now, state) is Reason.GRANTED
        assert may_use(replace(held, valid_from=None, valid_until=None, once=False), now, state) is Reason.GRANTED
        assert state is not S.EMERGENCY_CLOSED or held.kind in IN_EMERGENCY
        assert state is not S.MAINTENANCE or held.always
    else:
        assert may_use(held, now, state, used=True, paused=True) is not Reason.GRANTED


@given(passes(), _moments, st.sampled_from(BranchState))
def test_an_earlier_end_never_turns_a_refusal_into_a_grant(held: Pass, now: datetime, state: BranchState) -> None:
    ended = replace(held, valid_until=min(held.valid_until or now, now))

    assert may_use(ended, now, state) is Reason.PASS_EXPIRED
