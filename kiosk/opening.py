"""What the screen says of the hours: open until when and why not, when it opens, and what is soon to happen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import Texts
from meroppet.rules.hours import Hours, Span
from meroppet.rules.notices import OPENS_AHEAD, Notice, notice_at

STAFFED = frozenset({BranchState.STAFFED})
EVENT = frozenset({BranchState.EVENT})
STAFF_ONLY = frozenset({BranchState.MAINTENANCE, BranchState.EMERGENCY_CLOSED})
"""States in which nobody begins anything at the kiosk; whoever has begun may finish."""
AHEAD = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Opening:
    """Times on the branch's wall clock; None where the next days do not say. `why` is what the public is told."""

    state: BranchState
    open_until: datetime | None
    event_until: datetime | None
    opens: datetime | None
    staffed_until: datetime | None
    next_staffed: datetime | None
    why: Texts
    notice: Notice | None

    @property
    def is_open(self) -> bool:
        """Whether people may be inside."""
        return self.state in OPEN

    @property
    def is_event(self) -> bool:
        """Whether there is an event; its end may be further off than this looks."""
        return self.state is BranchState.EVENT

    @property
    def is_staff_only(self) -> bool:
        """Whether the branch is closed by maintenance or in an emergency, whatever its hours are."""
        return self.state in STAFF_ONLY

    def reason(self, lang: str) -> str:
        """Why the hours are other than every day, in a language; empty where nobody has said so in it."""
        return dict(self.why).get(lang, "")


def opening_at(hours: Hours, moment: datetime) -> Opening:
    """The hours as seen at an aware moment.

    The screen is looked at every second and tells minutes: what was found at the last whole one holds until the next,
    unless something has begun since, as when staff close at once.
    """
    minute = moment.replace(second=0, microsecond=0)
    is_as_then = hours.state_at(minute) == hours.state_at(moment)
    return _opening(hours, minute if is_as_then else moment.replace(microsecond=0))


@lru_cache(maxsize=4)
def _opening(hours: Hours, moment: datetime) -> Opening:
    zone = hours.zone
    ahead = list(hours.spans(moment, moment + AHEAD))
    now = hours.state_at(moment)
    return Opening(
        state=now.state,
        open_until=_end_of(ahead, OPEN, zone),
        event_until=_end_of(ahead, EVENT, zone),
        opens=_local(hours.next_opening(moment, OPEN, OPENS_AHEAD), zone),
        staffed_until=_end_of(ahead, STAFFED, zone),
        next_staffed=_local(hours.next_opening(moment, STAFFED, AHEAD), zone),
        why=now.rule.reasons if now.state in EVENT or now.state not in OPEN else (),
        notice=notice_at(hours, moment),
    )


def is_staff_only(hours: Hours | None, moment: datetime) -> bool:
    """Whether nobody may begin anything at the kiosk now."""
    return hours is not None and hours.state_at(moment).state in STAFF_ONLY


def _end_of(ahead: list[Span], states: frozenset[BranchState], zone: ZoneInfo) -> datetime | None:
    """Until when the branch stays in one of the states without a break; None if it is in none or never leaves."""
    stays = list(takewhile(lambda span: span.state in states, ahead))
    return _local(stays[-1].end, zone) if stays and len(stays) < len(ahead) else None


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.astimezone(zone) if moment else None
