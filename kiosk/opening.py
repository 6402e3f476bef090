"""What the screen says of the hours: open until when and why not, when it opens, and what is soon to happen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.closing import PauseKind, Step, StepKind, closing_plan, pause_at
from meroppet.rules.exceptions import Texts
from meroppet.rules.hours import Hours, Span

STAFFED = frozenset({BranchState.STAFFED})
EVENT = frozenset({BranchState.EVENT})
STAFF_ONLY = frozenset({BranchState.MAINTENANCE, BranchState.EMERGENCY_CLOSED})
"""States in which nobody begins anything at the kiosk; whoever has begun may finish."""
AHEAD = timedelta(days=8)
OPENS_AHEAD = timedelta(days=62)
LONGEST_NOTICE = timedelta(minutes=120)
"""The earliest that a closing plan announces anything."""
A_MOMENT = timedelta(seconds=1)


class NoticeKind(StrEnum):
    """What a notice is about."""

    CLOSING = "closing"
    EMPTYING_SOON = "emptying_soon"
    EMPTYING = "emptying"


@dataclass(frozen=True, slots=True)
class Notice:
    """What those inside must know by now: it happens in `minutes`, and `opens` is when one may come back."""

    kind: NoticeKind
    minutes: int
    opens: datetime | None


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
        notice=_notice(hours, moment),
    )


def is_staff_only(hours: Hours | None, moment: datetime) -> bool:
    """Whether nobody may begin anything at the kiosk now."""
    return hours is not None and hours.state_at(moment).state in STAFF_ONLY


def _notice(hours: Hours, moment: datetime) -> Notice | None:
    pause = pause_at(hours, moment)
    if pause is not None and pause.kind is PauseKind.EMPTYING:
        return Notice(NoticeKind.EMPTYING, _minutes(pause.until - moment), _local(pause.until, hours.zone))
    announced = [step for step in closing_plan(hours, moment - LONGEST_NOTICE, moment + A_MOMENT) if _tells(step)]
    soon = [(end, step) for step in announced if (end := step.at + timedelta(minutes=step.minutes)) > moment]
    if not soon:
        return None
    end, step = min(soon, key=lambda found: found[0])
    kind = NoticeKind.CLOSING if step.kind is StepKind.ANNOUNCE else NoticeKind.EMPTYING_SOON
    return Notice(kind, _minutes(end - moment), _opens_after(hours, end, kind))


def _tells(step: Step) -> bool:
    return step.kind in {StepKind.ANNOUNCE, StepKind.ANNOUNCE_EMPTYING}


def _opens_after(hours: Hours, end: datetime, kind: NoticeKind) -> datetime | None:
    if kind is NoticeKind.CLOSING:
        return _local(hours.next_opening(end, OPEN, OPENS_AHEAD), hours.zone)
    pause = pause_at(hours, end)
    return _local(pause.until if pause else None, hours.zone)


def _minutes(left: timedelta) -> int:
    return -(-left // timedelta(minutes=1))


def _end_of(ahead: list[Span], states: frozenset[BranchState], zone: ZoneInfo) -> datetime | None:
    """Until when the branch stays in one of the states without a break; None if it is in none or never leaves."""
    stays = list(takewhile(lambda span: span.state in states, ahead))
    return _local(stays[-1].end, zone) if stays and len(stays) < len(ahead) else None


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.astimezone(zone) if moment else None
