"""The kiosk's session: idle → identified → scanning → receipt, as one step function; the page only renders it."""

from dataclasses import replace

from meroppet.rules.access import settled
from meroppet.rules.credentials import card_from_text, pin_from_digits
from meroppet.rules.eligibility import may_borrow
from meroppet.rules.events import KioskEnded, KioskIdentified, KioskLoan, KioskReturn
from meroppet.rules.papers import PaperAnswer
from meroppet.rules.pin import PinAnswer
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
    PaperKept,
    PaperTouched,
    Record,
    Renew,
    RenewalAnswered,
    Screen,
    Session,
    Settle,
    Task,
    TellPaper,
    Tick,
    Touched,
)
from meroppet.rules.terms import Act

IDLE_SECONDS = 120.0
WARN_SECONDS = 20.0
RECEIPT_SECONDS = 20.0
READING_SECONDS = 300.0
"""A page of plain text, read slowly."""
CARD_LENGTH = 32
DIGITS = frozenset("0123456789")


Step = tuple[Session, tuple[Effect, ...]]


def seconds_left(session: Session, now: float) -> float | None:
    """Seconds until the session ends by itself, or None when nobody is there."""
    if session.screen is Screen.IDLE:
        return None
    return session.last_touch + _ALLOWED.get(session.screen, IDLE_SECONDS) - now


_ALLOWED = {Screen.RECEIPT: RECEIPT_SECONDS, Screen.REFUSED: RECEIPT_SECONDS, Screen.TERMS: READING_SECONDS}


def step(session: Session, happening: Happening, now: float) -> Step:
    """The next session and the effects, in order. `now` is monotonic seconds."""
    if isinstance(happening, Tick):
        return _tick(session, now)
    after, effects = _respond(session, happening)
    if after is session and not isinstance(happening, Touched):
        # Nobody did anything: an answer too late, or a book that lies where it lay, keeps no session alive.
        return session, effects
    return (after if after.screen is Screen.IDLE else replace(after, last_touch=now)), effects


def _respond(session: Session, happening: Happening) -> Step:
    match happening:
        case Chosen(task, identifier):
            return _chosen(session, task, identifier)
        case CardShown(text):
            return _card(session, text)
        case KeyPressed(value):
            return _key(session, value)
        case Locked(identifier) if identifier == session.id and session.screen is Screen.CHECKING:
            return _refused(session, Reason.PIN_LOCKED)
        case Identified():
            return _identified(session, happening)
        case PaperTouched():
            return _paper(session, happening)
        case PaperKept():
            return _kept(session, happening)
        case ItemSeen(barcode):
            return _item(session, barcode)
        case ItemAnswered(identifier, line) if identifier == session.id:
            return _answered(session, line)
        case OnLoan() if happening.session == session.id:
            return _on_loan(session, happening)
        case RenewalAnswered(identifier, line, refusal) if identifier == session.id:
            return _answered(session, line if line.state is LineState.DONE else refusal)
        case Finished():
            return _finished(session)
        case Cancelled():
            return _ended(session, "cancelled")
        case Failed():
            return _failed(session)
        case _:
            return session, ()


def _chosen(session: Session, task: Task, identifier: str) -> Step:
    if session.screen not in {Screen.IDLE, Screen.REFUSED, Screen.RECEIPT}:
        return session, ()
    _, ended = _ended(session, "finished" if session.screen is Screen.RECEIPT else "cancelled")
    # Anyone may give a book back; only a loan needs to know for whom.
    screen = Screen.ITEMS if task is Task.RETURN else Screen.CARD
    return Session(screen=screen, id=identifier, task=task), ended


def _card(session: Session, text: str) -> Step:
    if not _awaits_card(session):
        return session, ()
    card = card_from_text(text)
    if card is None:
        return _refused(session, Reason.INVALID_CARD)
    return replace(session, screen=Screen.PIN, card=card, typed="", reason=None), ()


def _awaits_card(session: Session) -> bool:
    # What failed is over: another card must not come into a session in which somebody else's books stand.
    failed = session.reason is Reason.OUT_OF_ORDER
    return session.screen in {Screen.CARD, Screen.REFUSED} and session.task is Task.BORROW and not failed


def _card_key(session: Session, value: str) -> Step:
    """A card number typed instead of scanned."""
    if value == "ok":
        return _card(session, session.typed) if session.typed else (session, ())
    asking = replace(session, screen=Screen.CARD, reason=None)
    if value == "back":
        return replace(asking, typed=session.typed[:-1]), ()
    if value in DIGITS:
        return replace(asking, typed=(session.typed + value)[:CARD_LENGTH]), ()
    return session, ()


def _key(session: Session, value: str) -> Step:
    if _awaits_card(session):
        return _card_key(session, value)
    if session.screen is not Screen.PIN:
        return session, ()
    if value == "back":
        return replace(session, typed=session.typed[:-1]), ()
    if value == "ok":
        return _submit(session)
    if value not in DIGITS:
        return _refused(session, Reason.INVALID_PIN)
    return replace(session, typed=(session.typed + value)[:6]), ()


def _submit(session: Session) -> Step:
    if not session.typed:
        return _refused(session, Reason.EMPTY_PIN)
    pin = pin_from_digits(session.typed)
    if pin is None or session.card is None:
        return _refused(session, Reason.INVALID_PIN)
    checking = replace(session, screen=Screen.CHECKING, pin=pin, typed="")
    return checking, (Identify(session.id, session.card, pin),)


def _refused(session: Session, reason: Reason) -> Step:
    told = replace(session, screen=Screen.REFUSED, reason=reason, typed="", pin=None)
    return told, (Record(KioskIdentified(session.id, reason), session.card),)


def _identified(session: Session, answer: Identified) -> Step:
    if session.screen is not Screen.CHECKING or answer.session != session.id:
        return session, ()
    settle = Settle(session.id, settled(answer.pin, answer.facts))
    reason = _verdict(answer)
    if reason is not Reason.GRANTED:
        told, effects = _refused(session, reason)
        return told, (settle, *effects)
    screen = Screen.TERMS if answer.papers else Screen.ITEMS
    known = replace(session, initial=answer.initial, holds_ready=answer.holds_ready, papers=answer.papers)
    return replace(known, screen=screen), (settle, Record(KioskIdentified(session.id, reason), session.card))


_ACTS = {PaperAnswer.YES: Act.ACCEPTED, PaperAnswer.LATER: Act.ASKED, PaperAnswer.REALLY_NO: Act.DECLINED}


def _paper(session: Session, touched: PaperTouched) -> Step:
    """Nothing here keeps anybody from borrowing: a no ends only what doors do without staff."""
    if session.screen is not Screen.TERMS or session.card is None or session.pin is None:
        return session, ()
    act = _ACTS.get(touched.answer)
    if act is None or (act is Act.DECLINED) is not session.saying_no:
        return replace(session, saying_no=touched.answer is PaperAnswer.NO, unsaved=False), ()
    paper = session.papers[0]
    text = paper.text(touched.lang)
    telling = TellPaper(session.id, session.card, session.pin, paper.id, act, text.lang, text.sha256)
    return replace(session, screen=Screen.CHECKING, saying_no=False, unsaved=False), (telling,)


def _kept(session: Session, answer: PaperKept) -> Step:
    if session.screen is not Screen.CHECKING or answer.session != session.id or not session.papers:
        return session, ()
    if not answer.kept and answer.act is not Act.ASKED:
        return replace(session, screen=Screen.TERMS, unsaved=True), ()
    left = session.papers[1:]
    return replace(session, screen=Screen.TERMS if left else Screen.ITEMS, papers=left), ()


def _verdict(answer: Identified) -> Reason:
    if answer.pin is PinAnswer.UNAVAILABLE:
        return Reason.ILS_UNAVAILABLE
    if answer.pin is PinAnswer.WITHHELD:
        return Reason.PIN_WITHHELD
    if answer.facts is None or not answer.facts.valid:
        return Reason.UNKNOWN_CARD
    if answer.pin is not PinAnswer.RIGHT:
        return Reason.WRONG_PIN if answer.pin is PinAnswer.WRONG else Reason.PIN_NOT_VERIFIED
    return may_borrow(answer.facts, answer.today)


def _item(session: Session, barcode: str) -> Step:
    if session.screen is not Screen.ITEMS:
        return session, ()
    known = next((line for line in session.lines if line.barcode == barcode), None)
    if known is not None and known.state is not LineState.REFUSED:
        return session, ()
    lines = tuple(line for line in session.lines if line.barcode != barcode)
    waiting = replace(session, lines=(*lines, Line(barcode)))
    if session.task is Task.RETURN:
        return waiting, (GiveBack(session.id, barcode),)
    if session.card is None or session.pin is None:
        return session, ()
    return waiting, (Borrow(session.id, barcode, session.card, session.pin),)


def _answered(session: Session, line: Line) -> Step:
    if session.screen not in {Screen.ITEMS, Screen.RECEIPT}:
        return session, ()
    lines = tuple(line if known.barcode == line.barcode else known for known in session.lines)
    outcome = "done" if line.state is LineState.DONE else line.reason
    borrowed = session.task is Task.BORROW
    event = KioskLoan(session.id, outcome) if borrowed else KioskReturn(session.id, outcome)
    return replace(session, lines=lines), (Record(event),)


def _on_loan(session: Session, answer: OnLoan) -> Step:
    if session.screen not in {Screen.ITEMS, Screen.RECEIPT}:
        return session, ()
    # Perhaps to this very patron: the register renews no loan of somebody else's.
    return session, (Renew(session.id, answer.refusal, answer.card, answer.pin),)


def _finished(session: Session) -> Step:
    if session.screen is Screen.ITEMS and session.lines:
        return replace(session, screen=Screen.RECEIPT, card=None, pin=None), ()
    return _ended(session, "finished")


def _ended(session: Session, how: str) -> Step:
    if session.screen is Screen.IDLE:
        return session, ()
    if not session.id:
        # Something failed while nobody was there.
        return Session(), ()
    done = sum(line.state is LineState.DONE for line in session.lines)
    loans, returns = (done, 0) if session.task is Task.BORROW else (0, done)
    return Session(), (Record(KioskEnded(session.id, how, loans, returns)),)


def _failed(session: Session) -> Step:
    return replace(session, screen=Screen.REFUSED, reason=Reason.OUT_OF_ORDER, card=None, pin=None, typed=""), ()


def _tick(session: Session, now: float) -> Step:
    left = seconds_left(session, now)
    if left is None or left > 0:
        return session, ()
    return _ended(session, "finished" if session.screen is Screen.RECEIPT else "timeout")
