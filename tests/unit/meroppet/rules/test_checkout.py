"""The kiosk's session, one happening at a time."""

from dataclasses import replace
from datetime import date

import pytest

from meroppet.rules.checkout import IDLE_SECONDS, RECEIPT_SECONDS, seconds_left, step
from meroppet.rules.events import KioskEnded, KioskIdentified, KioskLoan, KioskReturn
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason
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
from tests.unit.meroppet.rules.cases import CARD, FINE, OTHER_CARD, PIN, TODAY, YESTERDAY

DUE = date(2026, 12, 21)
ASKED = Session(Screen.CARD, "s1", Task.BORROW, last_touch=100.0)
TYPING = replace(ASKED, screen=Screen.PIN, card=CARD, typed="1234")
CHECKING = replace(ASKED, screen=Screen.CHECKING, card=CARD, pin=PIN)
REFUSED = replace(ASKED, screen=Screen.REFUSED, card=CARD, reason=Reason.WRONG_PIN)
BROKEN = replace(ASKED, screen=Screen.REFUSED, reason=Reason.OUT_OF_ORDER)
BORROWING = replace(CHECKING, screen=Screen.ITEMS, initial="A", holds_ready=1)
RETURNING = Session(Screen.ITEMS, "s1", Task.RETURN, last_touch=100.0)
KEPT = Line("30001", LineState.REFUSED, "En bok", reason="already_on_loan")
RENEWED = Line("30001", LineState.DONE, "En bok", DUE, reason="renewed")
WAITING, LENT = Line("30001"), Line("30001", LineState.DONE, "En bok", DUE)
RECEIPT = replace(BORROWING, screen=Screen.RECEIPT, card=None, pin=None, lines=(LENT,))
EVERYWHERE = [Session(), ASKED, TYPING, CHECKING, REFUSED, BROKEN, BORROWING, RETURNING, RECEIPT]
KNOWN = Identified("s1", PinAnswer.RIGHT, FINE, TODAY, "A", 2)


def identified(reason: Reason) -> Record:
    return Record(KioskIdentified("s1", reason), CARD)


def play(session: Session, *happenings: Happening) -> tuple[Session, list[Effect]]:
    effects: list[Effect] = []
    for happening in happenings:
        session, more = step(session, happening, session.last_touch + 1.0)
        effects += more
    return session, effects


def test_a_loan_from_the_first_touch_to_the_receipt() -> None:
    session, effects = play(Session(), Chosen(Task.BORROW, "s1"), CardShown(" 21000001 "), *map(KeyPressed, "1234"))
    assert effects == []

    session, effects = play(session, KeyPressed("ok"))
    assert session.screen is Screen.CHECKING
    assert effects == [Identify("s1", CARD, PIN)]

    session, effects = play(session, KNOWN, ItemSeen("30001"))
    assert (session.initial, session.holds_ready, session.lines) == ("A", 2, (WAITING,))
    assert effects == [
        Settle("s1", Outcome.RIGHT),
        identified(Reason.GRANTED),
        Borrow("s1", "30001", CARD, PIN),
    ]

    session, effects = play(session, ItemAnswered("s1", LENT), Finished())
    assert (session.screen, session.lines, session.card, session.pin) == (Screen.RECEIPT, (LENT,), None, None)
    assert effects == [Record(KioskLoan("s1", "done"))]

    assert play(session, Finished()) == (Session(), [Record(KioskEnded("s1", "finished", 1, 0))])


def test_anyone_may_give_a_book_back() -> None:
    session, effects = play(Session(), Chosen(Task.RETURN, "s1"), ItemSeen("30001"))
    assert effects == [GiveBack("s1", "30001")]

    kept = replace(LENT, state=LineState.REFUSED, reason="not_ours")
    session, effects = play(
        session,
        ItemAnswered("s1", kept),
        ItemSeen("30002"),
        ItemAnswered("s1", Line("30002", LineState.DONE)),
        Cancelled(),
    )
    assert effects == [
        Record(KioskReturn("s1", "not_ours")),
        GiveBack("s1", "30002"),
        Record(KioskReturn("s1", "done")),
        Record(KioskEnded("s1", "cancelled", 0, 1)),
    ]


@pytest.mark.parametrize(
    ("session", "happening", "reason"),
    [
        (ASKED, CardShown("2100\x000001"), Reason.INVALID_CARD),
        (ASKED, CardShown("1" * 10_000), Reason.INVALID_CARD),
        (ASKED, CardShown(""), Reason.INVALID_CARD),
        (replace(ASKED, typed="12"), KeyPressed("ok"), Reason.INVALID_CARD),
        (TYPING, KeyPressed("x"), Reason.INVALID_PIN),
        (TYPING, KeyPressed("٣"), Reason.INVALID_PIN),
        (TYPING, KeyPressed("12"), Reason.INVALID_PIN),
        (replace(TYPING, typed="123"), KeyPressed("ok"), Reason.INVALID_PIN),
        (replace(TYPING, card=None), KeyPressed("ok"), Reason.INVALID_PIN),
        (replace(TYPING, typed=""), KeyPressed("ok"), Reason.EMPTY_PIN),
        (CHECKING, Locked("s1"), Reason.PIN_LOCKED),
    ],
)
def test_bad_input_is_a_clear_refusal_and_asks_nobody(session: Session, happening: Happening, reason: Reason) -> None:
    told, effects = step(session, happening, 101.0)

    assert (told.screen, told.reason, told.typed, told.pin) == (Screen.REFUSED, reason, "", None)
    assert effects == (Record(KioskIdentified("s1", reason), session.card),)


@pytest.mark.parametrize(
    ("answer", "reason", "outcome"),
    [
        (replace(KNOWN, pin=PinAnswer.WRONG), Reason.WRONG_PIN, Outcome.WRONG),
        (replace(KNOWN, pin=PinAnswer.WRONG, facts=None), Reason.UNKNOWN_CARD, Outcome.WRONG),
        (replace(KNOWN, pin=PinAnswer.UNKNOWN), Reason.PIN_NOT_VERIFIED, Outcome.WRONG),
        (replace(KNOWN, pin=PinAnswer.WITHHELD, facts=None), Reason.PIN_WITHHELD, Outcome.WRONG),
        (replace(KNOWN, pin=PinAnswer.UNAVAILABLE), Reason.ILS_UNAVAILABLE, Outcome.UNDECIDED),
        (replace(KNOWN, facts=None), Reason.UNKNOWN_CARD, Outcome.WRONG),
        (replace(KNOWN, facts=replace(FINE, valid=False)), Reason.UNKNOWN_CARD, Outcome.WRONG),
        (replace(KNOWN, facts=replace(FINE, expires=YESTERDAY)), Reason.CARD_EXPIRED, Outcome.RIGHT),
        (replace(KNOWN, facts=replace(FINE, debarred=True)), Reason.BORROWING_BLOCKED, Outcome.RIGHT),
    ],
)
def test_a_refused_card_borrows_nothing(answer: Identified, reason: Reason, outcome: Outcome) -> None:
    told, effects = step(CHECKING, answer, 101.0)

    assert (told.screen, told.reason, told.pin, told.initial) == (Screen.REFUSED, reason, None, "")
    assert effects == (Settle("s1", outcome), identified(reason))
    assert play(told, ItemSeen("30001"))[1] == []


def test_another_try_after_a_refusal_may_be_another_card() -> None:
    session, effects = play(REFUSED, CardShown("21000002"))

    assert (session.screen, session.card, session.reason, effects) == (Screen.PIN, OTHER_CARD, None, [])


def test_a_card_number_may_be_typed_and_corrected() -> None:
    session, _ = play(ASKED, *map(KeyPressed, ["2", "1", "x", "9", "back", "0", "0"]))
    assert (session.screen, session.typed) == (Screen.CARD, "2100")
    assert len(play(session, *[KeyPressed("7")] * 40)[0].typed) == 32

    shown, _ = play(session, KeyPressed("ok"))
    assert shown.card is not None
    assert (shown.screen, shown.card.value, shown.typed) == (Screen.PIN, "2100", "")


@pytest.mark.parametrize(("key", "typed"), [("7", "7"), ("back", "")])
def test_a_key_after_a_refusal_asks_for_the_card_again(key: str, typed: str) -> None:
    session, effects = play(REFUSED, KeyPressed(key))

    assert (session.screen, session.reason, session.typed, effects) == (Screen.CARD, None, typed, [])


@pytest.mark.parametrize("session", [ASKED, REFUSED])
def test_saying_yes_to_nothing_does_nothing(session: Session) -> None:
    assert step(session, KeyPressed("ok"), 150.0) == (session, ())


def test_a_pin_is_corrected_and_never_longer_than_six() -> None:
    session, _ = play(TYPING, KeyPressed("back"), *map(KeyPressed, "56789"))

    assert session.typed == "123567"


def test_an_item_twice_is_one_item() -> None:
    once, _ = play(BORROWING, ItemSeen("30001"))

    assert step(once, ItemSeen("30001"), 150.0) == (once, ())
    lent, _ = play(once, ItemAnswered("s1", LENT))
    assert step(lent, ItemSeen("30001"), 150.0) == (lent, ())


def test_a_refused_item_may_be_tried_again_and_moves_to_the_end() -> None:
    refused = replace(LENT, state=LineState.REFUSED)

    session, effects = play(replace(BORROWING, lines=(refused, Line("30002"))), ItemSeen("30001"))

    assert session.lines == (Line("30002"), WAITING)
    assert effects == [Borrow("s1", "30001", CARD, PIN)]


@pytest.mark.parametrize("lost", [{"card": None}, {"pin": None}])
def test_no_loan_without_card_and_pin(lost: dict[str, None]) -> None:
    session = replace(BORROWING, **lost)  # type: ignore[arg-type]

    assert step(session, ItemSeen("30001"), 101.0) == (session, ())


def test_an_answer_that_comes_with_the_receipt_still_counts() -> None:
    session, _ = play(replace(BORROWING, lines=(WAITING,)), Finished())
    assert session.lines == (WAITING,)

    session, effects = play(session, ItemAnswered("s1", LENT), Finished())

    assert effects == [Record(KioskLoan("s1", "done")), Record(KioskEnded("s1", "finished", 1, 0))]


@pytest.mark.parametrize(
    ("session", "happening"),
    [
        (CHECKING, replace(KNOWN, session="s0")),
        (CHECKING, Locked("s0")),
        (TYPING, KNOWN),
        (TYPING, Locked("s1")),
        (BORROWING, ItemAnswered("s0", LENT)),
        (REFUSED, ItemAnswered("s1", LENT)),
        (BORROWING, OnLoan("s0", KEPT, CARD, PIN)),
        (BROKEN, OnLoan("s1", KEPT, CARD, PIN)),
        (BORROWING, RenewalAnswered("s0", RENEWED, KEPT)),
        (ASKED, ItemSeen("30001")),
        (BORROWING, CardShown("21000002")),
        (RETURNING, CardShown("21000002")),
        (RETURNING, KeyPressed("1")),
        (CHECKING, KeyPressed("ok")),
        (BORROWING, Chosen(Task.RETURN, "s2")),
        (CHECKING, Chosen(Task.RETURN, "s2")),
        (BROKEN, CardShown("21000002")),
        (BROKEN, KeyPressed("1")),
        (Session(), Finished()),
        (Session(), Cancelled()),
        (Session(), CardShown("21000001")),
        (Session(), KeyPressed("1")),
        (Session(), Touched()),
        (Session(), KNOWN),
    ],
    ids=repr,
)
def test_what_belongs_to_nobody_changes_nothing_and_keeps_no_session_alive(
    session: Session, happening: Happening
) -> None:
    assert step(session, happening, 150.0) == (session, ())


@pytest.mark.parametrize("session", EVERYWHERE)
def test_every_screen_ends_by_itself(session: Session) -> None:
    allowed = {Screen.RECEIPT: RECEIPT_SECONDS, Screen.REFUSED: RECEIPT_SECONDS}.get(session.screen, IDLE_SECONDS)
    how = "finished" if session.screen is Screen.RECEIPT else "timeout"
    loans = 1 if session is RECEIPT else 0

    if session.screen is Screen.IDLE:
        assert seconds_left(session, 100.0) is None
        assert step(session, Tick(), 9999.0) == (session, ())
        return
    assert seconds_left(session, 110.0) == allowed - 10.0
    assert step(session, Tick(), 100.0 + allowed - 0.1) == (session, ())
    assert step(session, Tick(), 100.0 + allowed) == (Session(), (Record(KioskEnded("s1", how, loans, 0)),))


def test_a_touch_gives_more_time() -> None:
    session, _ = step(BORROWING, Touched(), 200.0)

    assert session == replace(BORROWING, last_touch=200.0)


@pytest.mark.parametrize("session", [session for session in EVERYWHERE if session.screen is not Screen.IDLE])
def test_giving_up_forgets_everything(session: Session) -> None:
    forgotten, effects = step(session, Cancelled(), 101.0)

    assert forgotten == Session()
    assert effects == (Record(KioskEnded("s1", "cancelled", 1 if session is RECEIPT else 0, 0)),)


@pytest.mark.parametrize(("before", "how"), [(REFUSED, "cancelled"), (BROKEN, "cancelled"), (RECEIPT, "finished")])
@pytest.mark.parametrize(("task", "screen"), [(Task.BORROW, Screen.CARD), (Task.RETURN, Screen.ITEMS)])
def test_the_next_patron_sees_nothing_of_the_one_before(before: Session, how: str, task: Task, screen: Screen) -> None:
    session, effects = step(before, Chosen(task, "s2"), 101.0)

    assert session == Session(screen=screen, id="s2", task=task, last_touch=101.0)
    assert effects == (Record(KioskEnded("s1", how, len(before.lines), 0)),)


@pytest.mark.parametrize("session", EVERYWHERE)
def test_what_failed_is_over(session: Session) -> None:
    broken, effects = step(replace(session, typed="12"), Failed(), 101.0)

    assert (broken.screen, broken.reason, effects) == (Screen.REFUSED, Reason.OUT_OF_ORDER, ())
    assert (broken.card, broken.pin, broken.typed, broken.id) == (None, None, "", session.id)


def test_a_failure_while_nobody_is_there_ends_without_a_row() -> None:
    broken, _ = step(Session(), Failed(), 101.0)

    assert step(broken, Tick(), 101.0 + RECEIPT_SECONDS) == (Session(), ())
    assert step(broken, Chosen(Task.RETURN, "s1"), 102.0)[1] == ()


@pytest.mark.parametrize("session", [replace(BORROWING, lines=(WAITING,)), replace(RECEIPT, lines=(WAITING,))])
@pytest.mark.parametrize(
    ("answer", "shown", "outcome"),
    [(RENEWED, RENEWED, "done"), (Line("30001", LineState.REFUSED, reason="limit"), KEPT, "already_on_loan")],
)
def test_what_is_on_loan_already_is_renewed_if_it_is_ones_own(
    session: Session, answer: Line, shown: Line, outcome: str
) -> None:
    asked, effects = play(session, OnLoan("s1", KEPT, CARD, PIN))
    assert (asked, effects) == (session, [Renew("s1", KEPT, CARD, PIN)])

    told, effects = play(asked, RenewalAnswered("s1", answer, KEPT))
    assert told.lines == (shown,)
    assert effects == [Record(KioskLoan("s1", outcome))]
