"""Windows that come back every week, over midnight and over Sunday."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.intervals import ScheduleError, Window
from meroppet.rules.weekly import NEVER, Weekly, is_within, require_weekly

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = datetime(2026, 11, 23, tzinfo=STOCKHOLM)
CLUB: Weekly = ((Window(18 * 60, 21 * 60),), (), (), (), (), (), (Window(22 * 60, 26 * 60),))


@pytest.mark.parametrize(
    ("minutes", "within"),
    [
        (18 * 60 - 1, False),
        (18 * 60, True),
        (21 * 60 - 1, True),
        (21 * 60, False),
        (6 * 1440 + 22 * 60 - 1, False),
        (6 * 1440 + 22 * 60, True),
        # Sunday's window ends at two on Monday, of this week and the next.
        (2 * 60 - 1, True),
        (2 * 60, False),
        (7 * 1440 + 119, True),
    ],
)
def test_a_window_begins_and_ends_on_the_minute(minutes: int, within: bool) -> None:
    assert is_within(CLUB, MONDAY + timedelta(minutes=minutes)) is within


def test_where_nothing_is_said_nothing_holds() -> None:
    assert not any(is_within(NEVER, MONDAY + timedelta(hours=hour)) for hour in range(168))


@given(st.integers(0, 7 * 1440 - 1), st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440))
def test_a_window_holds_as_often_as_it_is_long(minute: int, day: int, start: int, length: int) -> None:
    weekly = tuple((Window(start, start + length),) if one == day else () for one in range(7))
    since = (minute - (day * 1440 + start)) % (7 * 1440)

    assert is_within(weekly, MONDAY + timedelta(minutes=minute)) is (since < length)


@pytest.mark.parametrize(
    ("weekly", "says"),
    [(((),) * 6, "seven days"), ((*((),) * 6, (Window(60, 180), Window(120, 200))), "lies within")],
)
def test_a_week_that_contradicts_itself_is_none(weekly: Weekly, says: str) -> None:
    with pytest.raises(ScheduleError, match=says):
        require_weekly(weekly, "club")
