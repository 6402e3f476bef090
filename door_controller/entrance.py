"""From card to verdict: one lane of happenings through `rules.entry`; it decides nothing and keeps the order."""

import asyncio
import logging
import secrets

from door_controller.asking import ask_server, recall
from door_controller.face import Face
from door_controller.site import branch_state, site, stands_free, surroundings
from door_controller.strike import StrikeLane
from door_controller.wording import asking, resting, told, tone_of
from hardware.ports import Tone
from meroppet.device.device import Device
from meroppet.device.errors import StoreFailed
from meroppet.rules import entry as rules
from meroppet.rules.credentials import CardNumber
from meroppet.rules.pin import card_locked, door_locked

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
_KEYS = {"*": rules.CANCEL, "#": rules.OK}


class EffectFailed(Exception):
    """An effect was not performed; those after it must not be tried."""


class EntryLane:
    """What stands between a card and the strike."""

    def __init__(self, device: Device, strike: StrikeLane, face: Face) -> None:
        self._device, self._strike, self._face = device, strike, face
        self._clock = device.clock
        self._entry: rules.Entry = rules.Idle()
        self._queue: asyncio.Queue[rules.Happening | _Shown] = asyncio.Queue()
        self._asking: set[asyncio.Task[None]] = set()
        self.turned_at = self._clock.monotonic()
        """When this lane last turned (monotonic seconds); it does so at least every LOOK_EVERY and disk time-out."""

    def card(self, number: CardNumber | None) -> None:
        """A card was shown; None if what was read can be none."""
        self._queue.put_nowait(_Shown(number))

    def key(self, key: str) -> None:
        """A key of the keypad was pressed."""
        self._queue.put_nowait(rules.Key(_KEYS.get(key, key)))

    async def run(self) -> None:
        """Turn until cancelled."""
        self._rest()
        while True:
            happening = await self._next()
            if isinstance(happening, _Shown):
                await self._shown(happening.number)
            else:
                await self._happen(happening)
            self.turned_at = self._clock.monotonic()

    async def _next(self) -> "rules.Happening | _Shown":
        wanted = rules.due(self._entry)
        pause = LOOK_EVERY if wanted is None else min(LOOK_EVERY, max(0.0, wanted - self._clock.monotonic()))
        try:
            async with asyncio.timeout(pause):
                return await self._queue.get()
        except TimeoutError:
            if isinstance(self._entry, rules.Idle):
                self._rest()
            return rules.Tick()

    async def _shown(self, number: CardNumber | None) -> None:
        attempt = secrets.token_hex(16)
        digest = None if number is None else self._device.digest(number)
        try:
            locked = (False, False) if digest is None else await self._locks(digest)
        except StoreFailed as error:
            await self._fail(error)
            return
        await self._happen(rules.Card(number, attempt, card_locked=locked[0], door_locked=locked[1]))

    async def _locks(self, digest: str) -> tuple[bool, bool]:
        now, attempts = self._clock.now(), self._device.attempts
        return card_locked(await attempts.card_failures(digest), now), door_locked(await attempts.door_failures(), now)

    async def _happen(self, happening: rules.Happening) -> None:
        try:
            await self._step(happening)
        except (StoreFailed, EffectFailed) as error:
            await self._fail(error)

    async def _fail(self, error: Exception) -> None:
        logger.error("an attempt could not go on", extra={"why": error})
        await self._step(rules.Failed())

    async def _step(self, happening: rules.Happening) -> None:
        self._entry, effects = rules.step(self._entry, happening, site(self._device), self._clock.monotonic())
        for effect in effects:
            await self._perform(effect)

    async def _perform(self, effect: rules.Effect) -> None:
        device = self._device
        match effect:
            case rules.AskPin(digits):
                self._face.show(asking(digits), Tone.CLICK)
            case rules.Count(attempt, card):
                await device.attempts.count(attempt, self._digest(card))
            case rules.Settle(attempt, outcome):
                await device.attempts.settle(attempt, outcome)
            case rules.Verify():
                self._begin(asyncio.create_task(ask_server(device, effect, self._queue.put_nowait)))
            case rules.Recall():
                self._begin(asyncio.create_task(recall(device, effect, self._queue.put_nowait)))
            case rules.Record(event, card):
                await device.journal.write(event, "" if card is None else device.digest(card) or "")
            case rules.Release():
                if not await self._strike.let_in(effect):
                    raise EffectFailed("the strike was not released")
            case rules.Tell(reason):
                self._face.show(told(reason, surroundings(device)), tone_of(reason))
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
        free, around = stands_free(self._device), surroundings(self._device)
        self._face.show(resting(branch_state(self._device), stands_free=free, around=around))


class _Shown:
    """A card that was read and whose locks are not looked up yet."""

    __slots__ = ("number",)

    def __init__(self, number: CardNumber | None) -> None:
        self.number = number
