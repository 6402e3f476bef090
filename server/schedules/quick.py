"""What staff do in two taps: close now, stay open longer today, no self-service tonight, open again.

What each will do is worked out by a pure function first, so that a page can show it before it is done.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import ExceptionDay, Level, MoreHours, Order, OrderKind, ScheduleException, Texts
from meroppet.rules.hours import Hours, Span
from meroppet.rules.intervals import MINUTES_A_DAY, Interval
from meroppet.rules.schedule import Schedule
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.exceptions import put_exception
from server.schedules.history import ChangeView, begin_together
from server.schedules.orders import give_order, orders_over, take_back
from server.schedules.quick_choices import closed_from_above, own_orders
from server.schedules.quick_effects import moment_of
from server.schedules.quick_effects import tonight as service_ends
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import ScheduleView, as_if, schedule_of
from server.schedules.targets import of_branch

_HOURS = frozenset({BranchState.STAFFED, BranchState.SELF_SERVICE})


# --- What will be done ---------------------------------------------------------------------------------------------


def closing(now: datetime, until: datetime | None, reasons: Texts = (), key: str = "close-now") -> Order:
    """Closed from this second, to a moment or until it is taken back. Raises ScheduleRefusal (PAST)."""
    begins = now.replace(microsecond=0)
    if until is not None and until <= now:
        raise ScheduleRefusal(Refused.PAST, at=until)
    return Order(id=key, level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=begins, end=until, reasons=reasons)


def tonight(hours: Hours, now: datetime, reasons: Texts = (), key: str = "tonight") -> Order:
    """No self-service from this second until the day's service is over."""
    return Order(
        id=key,
        level=Level.BRANCH,
        kind=OrderKind.NO_SELF_SERVICE,
        start=now.replace(microsecond=0),
        end=service_ends(hours, now),
        reasons=reasons,
    )


def extension(
    hours: Hours, now: datetime, until_minute: int, reasons: Texts = (), key: str = "longer"
) -> ScheduleException:
    """Hours from the day's closing to a minute of today (over 1440: tomorrow), in the state that was last.

    The closing is the one after `now`, or `now` itself where the branch has closed for the day. Raises ScheduleRefusal:
    NOT_OPEN_TODAY; NOT_LATER; KEPT_CLOSED with the rule, of any level, that would keep the branch closed.
    """
    until = moment_of(hours, now, until_minute)
    closes, state = _closing(hours, now)
    if until <= closes:
        raise ScheduleRefusal(Refused.NOT_LATER, at=closes)
    gaps = [span for span in hours.spans(closes, until) if span.state not in OPEN]
    days = tuple(_more(hours, max(span.start, closes), min(span.end, until), state) for span in _joined(gaps))
    if not days:
        raise ScheduleRefusal(Refused.NOT_LATER, at=until)
    longer = ScheduleException(id=key, level=Level.BRANCH, days=days, reasons=reasons, decided_at=now)
    _require_open(Hours(as_if(hours.schedule, longer)), closes, until)
    return longer


def reopened(schedule: Schedule, now: datetime) -> Schedule:
    """The schedule without the branch's own orders that hold now."""
    own = {order.id for order in own_orders(schedule.orders, now)}
    kept = (order for order in schedule.orders if order.level is not Level.BRANCH or order.id not in own)
    return replace(schedule, orders=tuple(kept))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Open throughout; `state` is the last that was staffed or self-service."""

    start: datetime
    end: datetime
    state: BranchState


def _closing(hours: Hours, now: datetime) -> tuple[datetime, BranchState]:
    """From when the branch would be longer open, and how."""
    day = now.astimezone(hours.zone).date()
    begins, ends = (datetime.combine(day + timedelta(days=more), time(), hours.zone) for more in (0, 1))
    stretches = [own for own in _stretches(hours, begins, ends + timedelta(days=1)) if own.start < ends]
    if not stretches:
        raise ScheduleRefusal(Refused.NOT_OPEN_TODAY)
    ahead = [own for own in stretches if own.end > now]
    # Open hours must begin on a whole minute: those that begin in the middle of this one begin with it.
    return (ahead[0].end, ahead[0].state) if ahead else (now.replace(second=0, microsecond=0), stretches[-1].state)


def _stretches(hours: Hours, start: datetime, end: datetime) -> Iterator[_Stretch]:
    found: _Stretch | None = None
    for span in hours.spans(start, end):
        if span.state not in OPEN:
            if found is not None:
                yield found
            found = None
            continue
        state = span.state if span.state in _HOURS else found.state if found else BranchState.SELF_SERVICE
        found = _Stretch(found.start if found else span.start, span.end, state)
    if found is not None:
        yield found


def _joined(gaps: Iterable[Span]) -> list[Span]:
    """Spans that follow each other as one: they differ in the rule that closes them only."""
    found: list[Span] = []
    for span in gaps:
        if found and found[-1].end == span.start:
            found[-1] = replace(found[-1], end=span.end)
        else:
            found.append(span)
    return found


def _more(hours: Hours, start: datetime, end: datetime, state: BranchState) -> ExceptionDay:
    first, last = start.astimezone(hours.zone), end.astimezone(hours.zone)
    begins = first.hour * 60 + first.minute
    ends = (last.date() - first.date()).days * MINUTES_A_DAY + last.hour * 60 + last.minute
    # An end within a minute is one at its end; a stretch is a day at most, and longer than that nobody asks for.
    ends = min(ends + (last.second > 0), begins + MINUTES_A_DAY)
    return ExceptionDay(first=first.date(), last=first.date(), contents=(MoreHours((Interval(begins, ends, state),)),))


def _require_open(hours: Hours, start: datetime, end: datetime) -> None:
    for span in hours.spans(start, end):
        if span.state not in OPEN:
            raise ScheduleRefusal(Refused.KEPT_CLOSED, rule=span.rule, at=span.start)


# --- Doing it ------------------------------------------------------------------------------------------------------


async def close_now(
    session: Session, branch: BranchView, by: str, until: datetime | None, why: str, reasons: Texts = ()
) -> ChangeView:
    """Close the branch at once, until a moment or until it is taken back; in place of a close-now that holds already.

    `why` is kept for staff, `reasons` are for the public. Raises ScheduleRefusal: NO_HOURS, PAST.
    """
    view = await _hours(session, branch)
    standing = [own for own in own_orders(view.schedule.orders, session.now) if own.kind is OrderKind.EMERGENCY_CLOSED]
    order = closing(session.now, until, reasons, standing[0].id if standing else new_key("close"))
    if standing:
        order = replace(order, start=standing[0].start)
    return await give_order(session, of_branch(branch), order, by, why, action="schedule.closed_now")


async def extend_today(
    session: Session, branch: BranchView, by: str, until_minute: int, why: str, reasons: Texts = ()
) -> ChangeView:
    """Stay open longer today, to a minute of the day (over 1440: tomorrow). Raises ScheduleRefusal: see `extension`."""
    view = await _hours(session, branch)
    longer = extension(view.hours, session.now, until_minute, reasons, new_key("longer"))
    return await put_exception(session, of_branch(branch), longer, by, why=why, action="schedule.extended")


async def no_self_service_tonight(
    session: Session, branch: BranchView, by: str, why: str, reasons: Texts = ()
) -> ChangeView:
    """No self-service from now until the day's service is over. Raises ScheduleRefusal (NO_HOURS)."""
    view = await _hours(session, branch)
    order = tonight(view.hours, session.now, reasons, new_key("tonight"))
    return await give_order(session, of_branch(branch), order, by, why, action="schedule.no_self_service")


async def reopen(session: Session, branch: BranchView, by: str, why: str = "") -> ChangeView:
    """Take back the branch's own orders that hold now, as one deed; undoing the last undoes all.

    Raises ScheduleRefusal: CLOSED_WIDER with the rule and level where somebody wider has closed it, NOT_CLOSED
    where nobody has.
    """
    view = await _hours(session, branch)
    own = {order.id for order in own_orders(view.schedule.orders, session.now)}
    given = [found for found in await orders_over(session, branch) if found.target.id == branch.id and found.id in own]
    if not given:
        rule = closed_from_above(view.hours, session.now)
        raise ScheduleRefusal(Refused.CLOSED_WIDER if rule else Refused.NOT_CLOSED, rule=rule)
    first, *later = given
    change = await take_back(session, first.target, first.id, by, why, action="schedule.reopened")
    together = await begin_together(session, change) if later else None
    for each in later:
        change = await take_back(session, each.target, each.id, by, why, action="schedule.reopened", together=together)
    return change


async def _hours(session: Session, branch: BranchView) -> ScheduleView:
    view = await schedule_of(session, branch.id)
    if view is None:
        raise ScheduleRefusal(Refused.NO_HOURS)
    return view


def new_key(what: str) -> str:
    """An id for something new that nobody names."""
    return f"{what}-{secrets.token_hex(4)}"
