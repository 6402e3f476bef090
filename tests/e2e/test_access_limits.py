"""Wrong PINs in a real browser: a card's count begun anew, and a door let ask again, by keys alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from meroppet.rules.credentials import CardNumber
from server.attempts.service import standing
from server.db import unscoped
from server.organisations.service import branch
from tests.e2e.agreements import ANNA, Office, office
from tests.e2e.browser import DESK, PATIENCE, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings, tab_stops
from tests.fakes.tried_pins import guessed_at, place_at, wrong_pins

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    expect.set_options(timeout=PATIENCE)
    async with office(tmp_path_factory.mktemp("limits")) as made:
        async with made.parts.database.session(unscoped("a test's seed")) as session:
            at = await branch(session, "nora")
        assert at is not None
        await wrong_pins(made.parts, at, ANNA, 5)
        await guessed_at(made.parts, at, "door-1", "Entrén", 30)
        await guessed_at(made.parts, at, "kiosk-1", "Automaten", 100)
        yield made


async def complaints(looker: Looker) -> list[str]:
    page, found = looker.page, []
    for width, height in (PHONE, DESK):
        await page.set_viewport_size({"width": width, "height": height})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        found += [str(one) for one in await findings(page) if one.impact in GRAVE]
        found += [f"too small: {part}" for part in await page.evaluate(TOO_SMALL)]
        found += [f"{wide} px wide in {width}"] if wide > width else []
    stops = await tab_stops(page)
    found += [stop["html"] for stop in stops if not (stop["ring"] and stop["seen"])]
    return [f"{page.url}: {one}" for one in found]


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).first.focus()
    await page.keyboard.press("Enter")


async def failures(desk: Office) -> int:
    async with desk.parts.database.reading(unscoped("the test looks")) as session:
        at = await branch(session, "nora")
        assert at is not None
        async with session.within(place_at(at).scope):
            return (await standing(session, desk.parts.keys, place_at(at), [CardNumber(ANNA)], None)).failures


async def test_a_cards_count_is_begun_anew_by_keys_alone(desk: Office, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, desk.url) as looker:
        page = looker.page
        await desk.sign_in(page)
        await page.goto(f"{desk.url}branches/nora/patrons")
        await expect(page.locator("#field-card")).to_be_focused()
        await page.keyboard.type(ANNA)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Låntagaren är här")).to_be_focused()
        await press(page, "Låntagaren är här")
        await expect(page.get_by_text("Låst till")).to_be_visible()
        await page.locator("summary", has_text="Börja om räkningen").focus()
        await page.keyboard.press("Enter")
        wrong = await complaints(looker)
        await page.locator("#pins-title").scroll_into_view_if_needed()
        await looker.picture("access-pins-patron")

        await press(page, "Har en ny pinkod")

        await expect(page.get_by_text("Räkningen börjar om.")).to_be_visible()
        assert wrong == []
    assert await failures(desk) == 0


async def test_a_door_is_let_ask_again_by_keys_alone(desk: Office, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, desk.url) as looker:
        page = looker.page
        await desk.sign_in(page)
        await page.goto(f"{desk.url}branches/nora")
        await page.get_by_role("link", name="Titta, och låt den fråga igen").first.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Gissade pinkoder")).to_be_visible()
        wrong = await complaints(looker)
        await page.evaluate("scrollTo(0, 0)")
        await looker.picture("access-pins-doors")
        for _ in range(2):
            left = await page.get_by_role("button", name="Ingen vet vem det var").count()
            await press(page, "Ingen vet vem det var")
            await expect(page.get_by_role("button", name="Ingen vet vem det var")).to_have_count(left - 1)
        await expect(page.get_by_text("Ingen dörr har sett många felaktiga pinkoder")).to_be_visible()
        wrong += await complaints(looker)
        await page.goto(f"{desk.url}branches/nora/pins?lang=en")
        await expect(page.get_by_text("No door has seen many wrong PINs")).to_be_visible()

        assert wrong == []
