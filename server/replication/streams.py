"""One device's stream: server-sent events over a shared wake-up, and a comment as heartbeat when nothing happens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from meroppet.wire.commands import Order, WakeUp
from server.devices.orders import open_orders
from server.devices.parts import DeviceParts
from server.devices.signing import Caller, is_current

HEARTBEAT = b": heartbeat\n\n"


@dataclass(slots=True)
class _Told:
    """What this stream has said so far."""

    change: int
    orders: set[str] = field(default_factory=set)


async def device_stream(parts: DeviceParts, caller: Caller, last: int) -> AsyncIterator[bytes]:
    """`changed` once there is something newer than `last`, each open order once; ends when the caller is shut out."""
    told = _Told(last)
    own = f"device:{caller.device}"
    with parts.hub.listening(caller.consortium, own) as ear:
        # The first words tell the device that the stream stands.
        yield HEARTBEAT
        heard = frozenset({caller.consortium, own})
        while not parts.hub.is_closed:
            words = await _orders(parts, caller, told) if own in heard else []
            if words is None:
                return
            for word in [*words, *(await _change(parts, caller, told) if caller.consortium in heard else [])]:
                yield word
            while not (heard := await ear.heard(parts.pulse_seconds)):
                yield HEARTBEAT


async def _orders(parts: DeviceParts, caller: Caller, told: _Told) -> list[bytes] | None:
    """What the device is told to do and was not told yet, or None if it may not hear any more."""
    async with parts.database.reading(caller.scope) as session:
        if not await is_current(session, caller):
            return None
        orders = [order for order in await open_orders(session, caller.device) if order.order not in told.orders]
    told.orders.update(order.order for order in orders)
    return [_event("order", order) for order in orders]


async def _change(parts: DeviceParts, caller: Caller, told: _Told) -> list[bytes]:
    """That there is something newer than the device was told of."""
    number = await parts.latest.number(caller)
    if number <= told.change:
        return []
    told.change = number
    return [_event("changed", WakeUp(change=number), number)]


def _event(name: str, word: WakeUp | Order, number: int | None = None) -> bytes:
    numbered = "" if number is None else f"id: {number}\n"
    return f"event: {name}\n{numbered}data: {_line(word)}\n\n".encode()


def _line(word: BaseModel) -> str:
    return word.model_dump_json()
