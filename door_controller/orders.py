"""Orders of staff: each is answered once, in the journal, before anything moves."""

import asyncio
import logging
from datetime import datetime

from door_controller.handing_out import HandingOut
from door_controller.locks import Locks
from door_controller.site import Place
from meroppet.device.device import Device
from meroppet.device.errors import StoreFailed
from meroppet.rules.branch import ClockTrust, knows_the_hour
from meroppet.rules.door import EXIT_SECONDS
from meroppet.rules.entry import Release
from meroppet.rules.events import OrderAnswered
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.commands import Action, Order

logger = logging.getLogger(__name__)


def against(order: Order, now: datetime, trust: ClockTrust) -> str:
    """Why an order is not carried out, or nothing: it may not be late, and a door without the hour cannot tell."""
    if not knows_the_hour(trust):
        return "clock_untrusted"
    return "expired" if now >= order.expires else ""


class OrdersLane:
    """Orders as they come from the stream, one after the other."""

    def __init__(self, device: Device, place: Place, locks: Locks, tags: HandingOut, machine: Machine = REAL) -> None:
        self._look_every = machine.rhythm.look_every
        self._device, self._place, self._locks, self._tags = device, place, locks, tags
        self._queue: asyncio.Queue[Order] = asyncio.Queue()
        self.turned_at = device.clock.monotonic()
        """When this lane last turned (monotonic seconds); it does so at least every `look_every` and disk time-out."""

    def take(self, order: Order) -> None:
        """An order has come, perhaps not for the first time."""
        self._queue.put_nowait(order)

    async def run(self) -> None:
        """Answer orders until cancelled."""
        while True:
            order = await self._next()
            if order is not None:
                await self._try(order)
            self.turned_at = self._device.clock.monotonic()

    async def _next(self) -> Order | None:
        try:
            async with asyncio.timeout(self._look_every):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _try(self, order: Order) -> None:
        try:
            await self._answer(order)
        except StoreFailed as error:
            logger.error("an order is not carried out", extra={"order": order.order, "why": error})

    async def _answer(self, order: Order) -> None:
        device = self._device
        if await device.journal.answered(order.order):
            return
        reason = against(order, device.clock.now(), device.clock.trust())
        await device.journal.write(OrderAnswered(order.order, order.action.value, not reason, reason))
        if reason:
            return
        match order.action:
            case Action.OPEN_ONCE:
                await self._open(order)
            case Action.READ_TAG:
                self._tags.begin(order)

    async def _open(self, order: Order) -> None:
        rules = self._place.policy()
        seconds = rules.release_seconds if rules else EXIT_SECONDS
        if await self._locks.let_in(Release(order.order[:64], seconds, "order")):
            # Who opens from afar answers for the branch as one who comes in does.
            self._place.staff_came()
            self._locks.look()
