"""What the screen says of the hours: open until when, or when it opens, and when somebody is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.hours import Hours, Span

STAFFED = frozenset({BranchState.STAFFED})
AHEAD = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Opening:
    """Times on the branch's wall clock; None where the next eight days do not say."""

    is_open: bool
    open_until: datetime | None
    opens: datetime | None
    staffed_until: datetime | None
    next_staffed: datetime | None


@lru_cache(maxsize=4)
def opening_at(hours: Hours, moment: datetime) -> Opening:
    """The hours as seen at an aware moment; kept, because the screen is looked at every second."""
    zone = hours.zone
    ahead = list(hours.spans(moment, moment + AHEAD))
    now = hours.state_at(moment).state
    return Opening(
        is_open=now in OPEN,
        open_until=_end_of(ahead, OPEN, zone),
        opens=_local(hours.next_opening(moment, OPEN, AHEAD), zone),
        staffed_until=_end_of(ahead, STAFFED, zone),
        next_staffed=_local(hours.next_opening(moment, STAFFED, AHEAD), zone),
    )


def _end_of(ahead: list[Span], states: frozenset[BranchState], zone: ZoneInfo) -> datetime | None:
    """Until when the branch stays in one of the states without a break; None if it is in none or never leaves."""
    if not ahead or ahead[0].state not in states:
        return None
    left = next((span for span in ahead if span.state not in states), None)
    return _local(left.start, zone) if left else None


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.astimezone(zone) if moment else None
