"""The kiosk's session over arbitrary happenings: secrets go with their owner, and nobody borrows as somebody else."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meroppet.rules.checkout import IDLE_SECONDS, step
from meroppet.rules.credentials import CardNumber
from meroppet.rules.events import KioskEnded
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.session import (
    Borrow,
    Cancelled,
    CardShown,
    Chosen,
    Effect,
    Failed,
    Finished,
    GiveBack,
    Happening,
    Identified,
    Identify,
    ItemAnswered,
    ItemSeen,
    KeyPressed,
    Line,
    LineState,
    Locked,
    OnLoan,
    Record,
    Renew,
    RenewalAnswered,
    Screen,
    Session,
    Settle,
    Task,
    Tick,
    Touched,
)
from tests.unit.meroppet.rules.cases import FINE, TODAY

IDENTIFIERS = st.integers(0, 20).map("s{}".format)
ANSWERS = st.builds(
    Identified,
    IDENTIFIERS,
    st.sampled_from(PinAnswer),
    st.sampled_from([None, FINE]),
    st.just(TODAY),
    st.just("A"),
)
LINES = st.builds(Line, st.sampled_from(["30001", "30002"]), st.sampled_from(LineState))
HAPPENINGS = st.one_of(
    st.builds(CardShown, st.sampled_from(["21000001", "21000002", "\x00", ""])),
    st.builds(KeyPressed, st.sampled_from(["1", "ok", "back", "x"])),
    st.builds(Locked, IDENTIFIERS),
    ANSWERS,
    st.builds(ItemSeen, st.sampled_from(["30001", "30002"])),
    st.builds(ItemAnswered, IDENTIFIERS, LINES),
    st.builds(RenewalAnswered, IDENTIFIERS, LINES, LINES),
    st.sampled_from([Touched(), Finished(), Cancelled(), Failed()]),
)


class AnySession(RuleBasedStateMachine):
    """A screen, a register that answers when it likes, and people who come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.now, self.drawn = 1000.0, 0
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.asked: Identify | None = None
        self.lending: Borrow | None = None
        self.known: CardNumber | None = None

    def happen(self, happening: Happening) -> None:
        before = self.session
        self.session, effects = step(before, happening, self.now)
        if isinstance(happening, Identified) and self.session.screen is Screen.ITEMS is not before.screen:
            assert self.asked is not None
            assert (happening.pin, happening.session) == (PinAnswer.RIGHT, self.asked.session)
            self.known = self.asked.card
        for effect in effects:
            self.perform(effect, before)
        assert "8642" not in repr((before, happening, self.session, effects))
        assert "2100000" not in repr((self.session, effects))

    def perform(self, effect: Effect, before: Session) -> None:
        match effect:
            case Identify(session):
                assert session == before.id
                self.asked = effect
            case Settle(session, outcome):
                assert self.asked is not None
                assert session == self.asked.session
                assert outcome is not Outcome.OPEN
            case Borrow(session, _, card):
                assert (session, card) == (self.session.id, self.known), "nobody borrows as somebody else"
                self.lending = effect
            case Renew(session, _, card):
                assert (session, card) == (self.session.id, self.known), "nobody renews as somebody else"
            case GiveBack(session):
                assert (session, self.session.task) == (self.session.id, Task.RETURN)
            case Record(KioskEnded(session)):
                self.ended.append(session)
            case _:
                pass

    @rule(happening=HAPPENINGS, later=st.integers(0, 30))
    def anything(self, happening: Happening, later: int) -> None:
        self.now += later
        self.happen(happening)

    @rule(task=st.sampled_from(Task))
    def choose(self, task: Task) -> None:
        self.drawn += 1
        self.happen(Chosen(task, f"s{self.drawn}"))
        if self.session.id == f"s{self.drawn}":
            self.begun.append(self.session.id)
            self.asked = self.known = None
            assert self.session == Session(self.session.screen, self.session.id, task, last_touch=self.now)

    @rule(card=st.sampled_from(["21000001", "21000002"]), pin=st.sampled_from([PinAnswer.RIGHT, PinAnswer.WRONG]))
    def log_in(self, card: str, pin: PinAnswer) -> None:
        self.happen(CardShown(card))
        for key in ("8", "6", "4", "2", "ok"):
            self.happen(KeyPressed(key))
        self.happen(Identified(self.session.id, pin, FINE, TODAY, "A"))

    @precondition(lambda self: self.lending is not None)
    @rule()
    def say_on_loan(self) -> None:
        assert self.lending is not None
        refusal = Line(self.lending.barcode, LineState.REFUSED)
        self.happen(OnLoan(self.lending.session, refusal, self.lending.card, self.lending.pin))

    @rule()
    def leave(self) -> None:
        self.now += IDLE_SECONDS
        self.happen(Tick())
        assert self.session == Session(), "what is left alone ends"

    @invariant()
    def nothing_stays_of_who_left(self) -> None:
        if self.session.screen is Screen.IDLE:
            assert self.session == Session()
        if self.session.screen in {Screen.RECEIPT, Screen.IDLE}:
            assert (self.session.card, self.session.pin, self.session.typed) == (None, None, "")
        if self.session.pin is not None:
            assert self.session.screen in {Screen.CHECKING, Screen.ITEMS}

    @invariant()
    def every_session_that_ended_is_told_once_and_in_order(self) -> None:
        open_now = [self.session.id] if self.session.id else []
        assert self.ended + open_now == self.begun


TestAnySession = AnySession.TestCase
TestAnySession.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
