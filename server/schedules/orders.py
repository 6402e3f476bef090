"""Orders: what staff say shall hold from a moment on, and taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import col

from meroppet.rules.exceptions import Order
from meroppet.wire.schedule_convert import order_to_wire
from meroppet.wire.schedules import OrderDocument
from server.db import Session
from server.organisations.service import BranchView
from server.replication.service import publish
from server.schedules.history import ChangeView, Deed, change_thing
from server.schedules.holidays import ensure_holidays
from server.schedules.models import ScheduleOrderRow
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.targets import Target, targets_over
from server.schedules.things import Thing, What, require_own, standing, take_turn

KEPT_AFTER_END = timedelta(days=62)
"""So that devices and pages can still tell why a branch was closed; the history keeps every order for good."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order, where it was given, and by whom when."""

    order: Order
    target: Target
    by: str
    at: datetime
    revision: int

    @property
    def id(self) -> str:
        """The order's id."""
        return self.order.id

    def holds_at(self, moment: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.order.start <= moment and (self.order.end is None or moment < self.order.end)


async def give_order(
    session: Session,
    at: Target,
    order: Order,
    by: str,
    why: str = "",
    *,
    action: str = "schedule.order.given",
    together: int | None = None,
) -> ChangeView:
    """Order something at a target, in place of the order with its id there; its level is the target's.

    `why` is kept with the author's name and shown to staff; what the public reads is the order's `reasons`. Raises
    ScheduleRefusal (TAKEN) where another level uses the id.
    """
    await ensure_holidays(session, at.consortium)
    await take_turn(session, at.consortium)
    thing = Thing(at, What.ORDER, order.id)
    await require_own(session, thing)
    document = order_to_wire(replace(order, level=at.level))
    return await change_thing(session, thing, document, Deed(by, action, why, None, together))


async def take_back(
    session: Session,
    at: Target,
    key: str,
    by: str,
    why: str = "",
    *,
    action: str = "schedule.order.taken_back",
    together: int | None = None,
) -> ChangeView:
    """End an order now: what it did until now stays told. One that has not begun yet is removed.

    Raises ScheduleRefusal: UNKNOWN without such an order, PAST where it has ended already.
    """
    await take_turn(session, at.consortium)
    thing = Thing(at, What.ORDER, key)
    before = await standing(session, thing)
    if before is None or not isinstance(before.document, OrderDocument):
        raise ScheduleRefusal(Refused.UNKNOWN)
    order = before.document.meant()
    if order.end is not None and order.end <= session.now:
        raise ScheduleRefusal(Refused.PAST, at=order.end)
    # A whole second, for hours hold to the second: taken back is taken back, not from the next one on.
    now = session.now.replace(microsecond=0)
    ended = order_to_wire(replace(order, end=now)) if order.start < now else None
    return await change_thing(session, thing, ended, Deed(by, action, why, None, together))


async def orders_at(session: Session, at: Target) -> list[OrderView]:
    """The orders of one target, those that have ended too, in order of their beginnings."""
    return await _views(session, [at])


async def orders_of(session: Session, places: Sequence[Target]) -> list[OrderView]:
    """The orders of some targets, of one consortium or several, in order of their beginnings."""
    return await _views(session, places)


async def orders_over(session: Session, branch: BranchView) -> list[OrderView]:
    """The orders of every level that hold, held or will hold at a branch, in order of their beginnings."""
    return await _views(session, await targets_over(session, branch))


async def purge(session: Session, now: datetime) -> int:
    """Remove orders that ended long ago, on devices too; how many. Needs an unscoped session."""
    gone = [row for row in await session.all(select(ScheduleOrderRow)) if _ended(row, now - KEPT_AFTER_END)]
    for row in gone:
        same = delete(ScheduleOrderRow).where(
            col(ScheduleOrderRow.consortium_id) == row.consortium_id,
            col(ScheduleOrderRow.target_id) == row.target_id,
            col(ScheduleOrderRow.id) == row.id,
        )
        await session.execute(same, options={"synchronize_session": False})
        publish(session, row.consortium_id, audience=row.target_id, kind="order", key=row.id, value=None)
    return len(gone)


def _ended(row: ScheduleOrderRow, before: datetime) -> bool:
    end = OrderDocument.model_validate_json(row.document).end
    return end is not None and end < before


async def _views(session: Session, places: Sequence[Target]) -> list[OrderView]:
    known = {place.id: place for place in places}
    statement = select(ScheduleOrderRow).where(
        col(ScheduleOrderRow.consortium_id).in_({place.consortium for place in places}),
        col(ScheduleOrderRow.target_id).in_(known),
    )
    views = [_view(row, known[row.target_id]) for row in await session.all(statement)]
    return sorted(views, key=lambda view: (view.order.start, view.id))


def _view(row: ScheduleOrderRow, at: Target) -> OrderView:
    return OrderView(OrderDocument.model_validate_json(row.document).meant(), at, row.by, row.at, row.revision)
