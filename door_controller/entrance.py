"""From card to verdict: one lane of happenings through `rules.entry`; it decides nothing and keeps the order."""

import asyncio
import logging

from door_controller.asking import ask_server, check_tag, recall, recheck
from door_controller.face import Face
from door_controller.handing_out import HandingOut
from door_controller.identifying import identify
from door_controller.locks import Locks
from door_controller.pace import rest
from door_controller.site import Place
from door_controller.wording import tone_at, tone_of
from hardware.ports import Tone
from meroppet.device.device import Device
from meroppet.device.errors import StoreFailed
from meroppet.rules import entry as rules
from meroppet.rules.credentials import CardNumber
from meroppet.rules.door_vocabulary import Asked
from meroppet.rules.pin import Outcome
from meroppet.runtime.machine import REAL, Machine

logger = logging.getLogger(__name__)

_KEYS = {"*": rules.CANCEL, "#": rules.OK}


class EffectFailed(Exception):
    """An effect was not performed; those after it must not be tried."""


class EntryLane:
    """What stands between a card and the strike."""

    def __init__(
        self,
        device: Device,
        place: Place,
        locks: Locks,
        face: Face,
        tags: HandingOut,
        machine: Machine = REAL,
    ) -> None:
        self._ids, self._look_every = machine.ids, machine.rhythm.look_every
        self._device, self._place, self._locks, self._face, self._tags = device, place, locks, face, tags
        self._clock = device.clock
        self._entry: rules.Entry = rules.Idle()
        self._queue: asyncio.Queue[rules.Happening | _Shown] = asyncio.Queue()
        self._asking: set[asyncio.Task[None]] = set()
        self.turned_at = self._clock.monotonic()
        """When this lane last turned (monotonic seconds); it does so at every whole second and disk time-out."""

    def card(self, number: CardNumber | None) -> None:
        """A card was shown; None if what was read can be none."""
        if number is not None:
            self._face.sound(Tone.BLIP)
        # What can wait does so while somebody stands at the door.
        self._device.sync.hold_back()
        self._queue.put_nowait(_Shown(number))

    def key(self, key: str) -> None:
        """A key of the keypad was pressed."""
        self._device.sync.hold_back()
        self._queue.put_nowait(rules.Key(_KEYS.get(key, key)))

    def look(self) -> None:
        """See now whether what the display says has changed."""
        self._queue.put_nowait(rules.Tick())

    async def run(self) -> None:
        """Turn until cancelled."""
        self._rest()
        while True:
            happening = await self._next()
            if isinstance(happening, _Shown):
                await self._shown(happening.number)
            else:
                await self._happen(happening)
            if isinstance(self._entry, rules.Idle):
                self._rest()
            self.turned_at = self._clock.monotonic()

    async def _next(self) -> "rules.Happening | _Shown":
        try:
            async with asyncio.timeout(rest(self._clock, rules.due(self._entry), self._look_every)):
                return await self._queue.get()
        except TimeoutError:
            return rules.Tick()

    async def _shown(self, number: CardNumber | None, *, typed: bool = False) -> None:
        try:
            card = await identify(self._device, self._ids(), number, typed=typed)
        except StoreFailed as error:
            await self._fail(error)
            return
        await self._happen(card)

    async def _happen(self, happening: rules.Happening) -> None:
        try:
            await self._step(happening)
        except (StoreFailed, EffectFailed) as error:
            await self._fail(error)

    async def _fail(self, error: Exception) -> None:
        logger.error("an attempt could not go on", extra={"why": error})
        await self._step(rules.Failed())

    async def _step(self, happening: rules.Happening) -> None:
        await self._place.look()
        self._entry, effects = rules.step(self._entry, happening, self._place.site(), self._clock.monotonic())
        for effect in effects:
            await self._perform(effect)

    async def _perform(self, effect: rules.Effect) -> None:
        device = self._device
        match effect:
            case rules.Identify(number):
                await self._shown(number, typed=True)
            case rules.Count(attempt, card, subject):
                await device.attempts.count(attempt, subject or self._digest(card))
            case rules.Settle(attempt, outcome):
                await self._settle(attempt, outcome)
            case rules.Record(event, card, subject):
                await device.journal.write(event, subject or (device.digest(card) if card else None) or "")
            case rules.Release(lease, seconds, cause, extended):
                if not await self._locks.let_in(Asked(lease, seconds, cause, extended)):
                    raise EffectFailed("the strike was not released")
            case rules.StaffCame():
                self._place.staff_came()
                self._locks.look()
            case rules.Verify() | rules.Recall() | rules.CheckTag() | rules.Recheck():
                self._ask(effect)
            case rules.AskPin() | rules.AskNumber() | rules.Tell() | rules.Rest():
                self._say(effect)

    async def _settle(self, attempt: str, outcome: Outcome) -> None:
        try:
            await self._device.attempts.settle(attempt, outcome)
        except StoreFailed as error:
            logger.error("an attempt's outcome is not stored; it counts as wrong", extra={"why": error})

    def _ask(self, effect: rules.Verify | rules.Recall | rules.CheckTag | rules.Recheck) -> None:
        device, answered = self._device, self._queue.put_nowait
        if not isinstance(effect, rules.Recheck):
            # Whoever is asked, it looks the same.
            self._face.show(self._face.words.checking())
        match effect:
            case rules.Verify():
                self._begin(asyncio.create_task(ask_server(device, effect, answered)))
            case rules.Recall():
                self._begin(asyncio.create_task(recall(device, effect, answered)))
            case rules.CheckTag():
                self._begin(asyncio.create_task(check_tag(device, effect, answered)))
            case rules.Recheck():
                self._begin(asyncio.create_task(recheck(device, effect)))

    def _say(self, effect: rules.AskPin | rules.AskNumber | rules.Tell | rules.Rest) -> None:
        match effect:
            case rules.AskPin(digits):
                self._face.show(self._face.words.asking(digits), tone_at(digits))
            case rules.AskNumber(digits):
                self._face.show(self._face.words.typing(digits), tone_at(digits))
            case rules.Tell(reason):
                self._face.show(self._face.words.told(reason, self._place.surroundings()), tone_of(reason))
            case rules.Rest():
                self._rest()

    def _digest(self, card: CardNumber) -> str:
        digest = self._device.digest(card)
        if digest is None:
            raise EffectFailed("the branch's keys are gone")
        return digest

    def _begin(self, task: asyncio.Task[None]) -> None:
        self._asking.add(task)
        task.add_done_callback(self._asked)

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # No answer is an answer: the entry's deadline turns it into a refusal.
            logger.error("asking went wrong", exc_info=error)

    def _rest(self) -> None:
        around = self._place.surroundings()
        self._face.show(self._tags.display or self._face.words.resting(self._place.known_site(), around))


class _Shown:
    """A card that was read and whose locks are not looked up yet."""

    __slots__ = ("number",)

    def __init__(self, number: CardNumber | None) -> None:
        self.number = number
