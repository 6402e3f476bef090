"""The screen says until when it is open, when it opens, and when somebody is there; on the branch's own clock."""

from datetime import UTC, datetime

import pytest

from kiosk.opening import opening_at
from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from tests.fakes.kiosk_parts import SCHEDULE


def times(moment: datetime) -> tuple[str | None, ...]:
    opening = opening_at(Hours(SCHEDULE), moment)
    found = (opening.open_until, opening.opens, opening.staffed_until, opening.next_staffed)
    return tuple(at.strftime("%a %H.%M") if at else None for at in found)


@pytest.mark.parametrize(
    ("moment", "is_open", "open_until", "staffed_until", "next_staffed"),
    [
        (datetime(2026, 11, 23, 8, 30, tzinfo=UTC), True, "Mon 22.00", None, "Mon 10.00"),
        (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), True, "Mon 22.00", "Mon 17.00", "Mon 13.00"),
        (datetime(2026, 11, 28, 12, 0, tzinfo=UTC), True, "Sat 22.00", None, "Mon 10.00"),
    ],
)
def test_open_lasts_over_the_change_from_unstaffed_to_staffed(moment, is_open, open_until, staffed_until, next_staffed):
    assert opening_at(Hours(SCHEDULE), moment).is_open is is_open
    assert times(moment)[0] == open_until
    assert times(moment)[2:] == (staffed_until, next_staffed)


def test_a_closed_branch_says_when_it_opens():
    night = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)

    assert not opening_at(Hours(SCHEDULE), night).is_open
    assert times(night)[:2] == (None, "Tue 06.00")


def test_a_branch_that_never_closes_has_no_closing_time():
    always = Schedule("Europe/Stockholm", ((Interval(0, 1440, BranchState.SELF_SERVICE),),) * 7)

    opening = opening_at(Hours(always), datetime(2026, 11, 23, 12, 0, tzinfo=UTC))

    assert opening.is_open
    assert opening.open_until is None
