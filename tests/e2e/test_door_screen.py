"""The screen beside a door as a browser shows it: everything the door can say can be read whole, and from afar."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from door_controller.display_page import DisplayPage, Panel
from door_controller.face import Face
from door_controller.fittings import Fittings
from door_controller.wording import DisplayText, Surroundings
from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval
from meroppet.rules.policy import Companions
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import Schedule
from meroppet.texts import languages
from meroppet.texts.legible import smallest_text_px

PANEL = Panel(800, 480, 154.0, 600.0)
SMALLEST = smallest_text_px(800 / 154.0, 600.0)
WEEK = Schedule("Europe/Stockholm", ((Interval(360, 1320, BranchState.SELF_SERVICE),),) * 7)
AROUND = Surroundings(
    "0771-00 00 00", Hours(WEEK), datetime(2026, 11, 23, 22, 30, tzinfo=UTC), companions=Companions.OWN_CHILDREN
)
READABLE = """() => {
 const seen = slides.map((slide) => {
  const fits = put(slide);
  const sizes = [...said.querySelectorAll("h1, p")].map((each) => parseFloat(getComputedStyle(each).fontSize));
  const wide = [...said.querySelectorAll("h1, p")].every((each) => each.scrollWidth <= each.clientWidth + 1);
  return { fits, wide, smallest: Math.min(...sizes), text: said.innerText };
 });
 lay();
 return seen;
}"""
SHOWN = """([lines, dots]) =>
  told.dots === dots && told.sections.flatMap((one) => [one.title, one.line]).join() === lines"""


class Screen:
    """A face with every language, and the page that shows it."""

    def __init__(self, page: Page, face: Face) -> None:
        self.page, self.face = page, face

    async def show(self, text: DisplayText) -> list[dict[str, Any]]:
        """What can be read of each picture this text becomes, once the page has it."""
        self.face.show(text)
        lines = ",".join(part for said in text.sections for part in (said.title, said.line))
        await self.page.wait_for_function(SHOWN, arg=[lines, text.dots], timeout=30_000)
        return list(await self.page.evaluate(READABLE))


@pytest.fixture
async def screen(chromium: Browser) -> AsyncIterator[Screen]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    face = Face(Fittings(), ("sv", *(lang for lang in languages() if lang != "sv")))
    serving = asyncio.create_task(DisplayPage(port, face, PANEL, lambda: ("Skiljebo", "23.30")).run())
    page = await chromium.new_page(viewport={"width": 800, "height": 480})
    face.show(face.words.asking(0))
    async with asyncio.timeout(60):
        while not await _opened(page, port):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await page.evaluate("() => document.fonts.ready.then(() => undefined)")
    yield Screen(page, face)
    await page.close()
    serving.cancel()
    await asyncio.wait([serving])


async def _opened(page: Page, port: int) -> bool:
    try:
        await page.goto(f"http://127.0.0.1:{port}/")
    except Exception:  # noqa: BLE001 (the port is not open yet)
        return False
    return True


async def test_whatever_the_door_says_can_be_read_whole_and_from_afar_in_every_language(screen: Screen) -> None:
    words = screen.face.words
    texts = {
        "ask": words.asking(6),
        "number": words.typing(12),
        "checking": words.checking(),
        **{reason.value: words.told(reason, AROUND) for reason in Reason},
    }
    unread = {}
    for name, text in texts.items():
        pictures = await screen.show(text)
        bad = [seen for seen in pictures if not (seen["fits"] and seen["wide"] and seen["smallest"] >= SMALLEST - 0.5)]
        if bad or not pictures:
            unread[name] = bad

    assert unread == {}


async def test_a_digit_shows_as_a_dot_and_the_question_stands_in_two_languages_at_once(screen: Screen) -> None:
    await screen.show(screen.face.words.asking(3))

    assert await screen.page.locator("p.dots").inner_text() == "●●●"
    assert await screen.page.locator("h1").count() >= 2


async def test_arabic_begins_at_the_right(screen: Screen) -> None:
    await screen.show(screen.face.words.told(Reason.CLOSED, AROUND))

    directions = await screen.page.evaluate("() => Object.fromEntries(told.sections.map((one) => [one.lang, one.dir]))")
    assert directions == {"sv": "ltr", "ar": "rtl", "en": "ltr", "fi": "ltr"}
