"""A patron at the desk in a real browser: access in three clicks from the scan, and every page by keys alone."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from meroppet.rules.policy import Policy
from server.db import unscoped
from server.organisations.service import branch
from server.patrons.reminders import list_due
from server.patrons.service import Holder, Reach, forget, rights_of, set_right
from server.policies.service import set_policy
from tests.e2e.agreements import ANNA, Office, office
from tests.e2e.browser import DESK, PATIENCE, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings, tab_stops

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEED = unscoped("a test's seed")
NORA = "branches/nora/patrons"
ENDING = "10000044"
COUNT = """addEventListener('click', event => {
  if (event.detail > 0) sessionStorage.clicks = +(sessionStorage.clicks || 0) + 1
}, true)"""
"""Clicks of a hand; that of the Enter key has no detail (UI Events, section 4.3.2)."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    expect.set_options(timeout=PATIENCE)
    async with office(tmp_path_factory.mktemp("desk")) as made:
        async with made.parts.database.session(SEED) as session:
            at = await branch(session, "nora")
            assert at is not None
            await set_policy(session, at, Policy(minimum_age=18, introduction_required=True), "seed")
            soon = Right(permitted=True, valid_until=date(2026, 12, 1))
            holder = Holder("west", CardNumber(ENDING))
            await set_right(session, made.parts.keys, at, holder, soon, by="seed")
            await list_due(session)
        yield made


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _anna_is_new(desk: Office) -> None:
    """Each test meets her as the first one did, in whatever order they are run."""
    async with desk.parts.database.session(SEED) as session:
        at = await branch(session, "nora")
        assert at is not None
        known = await rights_of(session, desk.parts.keys, at, CardNumber(ANNA), register="west")
        if known is not None:
            await forget(session, desk.parts.keys, at, known.patron, reach=Reach.CONSORTIUM)


async def _right(desk: Office) -> Right | None:
    async with desk.parts.database.reading(SEED) as session:
        at = await branch(session, "nora")
        assert at is not None
        known = await rights_of(session, desk.parts.keys, at, CardNumber(ANNA), register="west")
    return known.effective if known else None


async def _complaints(looker: Looker) -> list[str]:
    page, found = looker.page, []
    for width, height in (PHONE, DESK):
        await page.set_viewport_size({"width": width, "height": height})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        found += [str(one) for one in await findings(page) if one.impact in GRAVE]
        found += [f"too small: {part}" for part in await page.evaluate(TOO_SMALL)]
        found += [f"{wide} px wide in {width}"] if wide > width else []
    return [f"{page.url}: {one}" for one in found]


async def _press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).first.focus()
    await page.keyboard.press("Enter")


async def _unfold(page: Page, words: str) -> None:
    await page.locator("summary", has_text=words).focus()
    await page.keyboard.press("Enter")


async def test_access_is_given_in_three_clicks_from_the_scan(desk: Office, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, desk.url) as looker:
        page = looker.page
        await desk.sign_in(page)
        await page.add_init_script(COUNT)
        await page.goto(desk.url + NORA)
        await expect(page.locator("#field-card")).to_be_focused()
        await page.keyboard.type(ANNA)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Varför slår du upp låntagaren?")).to_be_visible()
        assert "Anna Ek" not in await page.content()

        await page.get_by_role("button", name="Låntagaren är här").click()
        await expect(page.locator("h2", has_text="Anna Ek")).to_be_visible()
        await looker.picture("access-desk")
        await page.locator('input[name="introduced"]').click()
        await page.get_by_role("button", name="Ge behörighet").click()

        await expect(page.locator(".s-verdict")).to_contain_text("Släpps in med rätt pinkod")
        assert await page.evaluate("sessionStorage.clicks") == "3"
        await looker.looks_right()
    right = await _right(desk)
    assert right is not None
    assert (right.permitted, right.introduced) == (True, True)


async def test_a_suspension_is_decided_printed_and_lifted_by_keys_alone(desk: Office, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, desk.url) as looker:
        page = looker.page
        await desk.sign_in(page)
        await page.goto(desk.url + NORA)
        wrong = await _complaints(looker)
        await page.locator("#field-card").focus()
        await page.keyboard.type(ANNA)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Låntagaren är här")).to_be_focused()
        wrong += await _complaints(looker)
        await page.keyboard.press("Enter")
        await expect(page.locator("h2", has_text="Anna Ek")).to_be_visible()
        for summary in await page.locator(".s-person summary").all():
            await summary.focus()
            await page.keyboard.press("Enter")
        wrong += await _complaints(looker)
        stops = await tab_stops(page)
        wrong += [stop["html"] for stop in stops if not (stop["ring"] and stop["seen"])]

        await page.locator('input[value="card_lent"]').focus()
        await page.keyboard.press("Space")
        await page.locator("#field-last").focus()
        await page.locator("#field-last").fill("2026-12-23")
        await _press(page, "Stäng av")
        await expect(page.get_by_text("Låntagaren är avstängd.")).to_be_visible()
        await expect(page.locator(".s-verdict")).to_contain_text("suspended")
        wrong += await _complaints(looker)
        await _press(page, "Skriv ut beskedet")
        await expect(page.locator(".s-notice")).to_contain_text("till och med")
        await expect(page.locator(".s-notice")).to_contain_text("överklagas")
        await looker.picture("access-notice")
        wrong += await _complaints(looker)
        await _press(page, "Tillbaka till låntagaren")
        await _press(page, "Häv nu")
        await expect(page.get_by_text("Avstängningen är hävd.")).to_be_visible()
        assert wrong == []
    right = await _right(desk)
    assert right is None or right.suspended_until is None


async def _printed(looker: Looker) -> list[str]:
    """The reminders on paper, and back to the list; what is wrong with them."""
    page = looker.page
    await _press(page, "Påminnelser att skriva ut")
    await expect(page.locator(".s-notice")).to_contain_text(ENDING[-4:])
    wrong = await _complaints(looker)
    await page.get_by_role("link", name="Tillbaka till listan").focus()
    await page.keyboard.press("Enter")
    await _press(page, "För att påminna dem")
    return wrong


async def test_lists_of_cards_endings_and_new_numbers_by_keys_alone(desk: Office, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, desk.url) as looker:
        page, wrong = looker.page, list[str]()
        await desk.sign_in(page)
        for path in ("several", "ending", "numbers"):
            for lang in ("en", "sv"):
                await page.goto(f"{desk.url}{NORA}/{path}?lang={lang}")
                wrong += await _complaints(looker)

        await page.goto(f"{desk.url}{NORA}/several")
        await page.locator("#field-cards").focus()
        await page.keyboard.type(f"{ANNA}\n99999999\n")
        await page.locator('input[name="reason"][value="upkeep"]').focus()
        await page.keyboard.press("Space")
        await _press(page, "Gå igenom listan")
        await expect(page.locator(".s-person")).to_contain_text("bibliotekssystemet känner inte kortet")
        wrong += await _complaints(looker)
        await _press(page, "Ändra för 1 låntagare")
        await expect(page.get_by_text("1 låntagare ändrades.")).to_be_visible()

        await page.goto(f"{desk.url}{NORA}/ending")
        await _press(page, "För att påminna dem")
        await expect(page.locator("main")).to_contain_text(ENDING[-4:])
        wrong += await _complaints(looker)
        wrong += await _printed(looker)
        await _press(page, "Anteckna som påminda")
        await expect(page.get_by_text("1 låntagare är antecknad som påmind.")).to_be_visible()

        await page.goto(f"{desk.url}{NORA}/numbers")
        text = f"{ENDING};20000044\n".encode()
        file = {"name": "nya.csv", "mimeType": "text/csv", "buffer": text}
        await page.locator("#field-file").set_input_files(file)  # type: ignore[arg-type]
        await _press(page, "Gå igenom filen")
        await expect(page.locator(".s-person")).to_contain_text("Får det nya numret")
        wrong += await _complaints(looker)
        await _press(page, "Ge 1 låntagare det nya numret")
        await expect(page.get_by_text("1 låntagare har det nya numret.")).to_be_visible()
        wrong += await _complaints(looker)
        assert wrong == []
        await looker.looks_right()
