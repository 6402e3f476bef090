"""What people in and at a branch must know by now of a closing or an emptying that comes. Pure.

From the first announcement of the plan on, so that what is heard stands on every display too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from meroppet.rules.branch import OPEN
from meroppet.rules.closing import PauseKind, Step, StepKind, closing_plan, pause_at
from meroppet.rules.hours import Hours

LONGEST_NOTICE = timedelta(minutes=120)
"""The earliest that a closing plan announces anything."""
OPENS_AHEAD = timedelta(days=62)
_MINUTE = timedelta(minutes=1)
_A_MOMENT = timedelta(seconds=1)


class NoticeKind(StrEnum):
    """What a notice is about."""

    CLOSING = "closing"
    EMPTYING_SOON = "emptying_soon"
    EMPTYING = "emptying"


@dataclass(frozen=True, slots=True)
class Notice:
    """It happens in `minutes`, begun ones counted whole; `opens` is when one may come back, on the branch's clock."""

    kind: NoticeKind
    minutes: int
    opens: datetime | None


def notice_at(hours: Hours, moment: datetime) -> Notice | None:
    """What is soon to happen, as seen at an aware moment; None while nothing has been announced."""
    pause = pause_at(hours, moment)
    if pause is not None and pause.kind is PauseKind.EMPTYING:
        return Notice(NoticeKind.EMPTYING, _minutes(pause.until - moment), _local(pause.until, hours))
    announced = [step for step in closing_plan(hours, moment - LONGEST_NOTICE, moment + _A_MOMENT) if _tells(step)]
    soon = [(end, step) for step in announced if (end := step.at + step.minutes * _MINUTE) > moment]
    if not soon:
        return None
    end, step = min(soon, key=lambda found: found[0])
    kind = NoticeKind.CLOSING if step.kind is StepKind.ANNOUNCE else NoticeKind.EMPTYING_SOON
    return Notice(kind, _minutes(end - moment), opens_after(hours, end, kind))


def opens_after(hours: Hours, end: datetime, kind: NoticeKind) -> datetime | None:
    """When one may come back after a closing, or after an emptying that begins at `end`, on the branch's clock."""
    if kind is NoticeKind.CLOSING:
        return _local(hours.next_opening(end, OPEN, OPENS_AHEAD), hours)
    pause = pause_at(hours, end)
    return _local(pause.until if pause else None, hours)


def _tells(step: Step) -> bool:
    return step.kind in {StepKind.ANNOUNCE, StepKind.ANNOUNCE_EMPTYING}


def _minutes(left: timedelta) -> int:
    return -(-left // _MINUTE)


def _local(moment: datetime | None, hours: Hours) -> datetime | None:
    return moment.astimezone(hours.zone) if moment else None
