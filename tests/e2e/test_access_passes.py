"""Tags, codes and cards in a real browser: by keys alone, followed as it happens, in both languages and two sizes."""

import pytest
from playwright.async_api import Browser, Page, expect

from meroppet.rules.credentials import CardNumber
from meroppet.wire.passes import TagOutcome
from server.cards.service import saw
from server.db import Scope
from server.passes.handouts import tag_read
from tests.e2e.browser import DESK, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings, tab_stops
from tests.e2e.region import CONSORTIUM, Region

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PASSES = "branches/nora/passes"
CARDS = f"cards/{CONSORTIUM}"
SCANNED = ("29350000000014", "29350000000220", "29350000047114", "29350000815734", "29359999999995")
TAG = CardNumber("04A1B2C3D4E5F6")


async def complaints(looker: Looker) -> list[str]:
    """What is wrong with the page as it is, at a desk and on a phone, in both languages where it can be loaded anew."""
    page, found = looker.page, []
    for width, height in (PHONE, DESK):
        await page.set_viewport_size({"width": width, "height": height})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        found += [str(finding) for finding in await findings(page) if finding.impact in GRAVE]
        found += [f"too small: {part}" for part in await page.evaluate(TOO_SMALL)]
        found += [f"{wide} px wide in {width}"] if wide > width else []
    said, looker.complaints[:] = list(looker.complaints), []
    return [f"{page.url}: {line}" for line in (*found, *said)]


async def press(page: Page, name: str) -> None:
    """Go to a button or link by its name and press Enter on it."""
    await (
        page.get_by_role("button", name=name, exact=True)
        .or_(page.get_by_role("link", name=name, exact=True))
        .first.focus()
    )
    await page.keyboard.press("Enter")


async def held(region: Region, handout: str, read: CardNumber | TagOutcome) -> TagOutcome:
    """What a door reports when a tag is held to its reader."""
    at = await region.branch("nora")
    async with region.parts.database.session(at.scope) as session:
        device = region.doors["nora"].device
        return await tag_read(session, region.parts.keys, at, None, device=device, handout_id=handout, read=read)


async def make_a_pass(page: Page, looker: Looker) -> list[str]:
    """Fill in the form by keys alone, from the list on; what is wrong with the pages on the way."""
    await press(page, "Ny behörighet med tagg")
    await expect(page.locator("#field-pin")).to_be_visible()
    await page.locator('input[value="cleaner"]').focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.type("städ, omgång 2")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#field-begins")).to_be_visible()
    wrong = await complaints(looker)
    await page.locator("#field-pin").focus()
    await page.keyboard.type("7305")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Behörigheten är skapad.")).to_be_visible()
    return wrong + await complaints(looker)


async def test_a_tag_is_handed_out_by_keys_alone_and_the_page_follows(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = looker.page
        await region.sign_in(looker, "berit")
        await page.goto(f"{region.url}{PASSES}")
        wrong = await complaints(looker) + await make_a_pass(page, looker)

        await press(page, "Ny tagg")
        await expect(page.get_by_text("Håll taggen mot läsaren vid ”Entrén”")).to_be_visible()
        wrong += await complaints(looker)
        handout = page.url.rpartition("/")[2]
        assert await held(region, handout, TagOutcome.ITEM_TAG) is TagOutcome.ITEM_TAG
        await expect(page.get_by_text("Det är en boks tagg.")).to_be_visible()
        assert await held(region, handout, TAG) is TagOutcome.DONE
        await expect(page.get_by_text("Taggen är klar")).to_be_visible()
        wrong += await complaints(looker)

        await press(page, "Tillbaka till behörigheten")
        await expect(page.get_by_text("måndag–fredag 06.00–08.00")).to_be_visible()
        await page.locator("summary").focus()
        await page.keyboard.press("Enter")
        await press(page, "Avsluta nu")
        await expect(page.get_by_text("Behörigheten är avslutad.")).to_be_visible()
        wrong += await complaints(looker)

        assert wrong == []


async def test_what_opens_at_every_hour_is_confirmed_by_another_person_by_keys_alone(
    region: Region, shared_chromium: Browser
) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = looker.page
        await region.sign_in(looker, "berit")
        await page.goto(f"{region.url}{PASSES}/new/tag")
        await page.locator('input[value="guard"]').focus()
        await page.keyboard.press("Space")
        await page.locator("#field-label").focus()
        await page.keyboard.type("väktare, nyckel 1")
        await page.locator('input[value="always"]').focus()
        await page.keyboard.press("Space")
        await page.locator("#field-pin").focus()
        await page.keyboard.type("7305")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Behörigheten är skapad.")).to_be_visible()
        wrong, own = await complaints(looker), page.url.partition("?")[0]
        assert await page.get_by_role("button", name="Bekräfta", exact=True).count() == 0
    async with window(shared_chromium, DESK, region.url) as looker:
        page = looker.page
        await region.sign_in(looker, "klara")
        for lang in ("en", "sv"):
            await page.goto(f"{own}?lang={lang}")
            wrong += await complaints(looker)
        await press(page, "Bekräfta")
        await expect(page.get_by_text("Bekräftat.", exact=True)).to_be_visible()
        wrong += await complaints(looker)

    assert wrong == []


async def test_a_code_is_made_and_shown_once(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = looker.page
        await region.sign_in(looker, "berit")
        await page.goto(f"{region.url}{PASSES}/new/code?lang=en")
        wrong = await complaints(looker)
        await page.locator("#field-label").focus()
        await page.keyboard.type("plumber")
        await press(page, "Make the code")
        await expect(page.get_by_text("It is shown only here and only now.")).to_be_visible()
        code = await page.locator(".p-digits .m-unseen").text_content()
        wrong += await complaints(looker)
        await press(page, "Done")
        await expect(page.get_by_role("link", name="New code")).to_be_visible()
        await expect(page.get_by_text("plumber")).to_be_visible()
        wrong += await complaints(looker)

        assert code is not None
        assert len(code) == 8
        assert code not in await page.content()
        assert wrong == []


async def test_five_cards_are_scanned_and_the_setting_saved_by_keys_alone(
    region: Region, shared_chromium: Browser
) -> None:
    async with region.parts.database.session(Scope.of_consortium(CONSORTIUM)) as session:
        await saw(session, CONSORTIUM, CardNumber("12345678"))
    async with window(shared_chromium, DESK, region.url) as looker:
        page = looker.page
        await region.sign_in(looker, "klara")
        await page.goto(f"{region.url}registers")
        await press(page, "Så ser korten ut")
        await expect(page.locator("#field-scanned")).to_be_visible()
        wrong = await complaints(looker)

        await page.locator("#field-scanned").focus()
        for card in SCANNED:
            # A scanner types the number and ends with the Enter key.
            await page.keyboard.type(card)
            await page.keyboard.press("Enter")
        await press(page, "Föreslå en inställning")
        await expect(page.locator("#field-prefixes_0")).to_have_value("2935")
        wrong += await complaints(looker)
        stops = await tab_stops(page)
        assert all(stop["ring"] for stop in stops)
        await press(page, "Spara")
        await expect(page.get_by_text("8 siffror, börjar med 12 – använda 1 gång")).to_be_visible()
        # Chromium remarks on the answer that says what is wrong.
        looker.complaints[:] = [said for said in looker.complaints if "status of 422" not in said]
        wrong += await complaints(looker)
        await page.locator("#field-lengths_1").focus()
        await page.keyboard.type("8")
        await press(page, "Spara")
        await expect(page.get_by_text("Tryckta: 14 tecken, börjar med 2935")).to_be_visible()
        wrong += await complaints(looker)

        assert wrong == []
