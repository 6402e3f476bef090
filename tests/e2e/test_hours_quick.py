"""Two taps on a phone, ten seconds to undo, and the doors' receipt; by keys alone, and without any script, too."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import DESK, PHONE, TOO_SMALL, Looker, window
from tests.e2e.region import Region

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MAIN_BUTTON = "form.q-card > button.ds-button"


async def _at(region: Region, looker: Looker, path: str, who: str = "klara") -> Page:
    await region.sign_in(looker, who)
    await looker.page.goto(region.url + path)
    return looker.page


async def _is_in_view(page: Page, selector: str) -> bool:
    box = await page.locator(selector).bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    return bool(box["y"] >= 0 and box["y"] + box["height"] <= size["height"])


async def _close(page: Page) -> None:
    await page.locator('.q-tile[data-action="close"]').tap()
    await page.locator(MAIN_BUTTON).tap()
    await expect(page.locator(".q-done h2")).to_contain_text("Klart")


async def test_two_taps_close_a_branch_and_a_third_undoes_it(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, region.url) as looker:
        page = await _at(region, looker, "branches/nora")
        await page.locator('.q-tile[data-action="close"]').tap()
        await expect(page.locator(".q-card")).to_contain_text("Dörrarna låses genast.")
        await expect(page.locator(".q-card")).to_contain_text("Öppnar igen i morgon 06.00.")
        assert await _is_in_view(page, MAIN_BUTTON)
        assert await page.evaluate(TOO_SMALL) == []
        await looker.picture("hours-quick-confirm")
        await page.locator(MAIN_BUTTON).tap()

        await expect(page.locator(".q-undo button")).to_contain_text("Ångra")
        await expect(page.locator(".q-count")).to_be_visible()
        await expect(page.locator(".s-delivered")).to_contain_text("Entrén: på väg")
        await region.heard("nora")
        await expect(page.locator(".s-delivered")).to_contain_text("Entrén har det.")
        await looker.picture("hours-quick-done")
        await page.locator(".q-undo button").tap()

        await expect(page.locator(".q-done h2")).to_contain_text("Ångrat")
        await expect(page.locator(".q-state")).to_contain_text("Meröppet")
        await looker.looks_right()


async def test_after_ten_seconds_the_history_is_where_it_is_undone(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, region.url) as looker:
        await looker.page.clock.install()
        page = await _at(region, looker, "branches/lindesberg/quick")
        await _close(page)
        await page.locator(".q-undo button").focus()

        await page.clock.fast_forward("00:11")

        await expect(page.locator(".q-undo")).to_have_count(0)
        await expect(page.get_by_role("link", name="Ångra i historiken")).to_be_focused()
        await page.get_by_role("link", name="Ångra i historiken").tap()
        await expect(page).to_have_url(region.url + "branches/lindesberg/hours/history")
        await page.locator(".c-change summary").first.tap()
        await page.get_by_role("button", name="Ångra", exact=True).first.tap()
        await expect(page.locator("main")).to_contain_text("Ångrat")
        await page.goto(region.url + "branches/lindesberg/quick")
        await expect(page.locator(".q-state")).to_contain_text("Meröppet")


async def test_longer_today_with_a_chosen_number_of_minutes(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, region.url) as looker:
        page = await _at(region, looker, "branches/hallefors/quick")

        await page.locator(".q-more").nth(1).tap()
        await expect(page.locator(".q-card")).to_contain_text("Stänger i dag 20.00 om inget ändras.")
        assert await _is_in_view(page, MAIN_BUTTON)
        await page.locator(MAIN_BUTTON).tap()

        await expect(page.locator(".q-done")).to_contain_text("till 21.00")
        await expect(page.locator(".q-state")).to_contain_text("till 21.00")


async def test_longer_today_until_a_time_that_is_typed(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, region.url) as looker:
        page = await _at(region, looker, "branches/ljusnarsberg/quick/extend")
        await page.locator('input[value="at"]').check()
        await page.locator('input[name="time"]').fill("i natt")
        await page.locator(MAIN_BUTTON).tap()
        await expect(page.locator(".ds-alert")).to_contain_text("Skriv som 20.30")

        await page.locator('input[name="time"]').fill("22.15")
        await page.locator(MAIN_BUTTON).tap()

        await expect(page.locator(".q-done")).to_contain_text("till 22.15")


async def test_no_self_service_tonight_and_back_again(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, region.url) as looker:
        page = await _at(region, looker, "branches/degerfors/quick")
        await page.locator('.q-tile[data-action="tonight"]').tap()
        await expect(page.locator(".q-card")).to_contain_text("Meröppet slutar genast.")
        await page.locator(MAIN_BUTTON).tap()
        await expect(page.locator(".q-state")).to_contain_text("Stängt")

        await page.locator('.q-tile[data-action="reopen"]').tap()
        assert await _is_in_view(page, MAIN_BUTTON)
        await page.locator(MAIN_BUTTON).tap()

        await expect(page.locator(".q-state")).to_contain_text("Meröppet")


async def test_keys_alone_close_a_branch_and_undo_it(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _at(region, looker, "branches/storfors")
        await _tab_to(page, '.q-tile[data-action="close"]')
        await page.keyboard.press("Enter")
        await expect(page.locator(MAIN_BUTTON)).to_be_visible()
        await _tab_to(page, MAIN_BUTTON)
        await page.keyboard.press("Enter")

        await expect(page.locator(".q-done h2")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.locator(".q-undo button")).to_be_focused()
        await page.keyboard.press("Enter")

        await expect(page.locator(".q-done h2")).to_contain_text("Ångrat")


async def _tab_to(page: Page, selector: str, most: int = 60) -> None:
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"no number of tabs leads to {selector}")


async def test_without_scripts_all_of_it_works_as_plain_forms(region: Region, shared_chromium: Browser) -> None:
    context = await shared_chromium.new_context(java_script_enabled=False, locale="sv-SE", has_touch=True)
    page = await context.new_page()
    looker = Looker(context, page)
    await _at(region, looker, "branches/filipstad/quick")

    await _close(page)
    await expect(page.locator(".q-count")).to_be_hidden()
    await page.locator(".q-undo button").tap()

    await expect(page.locator(".q-done h2")).to_contain_text("Ångrat")
    await context.close()


async def test_what_somebody_wider_has_closed_only_they_open(region: Region, shared_chromium: Browser) -> None:
    await region.closed_by_controller("laxa", "klara")
    async with window(shared_chromium, PHONE, region.url) as looker:
        page = await _at(region, looker, "branches/laxa")

        await expect(page.locator(".q-closer")).to_contain_text("Stängt av Laxå kommun: Klara, 19.30.")
        await expect(page.locator('.q-tile[data-action="reopen"]')).to_have_count(0)
        await looker.looks_right()
