"""What several rights come to at one branch."""

from datetime import UTC, date, datetime, timedelta

from meroppet.rules.eligibility import Right
from server.patrons.reach import Reach, RightView, effective

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


def given(reach: Reach, *, permitted: bool, suspended: date | None = None, minutes: int = 0) -> RightView:
    right = Right(permitted=permitted, suspended_until=suspended)
    return RightView(reach, "place", right, "vasteras", "staff", NOON + timedelta(minutes=minutes))


def test_without_rights_there_is_none() -> None:
    assert effective([]) is None


def test_the_nearest_right_decides() -> None:
    far, near = given(Reach.CONSORTIUM, permitted=True, minutes=5), given(Reach.BRANCH, permitted=False)

    assert effective([far, near]) == Right(permitted=False)


def test_of_equally_near_rights_the_newest_decides() -> None:
    old, new = given(Reach.CONSORTIUM, permitted=False), given(Reach.CONSORTIUM, permitted=True, minutes=5)

    assert effective([new, old]) == Right(permitted=True)


def test_a_suspension_anywhere_in_reach_holds_to_its_last_day() -> None:
    near = given(Reach.BRANCH, permitted=True, suspended=date(2026, 11, 25))
    far = given(Reach.MUNICIPALITY, permitted=True, suspended=date(2026, 12, 1))

    assert effective([near, far]) == Right(permitted=True, suspended_until=date(2026, 12, 1))
