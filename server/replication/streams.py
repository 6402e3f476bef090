"""One device's stream: server-sent events over a shared wake-up, and a comment as heartbeat when nothing happens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from meroppet.wire.commands import Order, WakeUp
from server.devices.orders import open_orders
from server.devices.parts import DeviceParts
from server.devices.signing import Caller, is_current
from server.organisations.service import audiences
from server.replication.service import newest

HEARTBEAT = b": heartbeat\n\n"


@dataclass(slots=True)
class _Told:
    """What this stream has said so far."""

    change: int
    orders: set[str] = field(default_factory=set)


async def device_stream(parts: DeviceParts, caller: Caller, last: int) -> AsyncIterator[bytes]:
    """`changed` once there is something newer than `last`, each open order once; ends when the caller is shut out."""
    told = _Told(last)
    with parts.hub.listening(caller.consortium, f"device:{caller.device}") as ear:
        # The first words tell the device that the stream stands.
        yield HEARTBEAT
        while not parts.hub.is_closed:
            words = await _news(parts, caller, told)
            if words is None:
                return
            for word in words:
                yield word
            while not await ear.heard(parts.heartbeat_seconds):
                yield HEARTBEAT


async def _news(parts: DeviceParts, caller: Caller, told: _Told) -> list[bytes] | None:
    """What there is to say, or None if the device may not hear any more."""
    async with parts.database.reading(caller.scope) as session:
        if not await is_current(session, caller):
            return None
        number = await newest(session, caller.consortium, await audiences(session, caller.branch))
        orders = [order for order in await open_orders(session, caller.device) if order.order not in told.orders]
    words = []
    if number > told.change:
        told.change = number
        words.append(_event("changed", WakeUp(change=number), number))
    for order in orders:
        told.orders.add(order.order)
        words.append(_event("order", order))
    return words


def _event(name: str, word: WakeUp | Order, number: int | None = None) -> bytes:
    numbered = "" if number is None else f"id: {number}\n"
    return f"event: {name}\n{numbered}data: {_line(word)}\n\n".encode()


def _line(word: BaseModel) -> str:
    return word.model_dump_json()
