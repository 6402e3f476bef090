"""What a suspension must be like to be decided."""

from datetime import date, timedelta

import pytest

from server.patrons.suspensions import LONGEST, Suspension, SuspensionReason, SuspensionRefusal, refusal

TODAY = date(2026, 11, 23)
MOST = LONGEST.days


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (0, 0, None),
        (0, 1, None),
        (0, MOST, None),
        (400, 400 + MOST, None),
        (0, MOST + 1, SuspensionRefusal.TOO_LONG),
        (0, -1, SuspensionRefusal.ENDS_FIRST),
        (5, 4, SuspensionRefusal.ENDS_FIRST),
        (-3, -1, SuspensionRefusal.ENDED),
        (-1, 0, SuspensionRefusal.BEGAN),
    ],
)
def test_it_has_an_end_within_a_year_and_does_not_begin_before_it_is_decided(
    first: int, last: int, why: SuspensionRefusal | None
) -> None:
    wanted = Suspension(
        reason=SuspensionReason.OTHER, first=TODAY + timedelta(days=first), last=TODAY + timedelta(days=last)
    )

    assert refusal(wanted, TODAY) is why
