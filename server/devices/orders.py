"""What staff tell a device to do once: given with an expiry, sent on the stream, answered in the journal."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from meroppet.wire.commands import Action, Order
from server.db import Session
from server.devices.models import DeviceOrder
from server.devices.service import DeviceView

LASTS = timedelta(seconds=10)
"""Who stands at the door now is not who stands there later."""
LASTS_LONGER = timedelta(minutes=5)
"""What makes a branch safer, or concerns its evening, is as right when the net is back after a while."""
_LONGER = frozenset({Action.CLOSE_NOW, Action.LOCK_DOWN, Action.LIFT, Action.EXTEND, Action.LEAVE_OUT})


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and what became of it; `done` None: no answer yet."""

    id: str
    action: Action
    given_by: str
    at: datetime
    expires: datetime
    done: bool | None
    reason: str
    step: str = ""


def lasts_for(action: Action) -> timedelta:
    """How long an order may be on its way."""
    return LASTS_LONGER if action in _LONGER else LASTS


async def order(
    session: Session,
    device: DeviceView,
    action: Action,
    by: str,
    *,
    lasts: timedelta | None = None,
    change: int | None = None,
    step: str = "",
) -> Order:
    """Tell the device to do this once, before the order expires. Goes out when the session commits.

    `change`: what it must know to have done it (EXTEND); `step`: of the closing (LEAVE_OUT).
    """
    until = session.now + (lasts or lasts_for(action))
    given = Order(order=secrets.token_hex(8), action=action, expires=until, change=change, step=step)
    session.add(
        DeviceOrder(
            id=given.order,
            consortium_id=device.consortium,
            controller_id=device.controller,
            device_id=device.id,
            action=action.value,
            change=change,
            step=step,
            given_by=by,
            at=session.now,
            expires=given.expires,
        )
    )
    await session.flush()
    session.wake(f"device:{device.id}")
    return given


async def open_orders(session: Session, device_id: str) -> list[Order]:
    """What the device was told and has not answered, while there is time for it."""
    statement = select(DeviceOrder).where(
        col(DeviceOrder.device_id) == device_id,
        col(DeviceOrder.answered_at).is_(None),
        col(DeviceOrder.expires) > session.now,
    )
    rows = await session.all(statement.order_by(col(DeviceOrder.at)))
    return [
        Order(order=row.id, action=Action(row.action), expires=row.expires, change=row.change, step=row.step)
        for row in rows
    ]


async def answered(session: Session, device_id: str, order_id: str, *, done: bool, reason: str) -> None:
    """The device journalled its answer; the first one counts."""
    statement = update(DeviceOrder).where(
        col(DeviceOrder.id) == order_id,
        col(DeviceOrder.device_id) == device_id,
        col(DeviceOrder.answered_at).is_(None),
    )
    await session.execute(statement.values(answered_at=session.now, done=done, reason=reason))


async def orders_of(session: Session, device_id: str, limit: int = 20) -> list[OrderView]:
    """The newest orders given to a device."""
    statement = select(DeviceOrder).where(col(DeviceOrder.device_id) == device_id)
    rows = await session.all(statement.order_by(col(DeviceOrder.at).desc()).limit(limit))
    return [
        OrderView(row.id, Action(row.action), row.given_by, row.at, row.expires, row.done, row.reason, row.step)
        for row in rows
    ]
