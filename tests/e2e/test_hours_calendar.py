"""The calendar and what deviates: by keys alone, by touch on a phone, without any script, twelve branches at once."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import DESK, PATIENCE, PHONE, TOO_SMALL, Looker, window
from tests.e2e.region import CONSORTIUM, TOWNS, Region

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DECEMBER = "hours/calendar?month=2026-12"
NEW = f"hours/exceptions/new?target={CONSORTIUM}"
PREVIEW = 'button[value="preview"]:not([aria-hidden])'


async def _at(region: Region, looker: Looker, path: str) -> Page:
    await region.sign_in(looker, "klara")
    await looker.page.goto(region.url + path)
    return looker.page


async def _tab_to(page: Page, part: Locator) -> None:
    """Press Tab until it is there, as somebody without a mouse does."""
    for _ in range(60):
        if await part.evaluate("part => part === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key never comes to {part}")


async def _press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def _is_at(page: Page, day: str) -> None:
    await expect(page.locator(f'[data-day="{day}"]')).to_be_focused()


async def test_by_keys_alone_one_finds_a_day_closes_it_and_takes_it_back(
    region: Region, shared_chromium: Browser
) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _at(region, looker, f"branches/kumla/{DECEMBER}")
        await _tab_to(page, page.locator('[data-day="2026-12-01"]'))
        await _press(page, "ArrowDown", "ArrowRight")
        await _is_at(page, "2026-12-09")
        await _press(page, "Home")
        await _is_at(page, "2026-12-07")
        await _press(page, "End", "ArrowUp")
        await _is_at(page, "2026-12-06")
        await _press(page, "PageDown")
        await expect(page.locator("h2")).to_contain_text("Januari 2027")
        await _is_at(page, "2027-01-01")
        await _press(page, "PageUp")
        await expect(page.locator("h2")).to_contain_text("December 2026")
        await _is_at(page, "2026-12-01")
        await _press(page, "ArrowDown", "ArrowDown", "Enter")
        await expect(page.locator("h2")).to_contain_text("Tisdag 15 december 2026")

        await _tab_to(page, page.get_by_role("link", name="Stäng den här dagen"))
        await _press(page, "Enter")
        await expect(page.locator("#field-first-0")).to_have_value("2026-12-15")
        await _tab_to(page, page.locator("#field-title"))
        await page.keyboard.type("Planeringsdag")
        await _press(page, "Enter")
        await expect(page.locator("h1")).to_contain_text("Vad dörrarna gör")
        await _tab_to(page, page.get_by_role("button", name="Publicera"))
        await _press(page, "Enter")
        await expect(page.locator("#done")).to_contain_text("Publicerat.")

        await _tab_to(page, page.get_by_role("button", name="Ångra"))
        await _press(page, "Enter")
        await expect(page.locator("#done")).to_contain_text("Det är som det var")
        await looker.looks_right()


async def test_on_a_phone_the_month_is_a_list_and_a_day_is_a_tap_away(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, region.url) as looker:
        page = await _at(region, looker, f"branches/nora/{DECEMBER}")
        first = await page.locator('[data-day="2026-12-01"]').bounding_box()
        second = await page.locator('[data-day="2026-12-02"]').bounding_box()
        assert first is not None
        assert second is not None
        assert second["y"] > first["y"]
        assert first["width"] > PHONE[0] * 0.8
        assert await page.evaluate(TOO_SMALL) == []
        await looker.picture("hours-calendar-phone")

        await page.locator('[data-day="2026-12-08"]').tap()

        await expect(page.locator("main")).to_contain_text("”Systembyte”, beslutad av konsortiet")
        await expect(page.locator("main")).to_contain_text("Den vanliga veckan")
        await looker.looks_right()


async def test_twelve_branches_and_three_weeks_are_read_at_a_glance(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _at(region, looker, NEW)
        await page.fill("#field-title", "Storm")
        await page.fill("#field-first-0", "2027-02-01")
        await page.fill("#field-last-0", "2027-02-03")
        await page.click(PREVIEW)

        await expect(page.locator(".c-chart tbody tr")).to_have_count(len(TOWNS))
        await expect(page.locator(".c-chart [data-changed]")).to_have_count(3 * len(TOWNS))
        await expect(page.locator(".c-diff tbody tr")).to_have_count(1)
        await expect(page.locator("main")).to_contain_text("12 dörrar och kiosker")
        await looker.picture("hours-preview")
        await looker.looks_right()

        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert await page.evaluate(TOO_SMALL) == []
        await looker.picture("hours-preview-phone")
        await looker.looks_right()


async def test_without_any_script_week_15_is_written_pasted_seen_and_published(
    region: Region, shared_chromium: Browser
) -> None:
    context = await shared_chromium.new_context(java_script_enabled=False, locale="sv-SE")
    context.set_default_timeout(PATIENCE)
    try:
        page = await _at(region, Looker(context, await context.new_page()), NEW)
        await page.fill("#field-title", "Nytt system")
        await page.fill("#field-first-0", "2027-04-12")
        await page.select_option("#field-what-0", "not_after")
        await page.fill("#field-time-0", "kvart över")
        await page.fill("#field-reason-sv", "Vi byter system")
        await page.click(PREVIEW)
        await expect(page.locator("#error-time-0")).to_contain_text("”kvart över” är ingen tid")
        await expect(page.locator("#field-reason-sv")).to_have_value("Vi byter system")

        await page.fill("#field-time-0", "15")
        await page.click("details.c-paste summary")
        await page.fill("#field-paste", "13–15 april 2027 stängt\n16/4 2027 öppnar 10")
        await page.click('button[value="paste"]')
        await expect(page.locator(".c-row")).to_have_count(3)
        await expect(page.locator("#field-time-2")).to_be_visible()
        await expect(page.locator("#field-time-1")).to_be_hidden()

        await page.click(PREVIEW)
        await expect(page.locator(".c-diff")).to_contain_text("tis 13 apr. – tors 15 apr.")
        await page.click('button[value="save"]')
        await expect(page.locator("#done")).to_contain_text("Publicerat.")
        await expect(page.locator(".s-delivered")).to_contain_text("0 av 12 dörrar")
        await page.get_by_role("button", name="Ångra").click()
        await expect(page.locator("#done")).to_contain_text("Det är som det var")
    finally:
        await context.close()


async def test_a_published_change_tells_which_doors_have_it(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _at(region, looker, "hours/exceptions/new?target=hallsberg&day=2027-01-11&what=no_self_service")
        await page.fill("#field-title", "Kursdag")
        await page.click(PREVIEW)
        await page.click('button[value="save"]')
        await expect(page.locator(".s-delivered")).to_contain_text("Entrén")

        await region.heard("hallsberg")

        await expect(page.locator(".s-delivered")).to_contain_text("Entrén har det.")
        await page.goto(f"{region.url}hours?place=hallsberg")
        await expect(page.locator(".c-cards")).to_contain_text("Kursdag")
        await page.goto(f"{region.url}branches/hallsberg/hours/history")
        await expect(page.locator(".c-history")).to_contain_text("Kursdag")
        await looker.looks_right()
