"""Closing everything beneath a place at once, and opening it again: a branch's quick action for whoever decides wider.

What it will do is worked out by a pure function first, so that a page can show it before it is done.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import Order, OrderKind
from meroppet.rules.hours import Hours
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.history import ChangeView
from server.schedules.holidays import ensure_holidays
from server.schedules.orders import OrderView, give_order, orders_at, take_back
from server.schedules.quick import closing, new_key
from server.schedules.quick_choices import Reason
from server.schedules.quick_effects import closes, effect, tonight
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import hours_of_many
from server.schedules.targets import Target, branches_under
from server.schedules.things import take_turn

CLOSING = (OrderKind.EMERGENCY_CLOSED, OrderKind.MAINTENANCE)
"""The orders that close a whole place; the first is chosen already. Of these a place has one at a time."""


# --- What will be done ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beneath:
    """What becomes of one branch; times are local. `closes`: when it would close as it is, None where it is not open.

    `state` is None where the branch has no hours; `opens` is the next opening afterwards.
    """

    branch: BranchView
    now: datetime
    state: BranchState | None = None
    closes: datetime | None = None
    opens: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether anybody is let in now."""
        return self.state in OPEN


def last_of_today(hours: Iterable[Hours], now: datetime) -> datetime:
    """When the day's service is over at the last of several branches. Raises ScheduleRefusal (NO_HOURS)."""
    ends = [tonight(own, now) for own in hours]
    if not ends:
        raise ScheduleRefusal(Refused.NO_HOURS)
    return max(ends)


def beneath(branch: BranchView, hours: Hours | None, order: Order, now: datetime) -> Beneath:
    """What an order does to one branch, in place of the order with its id there."""
    wall = now.astimezone(branch.wall)
    if hours is None:
        return Beneath(branch, wall)
    others = tuple(own for own in hours.schedule.orders if own.id != order.id)
    after = Hours(replace(hours.schedule, orders=(*others, order)))
    state = hours.state_at(now).state
    ends = closes(hours, now) if state in OPEN else None
    return Beneath(branch, wall, state, ends, effect(hours, after, now).opens)


def wide_closing(
    at: Target, kind: OrderKind, now: datetime, until: datetime | None, reason: Reason, standing: OrderView | None
) -> Order:
    """The order that closes a place, in place of the one that closes it already."""
    key = standing.id if standing else new_key("close")
    order = replace(closing(now, until, reason.texts, key), level=at.level, kind=kind)
    same = standing is not None and standing.order.kind is kind
    return replace(order, start=standing.order.start) if standing and same else order


def standing_of(given: Sequence[OrderView], now: datetime) -> OrderView | None:
    """Of a place's orders the one that closes it now, if one does."""
    return next((own for own in given if own.order.kind in CLOSING and own.holds_at(now)), None)


# --- Doing it ------------------------------------------------------------------------------------------------------


async def close_all(
    session: Session, at: Target, kind: OrderKind, by: str, reason: Reason, *, is_for_today: bool
) -> ChangeView:
    """Close every branch beneath a place at once, for the rest of today or until it is taken back.

    In place of the order that closes the place already. Raises ScheduleRefusal (NO_HOURS).
    """
    await ensure_holidays(session, at.consortium)
    await take_turn(session, at.consortium)
    hours = await hours_of_many(session, await branches_under(session, at))
    ends = last_of_today(hours.values(), session.now)
    standing = standing_of(await orders_at(session, at), session.now)
    order = wide_closing(at, kind, session.now, ends if is_for_today else None, reason, standing)
    return await give_order(session, at, order, by, reason.why)


async def open_again(session: Session, at: Target, key: str, revision: int, by: str) -> ChangeView:
    """Take back an order as it stood when it was looked at. Raises ScheduleRefusal: STALE, UNKNOWN, PAST."""
    await take_turn(session, at.consortium)
    if any(own.id == key and own.revision != revision for own in await orders_at(session, at)):
        raise ScheduleRefusal(Refused.STALE)
    return await take_back(session, at, key, by)
