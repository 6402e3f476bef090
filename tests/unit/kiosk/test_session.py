"""The shell around the session: effects in order, the register beside the screen, nothing left for the next person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest

from kiosk.ports import Counted
from kiosk.presentation import Presentation
from kiosk.session import SessionShell, Surfaces
from meroppet.ils.fake import FakeIls
from meroppet.ils.ports import LoanAnswer, LoanReason, PatronAnswer, PatronReason, UnavailableCause
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason
from meroppet.rules.session import (
    Cancelled,
    CardShown,
    Chosen,
    Finished,
    ItemSeen,
    KeyPressed,
    LineState,
    Screen,
    Task,
    Tick,
    Touched,
)
from tests.fakes.kiosk_parts import FixedSurroundings, ManualClock, MemoryAttempts, MemoryJournal, library, register

CARD = "2900100000017"


class Stand:
    """A kiosk with everything around it in memory."""

    def __init__(self, ils=None) -> None:
        self.clock, self.journal, self.attempts = ManualClock(), MemoryJournal(), MemoryAttempts()
        self.ils = ils or register()
        numbers = count(1)
        surfaces = Surfaces(self.ils, self.journal, self.attempts, FixedSurroundings(), self.clock)
        self.kiosk = SessionShell(surfaces, lambda: f"s{next(numbers)}")

    async def happen(self, *happenings) -> None:
        for happening in happenings:
            self.kiosk.happen(happening)
        await self.settled()

    async def settled(self) -> None:
        """Until the register has answered and nothing follows from its answers."""
        for _ in range(4):
            await self.kiosk._happenings.join()
            await self.kiosk._questions.join()

    async def log_in(self, pin: str = "7305", card: str = CARD) -> None:
        await self.happen(Chosen(Task.BORROW, self.kiosk.new_session()), CardShown(card))
        await self.happen(*(KeyPressed(digit) for digit in pin), KeyPressed("ok"))

    @property
    def session(self):
        return self.kiosk.session

    @property
    def states(self) -> dict[str, LineState]:
        return {line.barcode: line.state for line in self.session.lines}


@asynccontextmanager
async def running(stand: Stand) -> AsyncIterator[Stand]:
    task = asyncio.create_task(stand.kiosk.run())
    try:
        yield stand
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
async def stand():
    async with running(Stand()) as stand:
        yield stand


async def test_a_visit_from_card_to_receipt(stand):
    await stand.log_in()
    stand.kiosk.pad(("3010000000011", "3010000000029"))
    await stand.settled()
    await stand.happen(Finished())

    assert stand.session.screen is Screen.RECEIPT
    assert set(stand.states.values()) == {LineState.DONE}
    assert stand.journal.kinds == ["kiosk.identified", "kiosk.loan", "kiosk.loan"]
    assert stand.session.card is None
    assert stand.session.pin is None


async def test_an_attempt_is_counted_before_the_register_is_asked(stand):
    await stand.log_in(pin="9999")

    assert stand.session.reason is Reason.WRONG_PIN
    assert stand.attempts.log == ["count", "wrong"]


async def test_each_attempt_of_a_session_is_counted_under_its_own_name(stand):
    await stand.log_in(pin="9999")
    await stand.happen(CardShown(CARD), *(KeyPressed(digit) for digit in "7305"), KeyPressed("ok"))

    assert stand.session.screen is Screen.ITEMS
    assert len(set(stand.attempts.names)) == 2


async def test_a_locked_card_is_refused_without_asking_the_register():
    class Silent(FakeIls):
        async def patron(self, card, pin):
            raise AssertionError("the register was asked")

    async with running(Stand(Silent(library(), "NORA"))) as stand:
        stand.attempts.answer = Counted.LOCKED
        await stand.log_in()

        assert stand.session.reason is Reason.PIN_LOCKED


async def test_what_cannot_be_counted_is_not_checked():
    class Silent(FakeIls):
        async def patron(self, card, pin):
            raise AssertionError("the register was asked")

    async with running(Stand(Silent(library(), "NORA"))) as stand:
        stand.attempts.answer = Counted.UNCOUNTED
        await stand.log_in()

        assert stand.session.reason is Reason.ILS_UNAVAILABLE


async def test_a_silent_register_is_a_refusal_of_its_own():
    class Gone(FakeIls):
        async def patron(self, card, pin):
            return PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=UnavailableCause.TIMEOUT)

    async with running(Stand(Gone(library(), "NORA"))) as stand:
        await stand.log_in()

        assert stand.session.reason is Reason.ILS_UNAVAILABLE
        assert stand.attempts.log == ["count", "undecided"]


async def test_a_journal_that_cannot_be_written_lends_nothing(stand):
    stand.journal.full = True

    await stand.log_in()

    assert stand.session.screen is Screen.REFUSED
    assert stand.session.reason is Reason.OUT_OF_ORDER


async def test_a_loan_whose_answer_never_came_is_not_shown_as_done():
    class Cut(FakeIls):
        async def checkout(self, card, pin, barcode):
            return LoanAnswer(LoanReason.UNAVAILABLE, barcode, may_have_happened=True, cause=UnavailableCause.TIMEOUT)

    async with running(Stand(Cut(library(), "NORA"))) as stand:
        await stand.log_in()
        await stand.happen(ItemSeen("3010000000011"))

        assert stand.session.lines[0].state is LineState.REFUSED
        assert stand.session.lines[0].reason == "uncertain"


async def test_a_book_one_has_already_is_renewed():
    class Strict(FakeIls):
        async def checkout(self, card, pin, barcode):
            return LoanAnswer(LoanReason.ALREADY_ON_LOAN, barcode)

    stock = library()
    stock.checkout(CARD, "3010000000011", "NORA")
    async with running(Stand(Strict(stock, "NORA"))) as stand:
        await stand.log_in()
        await stand.happen(ItemSeen("3010000000011"))

        assert stand.session.lines[0].reason == "renewed"
        assert stand.session.lines[0].state is LineState.DONE


async def test_a_return_says_where_the_book_goes_and_needs_no_card(stand):
    await stand.happen(Chosen(Task.RETURN, "s"))
    stand.kiosk.pad(("3010000000052", "3010000000060"))
    await stand.settled()

    goes = {line.barcode: line.destination for line in stand.session.lines}
    assert goes == {"3010000000052": "transit:Lindesberg", "3010000000060": "hold_here"}
    assert all(card is None for _, card in stand.journal.rows)


async def test_an_unreadable_label_is_a_refused_line_and_a_row(stand):
    await stand.log_in()
    await stand.happen(ItemSeen("\x00" * 200))

    assert stand.session.lines[0].state is LineState.REFUSED
    assert stand.journal.kinds[-1] == "kiosk.loan"


async def test_books_put_down_before_the_log_in_are_taken_after_it(stand):
    stand.kiosk.pad(("3010000000011",))
    await stand.log_in()

    assert stand.states == {"3010000000011": LineState.DONE}


async def test_books_an_earlier_session_left_are_not_the_next_persons(stand):
    await stand.log_in()
    stand.kiosk.pad(("3010000000011",))
    await stand.settled()
    await stand.happen(Finished(), Finished())
    assert stand.kiosk.forgotten

    await stand.log_in()
    assert stand.session.lines == ()

    stand.kiosk.pad(())
    stand.kiosk.pad(("3010000000011",))
    await stand.settled()
    assert stand.states == {"3010000000011": LineState.DONE}


async def test_the_screen_clears_itself_and_forgets_language_and_person(stand):
    stand.kiosk.present(Presentation(lang="en", lowered=True))
    await stand.log_in()
    stand.clock.forward(119)
    await stand.happen(Tick())
    assert stand.session.screen is Screen.ITEMS

    await stand.happen(Touched())
    stand.clock.forward(121)
    await stand.happen(Tick())

    assert stand.session.screen is Screen.IDLE
    assert stand.session.card is None
    assert stand.kiosk.presentation == Presentation()


async def test_a_language_chosen_by_someone_who_left_goes_too(stand):
    stand.kiosk.present(Presentation(lang="en"))
    await stand.happen(Tick())
    assert stand.kiosk.presentation.lang == "en"

    stand.clock.forward(21)
    await stand.happen(Tick())

    assert stand.kiosk.presentation == Presentation()


async def test_an_answer_for_a_session_that_ended_is_for_nobody():
    release = asyncio.Event()

    class Slow(FakeIls):
        async def patron(self, card, pin):
            await release.wait()
            return await super().patron(card, pin)

    async with running(Stand(Slow(library(), "NORA"))) as stand:
        stand.kiosk.happen(Chosen(Task.BORROW, "a"))
        stand.kiosk.happen(CardShown(CARD))
        for key in (*"7305", "ok"):
            stand.kiosk.happen(KeyPressed(key))
        await stand.kiosk.heard()
        assert stand.session.screen is Screen.CHECKING

        stand.kiosk.happen(Cancelled())
        await stand.kiosk.heard()
        release.set()
        await stand.settled()

        assert stand.session.screen is Screen.IDLE


async def test_nothing_of_a_person_is_in_the_journal(stand):
    await stand.log_in()
    await stand.happen(ItemSeen("3010000000011"))
    await stand.happen(Finished(), Finished())

    assert [event.kind for event, _ in stand.journal.rows] == ["kiosk.identified", "kiosk.loan", "kiosk.ended"]
    written = repr([event.detail() for event, _ in stand.journal.rows])
    for secret in (CARD, "7305", "Åsa", "Sagor", "3010000000011"):
        assert secret not in written
