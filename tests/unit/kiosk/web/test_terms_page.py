"""A text to accept on the kiosk's page: in the language of the screen, word by word, and answered by three buttons."""

from dataclasses import replace
from datetime import date
from itertools import count

import httpx2
import pytest

from kiosk.panel import Panel
from kiosk.session import SessionShell, Surfaces
from kiosk.web.rendering import Rendering
from kiosk.web.routes import create_app
from meroppet.rules.papers import Paper, PaperText
from meroppet.rules.session import Screen, Session, Task
from tests.fakes.kiosk_parts import FixedSurroundings, ManualClock, MemoryAttempts, MemoryJournal, register

WORDS = (
    PaperText(lang="sv", title="Avtal", body="# Här\n\nStäng <dörren>.\n\n- Släck ljuset.", changed="Om ljuset."),
    PaperText(lang="en", title="Agreement", body="Close the door."),
)
TERMS = Paper(id="v1", texts=WORDS, until=date(2026, 12, 24))
ASKED = Session(screen=Screen.TERMS, id="s1", task=Task.BORROW, papers=(TERMS,))


class Page:
    """One kiosk with its page, called without a socket."""

    def __init__(self, session: Session) -> None:
        clock, surroundings, numbers = ManualClock(), FixedSurroundings(), count(1)
        surfaces = Surfaces(register(), MemoryJournal(), MemoryAttempts(), surroundings, clock)
        self.kiosk = SessionShell(surfaces, lambda: f"s{next(numbers)}")
        self.kiosk.session = session
        self.rendering = Rendering(self.kiosk, surroundings, clock, keypad=True)

    def html(self, lang: str = "sv") -> str:
        self.kiosk.presentation = self.kiosk.presentation.speaking(lang)
        return self.rendering.page()


def test_the_text_is_shown_word_by_word_and_nothing_in_it_is_markup() -> None:
    html = Page(ASKED).html()

    assert "<h2>Här</h2>" in html
    assert "Stäng &lt;dörren&gt;." in html
    assert "<li>Släck ljuset.</li>" in html
    assert "Om ljuset." in html
    assert "till och med torsdag 24 december" in html


def test_the_text_comes_in_the_language_of_the_screen_or_in_the_first_there_is() -> None:
    page = Page(ASKED)

    assert 'class="k-paper" tabindex="0" aria-labelledby="paper-title" lang="en"' in page.html("en")
    page.kiosk.session = replace(ASKED, papers=(Paper(id="v1", texts=WORDS[:1]),))
    html = page.html("en")
    assert 'lang="sv" data-paper="v1"' in html
    assert "I accept" in html


@pytest.mark.parametrize(
    ("session", "says"),
    [
        (ASKED, ["Jag godkänner", "Inte nu", "Jag säger nej"]),
        (replace(ASKED, saying_no=True), ["Vill du säga nej?", "Tillbaka till texten", "Ja, jag säger nej"]),
        (replace(ASKED, unsaved=True), ["Ditt svar kunde inte sparas.", "Jag godkänner"]),
        (replace(ASKED, papers=(Paper(id="v1", texts=WORDS),)), ["Utan ditt ja öppnas dörren bara när"]),
        (replace(ASKED, papers=(Paper(id="g", kind="guest", texts=WORDS),)), ["Du kan låna utan att svara."]),
    ],
)
def test_what_can_be_answered(session: Session, says: list[str]) -> None:
    html = Page(session).html()

    assert [words for words in says if words not in html] == []


async def test_an_answer_that_is_none_is_refused() -> None:
    page = Page(ASKED)
    app = create_app(page.kiosk, page.rendering, Panel(1080, 1920, 299, 600), frozenset({"127.0.0.1"}))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        for form in ({}, {"answer": ""}, {"answer": "perhaps"}):
            answer = await client.post("/do/paper", data=form, headers={"HX-Request": "true"})
            assert answer.status_code == 400
