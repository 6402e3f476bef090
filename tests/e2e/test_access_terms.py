"""Agreements in a real browser: written and published by keys alone, taken at the desk, and answered at the kiosk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select
from sqlmodel import col

from meroppet.wire.terms import WirePaper, WirePaperText
from server.db import unscoped
from server.terms.models import TermsEvidence
from tests.e2e.agreements import ANNA, Office, office
from tests.e2e.browser import DESK, KIOSK, PATIENCE, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings
from tests.integration.kiosk.stand import CARD, PIN, Stand
from tests.integration.kiosk.test_browser import COVERED, SPILL

pytestmark = pytest.mark.browser

RULES = "# När du är här\n\nDu får komma in på egen hand.\n\n- Stäng dörren efter dig.\n- Släpp inte in någon annan."
NEW_RULES = RULES + "\n- Släck ljuset när du går sist."


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    expect.set_options(timeout=PATIENCE)
    async with office(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def stand() -> AsyncIterator[Stand]:
    made = Stand()
    try:
        await made.open()
        yield made
    finally:
        await made.close()


async def complaints(looker: Looker) -> list[str]:
    """What is wrong with the page as it is, at a desk and on a phone."""
    found = []
    for width, height in (PHONE, DESK):
        await looker.page.set_viewport_size({"width": width, "height": height})
        wide = await looker.page.evaluate("document.documentElement.scrollWidth")
        found += [str(finding) for finding in await findings(looker.page) if finding.impact in GRAVE]
        found += [f"too small: {part}" for part in await looker.page.evaluate(TOO_SMALL)]
        found += [f"{wide} px wide in {width}"] if wide > width else []
    return found


async def write(page: Page, title: str, body: str, changed: str = "") -> None:
    """Fill in the Swedish text by keys alone, from its title on, and press the button that saves."""
    await page.locator("#title-sv").focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.type(title)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(body)
    if changed:
        await page.keyboard.press("Tab")
        await page.keyboard.type(changed)
    await page.get_by_role("button", name="Spara utkastet och titta på det").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".t-paper")


async def of_what_is_published(looker: Looker, url: str) -> list[str]:
    """What is wrong with the lists and the published version, in English too."""
    wrong = []
    for path in (
        "terms?lang=en",
        "terms/west?lang=en",
        "terms/west/versions/1?lang=en",
        "terms/west/versions/1?lang=sv",
    ):
        await looker.page.goto(url + path)
        wrong += await complaints(looker)
    return wrong


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).focus()
    await page.keyboard.press("Enter")


async def approved_as_a_guest(looker: Looker) -> list[str]:
    """A patron of another municipality lets this one see her facts, and takes that back; what is wrong on the way."""
    page = looker.page
    lamp = page.locator("#terms .t-one").last.locator(".m-lamp")
    await expect(lamp).to_contain_text("Har inte godkänt")
    await press(page, "Godkänner")
    await expect(page.get_by_text("Titta på en legitimation först")).to_be_visible()
    # Chromium's word for the answer 422.
    looker.complaints.clear()
    wrong = await complaints(looker)
    await page.locator('#terms form[action$="/guest#terms"] input[name="identity"]').focus()
    await page.keyboard.press("Space")
    await press(page, "Godkänner")
    await expect(lamp).to_contain_text("Har godkänt att")
    wrong += await complaints(looker)
    await press(page, "Tar tillbaka godkännandet")
    await expect(lamp).to_contain_text("Har inte godkänt")
    return wrong


async def test_an_agreement_and_a_guests_approval_are_taken_by_keys_alone(desk: Office, chromium: Browser) -> None:
    async with window(chromium, DESK, desk.url) as looker:
        page = looker.page
        await desk.sign_in(page)
        await page.goto(f"{desk.url}terms")
        wrong = await complaints(looker)
        await page.goto(f"{desk.url}terms/west")
        wrong += await complaints(looker)
        await page.locator("#field-effective").fill("2026-11-23")
        await write(page, "Avtal om meröppet", RULES)
        wrong += await complaints(looker)
        await press(page, "Publicera version 1")
        await expect(page.get_by_text("Publicerat.", exact=True)).to_be_visible()
        wrong += await of_what_is_published(looker, desk.url)

        await page.goto(f"{desk.url}branches/nora/patrons")
        await page.locator('input[name="card"]').fill(ANNA)
        await page.locator('button[name="reason"][value="here"]').focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#agreement")).to_be_visible()
        wrong += await complaints(looker)
        await page.locator('#terms form[action$="/terms#terms"] input[name="identity"]').focus()
        await page.keyboard.press("Space")
        await press(page, "Godkänner avtalet")
        await expect(page.locator("#terms .m-lamp").first).to_have_text("Har godkänt")
        wrong += await complaints(looker)
        wrong += await approved_as_a_guest(looker)

        await page.goto(f"{desk.url}terms/west")
        await page.locator("#field-effective").fill("2026-12-24")
        await write(page, "Avtal om meröppet", NEW_RULES, "Den som går sist släcker.")
        await expect(page.locator("ins")).to_contain_text("Släck ljuset")
        await expect(page.get_by_text("1 låntagare som har godkänt en tidigare version")).to_be_visible()
        wrong += await complaints(looker)

        assert wrong == []
        assert looker.complaints == []
    async with desk.parts.database.reading(unscoped("the test looks")) as session:
        said = list(await session.all(select(col(TermsEvidence.act))))
    assert said == ["accepted"]


def paper(body: str = RULES) -> WirePaper:
    words = (
        WirePaperText(lang="sv", title="Avtal om meröppet", body=body, sha256="sv"),
        WirePaperText(lang="en", title="Agreement", body="# While you are here\n\nClose the door.", sha256="en"),
    )
    return WirePaper(id="terms:v1", texts=words)


async def log_in(page: Page, stand: Stand) -> None:
    await page.goto(stand.url)
    await page.tap('button:has-text("Låna")')
    await page.wait_for_selector('#stage[data-screen="card"]')
    stand.board.scan(CARD)
    await page.wait_for_selector('#stage[data-screen="pin"]')
    for digit in PIN:
        await page.tap(f'.k-key:has-text("{digit}")')
    await page.tap('[data-key="ok"]')


async def is_fitting(page: Page) -> list[str]:
    """What is wrong with the screen on an upright panel, a small lying one and a narrow one."""
    wrong = []
    for width, height in (PHONE, (800, 480), KIOSK):
        await page.set_viewport_size({"width": width, "height": height})
        spilt = await page.evaluate(SPILL.replace(".k-lines", ".k-lines, .k-paper"))
        wrong += [f"spills in {width}: {part}" for part in [*spilt, *await page.evaluate(COVERED)]]
    return wrong + [str(finding) for finding in await findings(page) if finding.impact in GRAVE]


async def test_the_kiosk_asks_in_the_language_it_shows_and_then_lends(stand: Stand, chromium: Browser) -> None:
    stand.server.papers = [paper(RULES + "\n\nOch mer att läsa här." * 40)]
    async with window(chromium, KIOSK, stand.url) as looker:
        page = looker.page
        await log_in(page, stand)
        await page.wait_for_selector('#stage[data-screen="terms"]')
        wrong = await is_fitting(page)
        await page.tap('[action="/do/language"] button')
        await page.wait_for_selector('#stage[lang="en"] .k-paper[lang="en"]')
        wrong += await is_fitting(page)
        await page.tap('button:has-text("I say no")')
        await page.wait_for_selector("text=Do you want to say no?")
        wrong += await is_fitting(page)
        await page.tap('button:has-text("Back to the text")')
        await page.tap('button:has-text("I accept")')
        await page.wait_for_selector('#stage[data-screen="items"]')

    assert wrong == []
    assert [(said.paper, said.act, said.lang, said.sha256) for said in stand.server.answers] == [
        ("terms:v1", "accepted", "en", "en")
    ]


async def test_who_does_not_answer_now_borrows_all_the_same(stand: Stand, chromium: Browser) -> None:
    stand.server.papers = [paper()]
    stand.server.keeps_answers = False
    async with window(chromium, KIOSK, stand.url) as looker:
        page = looker.page
        await log_in(page, stand)
        await page.tap('button:has-text("Jag godkänner")')
        await page.wait_for_selector("text=Ditt svar kunde inte sparas.")
        wrong = await is_fitting(page)
        await page.tap('button:has-text("Inte nu")')
        await page.wait_for_selector('#stage[data-screen="items"]')

    assert (wrong, stand.server.answers) == ([], [])
