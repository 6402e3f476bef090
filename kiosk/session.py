"""The shell around meroppet.rules.checkout: one queue of happenings, effects performed in order, listeners told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from hardware.ports import Sounder, Tone
from kiosk.answers import returned_line, taken_line
from kiosk.opening import is_staff_only
from kiosk.ports import Agreements, Attempts, Counted, Journal, Surroundings
from kiosk.presentation import Presentation
from kiosk.sounds import tone_between
from meroppet.ils.ports import Circulation, LoanReason
from meroppet.rules.checkout import RECEIPT_SECONDS, step
from meroppet.rules.papers import Paper
from meroppet.rules.pin import PinAnswer
from meroppet.rules.session import (
    Borrow,
    Chosen,
    Effect,
    Failed,
    GiveBack,
    Happening,
    Identified,
    Identify,
    ItemAnswered,
    ItemSeen,
    Locked,
    OnLoan,
    PaperKept,
    Record,
    Renew,
    RenewalAnswered,
    Screen,
    Session,
    Settle,
    TellPaper,
    Tick,
)
from meroppet.runtime.clock import Clock

Question = Identify | TellPaper | Borrow | Renew | GiveBack


@dataclass(frozen=True, slots=True)
class Surfaces:
    """Everything the shell reaches out to."""

    ils: Circulation
    journal: Journal
    attempts: Attempts
    surroundings: Surroundings
    clock: Clock
    sounder: Sounder | None = None
    agreements: Agreements | None = None


@dataclass(slots=True)
class _Listeners:
    """Those who want to know that the screen may have changed; each holds one event of its own."""

    events: set[asyncio.Event] = field(default_factory=set)

    def tell(self) -> None:
        for event in self.events:
            event.set()


class SessionShell:
    """The one session of this screen. `happen` may be called from anywhere in the loop; `run` does the work."""

    def __init__(self, surfaces: Surfaces, new_session: Callable[[], str]) -> None:
        self._out = surfaces
        self._new_session = new_session
        self._happenings: asyncio.Queue[Happening] = asyncio.Queue()
        self._questions: asyncio.Queue[Question] = asyncio.Queue()
        self._listeners = _Listeners()
        self._attempt = ""
        self._presented = 0.0
        self._playing: set[asyncio.Future[bool]] = set()
        self._on_pad: frozenset[str] = frozenset()
        self._left_behind: frozenset[str] = frozenset()
        self.session = Session()
        self.presentation = Presentation()

    @property
    def forgotten(self) -> bool:
        """Whether items of an earlier session still lie on the pad."""
        return bool(self._left_behind)

    def new_session(self) -> str:
        """An identifier for a session that begins."""
        return self._new_session()

    def happen(self, happening: Happening) -> None:
        """Queue what happened; it is answered in its turn."""
        self._happenings.put_nowait(happening)

    async def heard(self) -> None:
        """Wait until everything that has happened so far is on the screen; the register may still be thinking."""
        await self._happenings.join()

    def present(self, presentation: Presentation) -> None:
        """Show the screen in another way."""
        self.presentation = presentation
        self._presented = self._out.clock.monotonic()
        self._listeners.tell()

    def pad(self, items: tuple[str, ...]) -> None:
        """What lies on the pad now. What an earlier session left there is not taken for the next person's."""
        self._on_pad = frozenset(items)
        self._left_behind &= self._on_pad
        self._look_at_pad()
        self._listeners.tell()

    def listen(self) -> asyncio.Event:
        """An event that is set whenever the screen may have changed; give it back with `unlisten`."""
        event = asyncio.Event()
        event.set()
        self._listeners.events.add(event)
        return event

    def unlisten(self, event: asyncio.Event) -> None:
        """The listener is gone."""
        self._listeners.events.discard(event)

    async def run(self) -> None:
        """Answer what happens, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer_happenings())
            tasks.create_task(self._ask_questions())

    async def _answer_happenings(self) -> None:
        while True:
            happening = await self._happenings.get()
            await self._step(happening)
            self._happenings.task_done()

    async def _step(self, happening: Happening) -> None:
        if isinstance(happening, Chosen) and self._may_not_begin():
            return
        before = self.session
        self.session, effects = step(before, happening, self._out.clock.monotonic())
        self._forget_presentation(happening)
        if self.session != before:
            self._follow(before)
            self._listeners.tell()
            self._sound(tone_between(before, self.session))
        for effect in effects:
            if not await self._perform(effect):
                self.happen(Failed())
                return

    def _may_not_begin(self) -> bool:
        """In maintenance and in an emergency nobody begins anything; whoever has begun goes on as if nothing were."""
        hours = self._out.surroundings.branch().hours
        return self.session.screen is Screen.IDLE and is_staff_only(hours, self._out.clock.now())

    def _follow(self, before: Session) -> None:
        """Keep pad and presentation in step with sessions that begin and end."""
        if before.id != self.session.id:
            handled = {line.barcode for line in before.lines}
            self._left_behind |= self._on_pad & handled
        if self.session.screen is Screen.IDLE and before.screen is not Screen.IDLE:
            self.presentation = Presentation()
        if self.session.screen is Screen.ITEMS and before.screen is not Screen.ITEMS:
            self._look_at_pad()

    def _forget_presentation(self, happening: Happening) -> None:
        """Who chose a language and walked away leaves the screen to the next person as it was."""
        waited = self._out.clock.monotonic() - self._presented
        is_idle = isinstance(happening, Tick) and self.session.screen is Screen.IDLE
        if is_idle and self.presentation != Presentation() and waited > RECEIPT_SECONDS:
            self.present(Presentation())

    def _sound(self, tone: Tone | None) -> None:
        """Played beside everything else: a buzzer that does not answer holds nobody up."""
        if tone is not None and self._out.sounder is not None:
            playing = asyncio.ensure_future(self._out.sounder.play(tone))
            self._playing.add(playing)
            playing.add_done_callback(self._playing.discard)

    def _look_at_pad(self) -> None:
        if self.session.screen is Screen.ITEMS:
            for item in sorted(self._on_pad - self._left_behind):
                self.happen(ItemSeen(item))

    async def _perform(self, effect: Effect) -> bool:
        match effect:
            case Record(event, card):
                return await self._out.journal.record(event, card)
            case Settle(_, outcome):
                await self._out.attempts.settle(self._attempt, outcome)
                return True
            case _:
                self._questions.put_nowait(effect)
                return True

    async def _ask_questions(self) -> None:
        """One question at a time, in order, beside the queue: the screen answers a touch while the register thinks."""
        while True:
            question = await self._questions.get()
            if question.session == self.session.id:
                self.happen(await self._ask(question))
            self._questions.task_done()

    async def _ask(self, question: Question) -> Happening:
        match question:
            case Identify():
                return await self._identify(question)
            case TellPaper():
                kept = self._out.agreements is not None and await self._out.agreements.tell(question)
                return PaperKept(question.session, question.act, kept)
            case Borrow():
                return await self._lend(question)
            case Renew(session, refusal, card, pin):
                renewed = await self._out.ils.renew(card.value, pin.digits, refusal.barcode)
                return RenewalAnswered(session, taken_line(renewed), refusal)
            case GiveBack(session, barcode):
                return ItemAnswered(session, returned_line(await self._out.ils.checkin(barcode)))

    async def _lend(self, asked: Borrow) -> Happening:
        answer = await self._out.ils.checkout(asked.card.value, asked.pin.digits, asked.barcode)
        line = taken_line(answer)
        if answer.reason is LoanReason.ALREADY_ON_LOAN:
            return OnLoan(asked.session, line, asked.card, asked.pin)
        return ItemAnswered(asked.session, line)

    async def _identify(self, question: Identify) -> Happening:
        # A session can hold several attempts: each is counted under an identifier of its own.
        self._attempt = self._new_session()
        counted = await self._out.attempts.count(self._attempt, question.card)
        if counted is Counted.LOCKED:
            return Locked(question.session)
        if counted is Counted.UNCOUNTED:
            return Identified(question.session, PinAnswer.UNAVAILABLE, None, self._today())
        answer = await self._out.ils.patron(question.card.value, question.pin.digits)
        pin = PinAnswer(answer.pin.value)
        initial = (answer.name or "")[:1]
        papers = await self._papers(question) if pin is PinAnswer.RIGHT else ()
        return Identified(question.session, pin, answer.facts, self._today(), initial, answer.holds_ready, papers)

    async def _papers(self, question: Identify) -> tuple[Paper, ...]:
        if self._out.agreements is None:
            return ()
        return await self._out.agreements.due(question.card, question.pin)

    def _today(self) -> date:
        zone = ZoneInfo(self._out.surroundings.branch().zone)
        return self._out.clock.now().astimezone(zone).date()
