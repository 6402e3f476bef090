"""Orders of staff: `rules.orders` decides, and each is answered once, in the journal. This lane does what it says."""

import asyncio
import logging
from dataclasses import dataclass, replace

from door_controller.alarms import Alarms
from door_controller.closing import ClosingLane
from door_controller.handing_out import HandingOut
from door_controller.kept import Kept
from door_controller.locks import Locks
from door_controller.site import Place
from meroppet.device.device import Device
from meroppet.device.errors import StoreFailed
from meroppet.rules import orders as rules
from meroppet.rules.alarms import Acknowledge
from meroppet.rules.door import is_barred
from meroppet.rules.entry import Record, StaffCame
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.commands import Order

logger = logging.getLogger(__name__)

LOCKED_DOWN = "locked_down"


class NotDone(Exception):
    """An effect was not brought about; those after it must not be tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Who brings about what an order asks for."""

    locks: Locks
    alarms: Alarms
    closing: ClosingLane
    tags: HandingOut
    kept: Kept


class OrdersLane:
    """Orders as they come from the stream, one after the other."""

    def __init__(self, device: Device, place: Place, hands: Hands, machine: Machine = REAL) -> None:
        self._look_every = machine.rhythm.look_every
        self._device, self._place, self._hands = device, place, hands
        self._queue: asyncio.Queue[Order] = asyncio.Queue()
        self._standing = rules.Standing(locked_down=bool(hands.kept.word(LOCKED_DOWN)))
        self.turned_at = device.clock.monotonic()
        """When this lane last turned (monotonic seconds); it does so at least every `look_every` and disk time-out."""

    @property
    def standing(self) -> rules.Standing:
        """What orders have laid over the hours."""
        return self._standing

    def take(self, order: Order) -> None:
        """An order has come, perhaps not for the first time."""
        self._queue.put_nowait(order)

    async def run(self) -> None:
        """Answer orders until cancelled."""
        while True:
            order = await self._next()
            if order is not None:
                await self._tried(order)
            await self._tried(None)
            self.turned_at = self._device.clock.monotonic()

    async def _next(self) -> Order | None:
        try:
            async with asyncio.timeout(self._look_every):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _tried(self, order: Order | None) -> None:
        try:
            await (self._look() if order is None else self._take(order))
        except (StoreFailed, NotDone) as error:
            about = {"order": order.order if order is not None else "", "why": error}
            logger.error("an order is not carried out", extra=about)

    async def _take(self, order: Order) -> None:
        waits = any(each.id == order.order for each in self._standing.waiting)
        if waits or await self._device.journal.answered(order.order):
            return
        asked = rules.Order(
            id=order.order,
            action=order.action.value,
            expires=order.expires,
            change=order.change,
            step=order.step,
        )
        here = replace(self._here(), ends=self._place.open_until())
        self._standing, effects = rules.take(self._standing, asked, here)
        await self._perform(effects, order)

    async def _look(self) -> None:
        self._standing, effects = rules.look(self._standing, self._here())
        await self._perform(effects, None)

    def _here(self) -> rules.Here:
        device, door = self._device, self._hands.locks.main.door
        return rules.Here(
            now=device.clock.now(),
            trust=device.clock.trust(),
            policy=self._place.policy(),
            armed=is_barred(door),
            fire_on=door.fire,
            change=device.replica.cursor(),
        )

    async def _perform(self, effects: tuple[rules.Effect, ...], order: Order | None) -> None:
        for effect in effects:
            match effect:
                case Record(event):
                    await self._device.journal.write(event)
                case rules.KeepStanding(locked_down):
                    await self._keep(locked_down=locked_down)
                case rules.LetIn(asked):
                    if not await self._hands.locks.let_in(asked):
                        raise NotDone("the lock was not released")
                case _:
                    self._do(effect, order)

    def _do(self, effect: rules.Effect, order: Order | None) -> None:
        hands = self._hands
        match effect:
            case StaffCame():
                # Who opens from afar answers for the branch as one who comes in does.
                self._place.staff_came()
                hands.locks.look()
            case rules.AtTheDoor(happening):
                hands.locks.hear(happening)
            case Acknowledge():
                hands.alarms.hear(effect)
            case rules.ReadTag() if order is not None:
                hands.tags.begin(order)
            case rules.LeaveOut(step, name):
                if not hands.closing.leave_out(step, name):
                    logger.warning("there is no such step of a closing", extra={"order": name})
            case rules.Fetch():
                self._device.sync.pull_now()

    async def _keep(self, *, locked_down: bool) -> None:
        self._hands.kept.keep(LOCKED_DOWN, "yes" if locked_down else "")
        if not await self._hands.kept.settled():
            raise NotDone("it could not be stored")
