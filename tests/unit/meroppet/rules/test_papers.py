"""What a kiosk asks a patron to accept: one text at a time, and no answer keeps her from borrowing."""

from dataclasses import replace
from datetime import date

import pytest

from meroppet.rules.checkout import IDLE_SECONDS, READING_SECONDS, seconds_left, step
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.papers import Paper, PaperAnswer, PaperText
from meroppet.rules.pin import PinAnswer
from meroppet.rules.session import (
    Cancelled,
    Happening,
    Identified,
    ItemSeen,
    PaperKept,
    PaperTouched,
    Screen,
    Session,
    Task,
    TellPaper,
)
from meroppet.rules.terms import Act

TODAY = date(2026, 11, 23)
CARD, PIN = CardNumber("2900100000017"), Pin("7305")
TERMS = Paper(
    id="v1",
    texts=(
        PaperText(lang="sv", title="Avtal", body="Lås dörren.", sha256="s"),
        PaperText(lang="en", title="Agreement", body="Lock the door.", sha256="e"),
    ),
)
GUEST = Paper(id="g1", kind="guest", texts=(PaperText(lang="sv", title="Gäst", body="Ja?", sha256="g"),))
CHECKING = Session(screen=Screen.CHECKING, id="s1", task=Task.BORROW, card=CARD, pin=PIN)


def after(session: Session, *happenings: Happening) -> Session:
    for happening in happenings:
        session, _ = step(session, happening, 1.0)
    return session


def asked(*papers: Paper) -> Session:
    known = Identified("s1", PinAnswer.RIGHT, PatronFacts(valid=True), TODAY, papers=papers)
    return after(CHECKING, known)


def test_who_has_nothing_to_accept_borrows_at_once() -> None:
    assert asked().screen is Screen.ITEMS


def test_texts_come_one_after_the_other_and_then_the_books() -> None:
    first = asked(TERMS, GUEST)
    waiting, effects = step(first, PaperTouched(PaperAnswer.YES, "en"), 1.0)
    second = after(waiting, PaperKept("s1", Act.ACCEPTED, kept=True))
    done = after(second, PaperTouched(PaperAnswer.YES, "en"), PaperKept("s1", Act.ACCEPTED, kept=True))

    assert (first.screen, first.papers[0].id) == (Screen.TERMS, "v1")
    assert effects == (TellPaper("s1", CARD, PIN, "v1", Act.ACCEPTED, "en", "e"),)
    assert (second.screen, second.papers) == (Screen.TERMS, (GUEST,))
    assert (done.screen, done.papers) == (Screen.ITEMS, ())


def test_the_evidence_is_of_the_words_that_were_on_the_screen() -> None:
    _, effects = step(asked(GUEST), PaperTouched(PaperAnswer.YES, "en"), 1.0)

    assert effects == (TellPaper("s1", CARD, PIN, "g1", Act.ACCEPTED, "sv", "g"),)


def test_a_no_is_asked_about_once_more() -> None:
    considering, effects = step(asked(TERMS), PaperTouched(PaperAnswer.NO, "sv"), 1.0)
    back = after(considering, PaperTouched(PaperAnswer.BACK, "sv"))
    _, told = step(considering, PaperTouched(PaperAnswer.REALLY_NO, "sv"), 1.0)

    assert (considering.screen, considering.saying_no, effects) == (Screen.TERMS, True, ())
    assert (back.screen, back.saying_no) == (Screen.TERMS, False)
    assert told == (TellPaper("s1", CARD, PIN, "v1", Act.DECLINED, "sv", "s"),)


def test_a_no_that_was_not_asked_about_is_none() -> None:
    session, effects = step(asked(TERMS), PaperTouched(PaperAnswer.REALLY_NO, "sv"), 1.0)

    assert (session.screen, session.saying_no, effects) == (Screen.TERMS, False, ())


@pytest.mark.parametrize("answer", [PaperAnswer.LATER, PaperAnswer.REALLY_NO])
@pytest.mark.parametrize("kept", [True, False])
def test_whoever_does_not_say_yes_borrows_as_usual(answer: PaperAnswer, kept: bool) -> None:
    asking = replace(asked(TERMS), saying_no=answer is PaperAnswer.REALLY_NO)
    act = Act.ASKED if answer is PaperAnswer.LATER else Act.DECLINED

    answered = after(asking, PaperTouched(answer, "sv"), PaperKept("s1", act, kept=kept))

    assert (answered.screen is Screen.ITEMS) is (kept or act is Act.ASKED)


def test_an_answer_that_could_not_be_written_down_is_no_answer() -> None:
    asking = after(asked(TERMS), PaperTouched(PaperAnswer.YES, "sv"), PaperKept("s1", Act.ACCEPTED, kept=False))
    gone_on = after(asking, PaperTouched(PaperAnswer.LATER, "sv"), PaperKept("s1", Act.ASKED, kept=False))

    assert (asking.screen, asking.unsaved, asking.papers) == (Screen.TERMS, True, (TERMS,))
    assert gone_on.screen is Screen.ITEMS


def test_nothing_is_borrowed_while_a_text_is_on_the_screen() -> None:
    reading = asked(TERMS)

    assert step(reading, ItemSeen("3010000000011"), 1.0) == (reading, ())


def test_an_answer_from_an_earlier_session_changes_nothing() -> None:
    waiting = after(asked(TERMS), PaperTouched(PaperAnswer.YES, "sv"))

    assert after(waiting, PaperKept("s0", Act.ACCEPTED, kept=True)) == waiting
    assert after(asked(TERMS), PaperKept("s1", Act.ACCEPTED, kept=True)).screen is Screen.TERMS


def test_reading_takes_longer_than_anything_else() -> None:
    reading = replace(asked(TERMS), last_touch=0.0)

    assert seconds_left(reading, 0.0) == READING_SECONDS > IDLE_SECONDS


def test_nothing_of_the_patron_is_left_when_she_goes_instead() -> None:
    assert after(asked(TERMS), Cancelled()) == Session()


def test_a_paper_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no text"):
        Paper(id="v1", texts=())
