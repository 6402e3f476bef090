"""The closing routine: one lane of happenings through `rules.closing_run`. It decides nothing and stands in no way.

Nobody's way in or out waits for it, and nothing of it can unlock a door: what fails is told in the journal.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from door_controller.face import Face
from door_controller.fittings import Fittings
from door_controller.site import Place
from door_controller.speech import Speech
from door_controller.wording import when
from hardware.ports import Tone
from meroppet.device.device import Device
from meroppet.device.errors import StoreFailed
from meroppet.rules import closing_run as rules
from meroppet.rules.branch import knows_the_hour
from meroppet.rules.closing import Step, StepKind
from meroppet.rules.closing_run import Act, Outcome
from meroppet.rules.entry import Record
from meroppet.rules.hours import Hours
from meroppet.rules.notices import NoticeKind, opens_after
from meroppet.runtime.logs import Recurring
from meroppet.runtime.machine import REAL, Machine
from meroppet.texts import Said, announcement

logger = logging.getLogger(__name__)

TURNS = 60
"""How many of the machine's looks go by at most before the plan is looked at anew: the clock may have been set."""
AGAIN_AFTER = 1.0
_AFTER = 0.002
"""A timer may fire a little early; the look is to come after the moment, not before."""
_ORDER = (Outcome.FAILED, Outcome.DONE, Outcome.NOT_FITTED, Outcome.SHOWN)
"""What becomes of a step of several acts: the worst that failed, else the best that was done."""


class ClosingLane:
    """Announcements, lights, messages and the request to arm, each when its time has come."""

    def __init__(
        self,
        device: Device,
        place: Place,
        fittings: Fittings,
        face: Face,
        *,
        folder: Path,
        recordings: Path | None = None,
        light: Callable[[], object] | None = None,
        machine: Machine = REAL,
    ) -> None:
        self._device, self._place, self._fittings, self._face = device, place, fittings, face
        self._clock, self._light = device.clock, light
        self._speech = Speech(fittings.loudspeaker, fittings.voice, folder, recordings)
        self._longest = TURNS * machine.rhythm.look_every
        self._run = rules.Run()
        self._armed: bool | None = None
        self._queue: asyncio.Queue[rules.Happening] = asyncio.Queue()
        self._looked: tuple[Hours | None, datetime, datetime] | None = None
        """The hours for which the plan was last asked, when, and when it next has something to do."""
        self._trouble = Recurring(logger, "the closing routine")

    def look(self) -> None:
        """See now whether the hours have changed."""
        self._looked = None
        self._queue.put_nowait(rules.Look())

    def armed(self, on: bool | None) -> None:
        """The intruder alarm's word; None while it does not answer."""
        self._armed = on
        if on is not None:
            self._queue.put_nowait(rules.Armed(on))

    def leave_out(self, step: str, order: str) -> bool:
        """Staff want a step left out of the closing that comes or goes on; False where there is no such step."""
        try:
            self._queue.put_nowait(rules.LeaveOut(StepKind(step), order))
        except ValueError:
            return False
        return True

    async def run(self) -> None:
        """Turn until cancelled."""
        await self._remember()
        await self._withdraw()
        while True:
            happening = await self._next()
            try:
                await self._happen(happening)
            except Exception as error:  # noqa: BLE001 (whatever fails here, the door goes on)
                self._trouble.failed(f"{type(error).__name__}: {error}")
                await asyncio.sleep(AGAIN_AFTER)
            else:
                self._trouble.succeeded()

    async def _remember(self) -> None:
        try:
            self._run = rules.remembered(await self._device.journal.recent("closing.step"))
        except StoreFailed as error:
            # Said twice is better than not at all.
            logger.warning("what was done of the closing is not known", extra={"why": error})

    async def _next(self) -> rules.Happening:
        try:
            async with asyncio.timeout(self._rest()):
                return await self._queue.get()
        except TimeoutError:
            return rules.Look()

    def _rest(self) -> float:
        """Seconds until something is to be done, as far as is known; the plan is asked only when that may be new."""
        hours, now = self._hours(), self._clock.now()
        if self._looked is None or self._looked[0] is not hours or not self._looked[1] <= now < self._looked[2]:
            self._looked = hours, now, rules.due(self._run, self._around(hours)) or now + rules.AHEAD / 2
        ways = [self._longest, (self._looked[2] - now).total_seconds()]
        if (waited := rules.due_instant(self._run)) is not None:
            ways.append(waited - self._clock.monotonic())
        return max(0.0, min(ways)) + _AFTER

    async def _happen(self, happening: rules.Happening) -> None:
        await self._place.look()
        self._run, effects = rules.step(self._run, happening, self._around(self._hours()))
        for effect in effects:
            match effect:
                case rules.Perform(step, acts):
                    await self._happen(rules.Performed(step, await self._perform(step, acts)))
                case rules.AskToArm(step):
                    await self._happen(rules.Performed(step, await self._ask_to_arm()))
                case rules.Withdraw():
                    await self._withdraw()
                case Record(event):
                    self._device.record(event)

    def _hours(self) -> Hours | None:
        return self._device.replica.hours() if knows_the_hour(self._clock.trust()) else None

    def _around(self, hours: Hours | None) -> rules.Around:
        return rules.Around(hours, self._clock.now(), self._clock.monotonic(), self._place.inside, self._armed)

    async def _perform(self, step: Step, acts: frozenset[Act]) -> Outcome:
        said = self._said(step)
        outcomes = []
        if Act.LIGHTS in acts:
            outcomes.append(self._put_out_lights())
        # Before it is said aloud, which takes a while: what is on the screens is heard in the hall.
        if Act.TELL_OTHERS in acts:
            outcomes.append(await self._tell_others(step, said))
        if Act.ANNOUNCE in acts:
            outcomes.append(await self._announce(step, said))
        return next(outcome for outcome in _ORDER if outcome in outcomes)

    def _said(self, step: Step) -> dict[str, Said]:
        found = {
            lang: announcement(step.kind, step.minutes, lang, opens=self._opens(step, lang)) for lang in self._languages
        }
        return {lang: said for lang, said in found.items() if said is not None}

    @property
    def _languages(self) -> tuple[str, ...]:
        return self._face.words.languages

    def _opens(self, step: Step, lang: str) -> str:
        """When one may come back after an emptying, in words."""
        hours = self._hours()
        if hours is None or step.kind not in {StepKind.ANNOUNCE_EMPTYING, StepKind.EMPTY}:
            return ""
        emptied = step.at + timedelta(minutes=step.minutes if step.kind is StepKind.ANNOUNCE_EMPTYING else 0)
        opens = opens_after(hours, emptied, NoticeKind.EMPTYING_SOON)
        return "" if opens is None else when(opens, self._clock.now(), hours, lang)

    async def _announce(self, step: Step, said: Mapping[str, Said]) -> Outcome:
        if self._fittings.loudspeaker is None:
            # Whoever stands in the doorway hears at least that something is said on the display.
            self._face.sound(Tone.PULSING)
        return await self._speech.say(step.kind, step.minutes, said)

    async def _tell_others(self, step: Step, said: Mapping[str, Said]) -> Outcome:
        messenger, branch = self._fittings.messenger, self._device.replica.branch()
        if messenger is None:
            return Outcome.SHOWN
        message: dict[str, str | int] = {
            "step": step.kind.value,
            "minutes": step.minutes,
            "at": step.at.isoformat(),
            "branch": branch.id if branch is not None else "",
            **{f"text_{lang}": f"{text.title} {text.line}".strip() for lang, text in said.items()},
        }
        try:
            return Outcome.DONE if await messenger.tell(message) else Outcome.FAILED
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            logger.error("nobody else was told of the closing", extra={"why": f"{type(error).__name__}: {error}"})
            return Outcome.FAILED

    def _put_out_lights(self) -> Outcome:
        if self._light is None or not self._fittings.relays:
            return Outcome.NOT_FITTED
        self._light()
        return Outcome.DONE

    async def _ask_to_arm(self) -> Outcome:
        if self._fittings.arm_request is None:
            return Outcome.NOT_FITTED
        return Outcome.DONE if await self._request(on=True) else Outcome.FAILED

    async def _withdraw(self) -> None:
        if self._fittings.arm_request is not None and not await self._request(on=False):
            logger.error("the request to arm could not be taken down")

    async def _request(self, *, on: bool) -> bool:
        relay = self._fittings.arm_request
        try:
            return relay is not None and await relay.switch(on)
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            logger.error("the output to the alarm failed", extra={"why": f"{type(error).__name__}: {error}"})
            return False
