"""A week of hours in the grid: by mouse, by finger and by keys alone, and without any script in its lines."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import DESK, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import findings
from tests.e2e.region import Region

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DAY = 24 * 60
HEARD = "[data-week-grid] [role=status]"


async def _open(region: Region, looker: Looker, branch: str, path: str = "") -> Page:
    await region.sign_in(looker, "klara")
    await looker.page.goto(f"{region.url}branches/{branch}/hours{path}")
    return looker.page


def _blocks(page: Page, day: int, kind: str = "") -> Locator:
    of_kind = f'[data-kind="{kind}"]' if kind else ""
    return page.locator(f'.h-column[data-day="{day}"] .h-block{of_kind}')


async def _empty(page: Page) -> None:
    """Nothing in the week: each block is removed by its key."""
    while await page.locator(".h-block").count():
        await page.locator(".h-block").first.focus()
        await page.keyboard.press("Delete")


async def _place(page: Page, day: int, minute: int) -> tuple[float, float]:
    column = page.locator(f'.h-column[data-day="{day}"] .h-hours')
    box = await column.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * 0.7, box["y"] + box["height"] * minute / DAY


async def _drag(page: Page, begin: tuple[int, int], end: tuple[int, int]) -> None:
    """From a day and minute to another, with the mouse."""
    await page.locator(".h-week").scroll_into_view_if_needed()
    await page.mouse.move(*await _place(page, *begin))
    await page.mouse.down()
    await page.mouse.move(*await _place(page, *end), steps=8)
    await page.mouse.up()


async def _values(page: Page, day: int) -> list[str]:
    """What the form would send of a day: the truth behind the grid."""
    fields = page.locator(f'.s-lines[data-day="{day}"]').locator("input, select")
    return [await field.input_value() for field in await fields.all()]


async def test_hours_are_drawn_moved_stretched_and_copied_by_mouse(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, (1280, 1400), region.url) as looker:
        page = await _open(region, looker, "nora")
        await _empty(page)

        await page.locator('[data-tool="self_service"]').click()
        await _drag(page, (0, 6 * 60), (0, 22 * 60))
        await page.locator('[data-tool="staffed"]').click()
        await _drag(page, (0, 10 * 60), (0, 16 * 60))
        assert await _values(page, 0) == ["06.00", "22.00", "self_service", "10.00", "16.00", "staffed"]

        await page.locator('[data-tool="move"]').click()
        await _drag(page, (0, 12 * 60), (1, 13 * 60))
        assert await _values(page, 1) == ["11.00", "17.00", "staffed"]
        await _drag(page, (1, 17 * 60 - 3), (1, 19 * 60 - 3))
        assert await _values(page, 1) == ["11.00", "19.00", "staffed"]

        await page.locator('.h-column[data-day="1"] [data-copy]').click()
        await page.locator("[data-days='56']").click()
        await page.locator("dialog[data-copies] button[value='keep']").click()
        assert await _values(page, 6) == ["11.00", "19.00", "staffed"]

        await page.locator("[data-undo]").click()
        assert await _values(page, 6) == []
        await expect(page.locator(".h-unsaved")).to_be_visible()
        await looker.looks_right()
        await page.locator('.h-save button[value="review"]').click()
        await expect(page.locator("main")).to_contain_text("Vad som ändras")


async def _type_monday(page: Page) -> None:
    """06–22 on Monday, after a slip that is told."""
    await page.locator('.h-column[data-day="0"] [data-add]').focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("6")
    await page.keyboard.press("Tab")
    await page.keyboard.type("6")
    await page.keyboard.press("Enter")
    await expect(page.locator("#times-wrong")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.type("22")
    await page.keyboard.press("Enter")
    await expect(_blocks(page, 0)).to_be_focused()
    await expect(_blocks(page, 0)).to_have_attribute("aria-label", "Måndag, meröppet 06.00–22.00")


async def test_a_week_is_made_and_saved_by_keys_alone(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _open(region, looker, "lindesberg")
        await _empty(page)
        await expect(page.locator(HEARD)).to_contain_text("Borttaget: ")
        await expect(page.locator('.h-column[data-day="6"] [data-add]')).to_be_focused()
        await _type_monday(page)

        await page.keyboard.press("ArrowDown")
        await expect(page.locator(HEARD)).to_have_text("Måndag, meröppet 06.15–22.15")
        for _ in range(8):
            await page.keyboard.press("Shift+ArrowDown")
        await expect(page.locator(HEARD)).to_have_text("Måndag, meröppet 06.15–00.15, slutar nästa dag")
        await expect(page.locator('.h-column[data-day="1"] .h-tail')).to_be_visible()
        await page.keyboard.press("Alt+ArrowUp")
        await page.keyboard.press("ArrowRight")
        await expect(_blocks(page, 1)).to_be_focused()
        await expect(_blocks(page, 1)).to_have_attribute("aria-label", "Tisdag, meröppet 06.00–00.15, slutar nästa dag")
        await page.keyboard.press("Control+z")
        await expect(_blocks(page, 0)).to_have_count(1)

        await page.locator('.h-save button[value="review"]').focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_contain_text("06.00–00.15 meröppet (slutar nästa dag)")
        await page.locator('button[value="save"]').focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".ds-alert")).to_contain_text("Sparat.")
        await expect(_blocks(page, 0)).to_have_attribute("aria-label", "Måndag, meröppet 06.00–00.15, slutar nästa dag")
        await looker.looks_right()


async def test_on_a_phone_one_day_is_seen_and_changed_by_finger(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, region.url) as looker:
        page = await _open(region, looker, "nora")
        await page.locator('[data-show="2"]').tap()
        await expect(page.locator(".h-column:visible")).to_have_count(1)
        before = await _values(page, 2)

        await _blocks(page, 2, "staffed").tap()
        await expect(_blocks(page, 2, "staffed")).to_be_focused()
        await _blocks(page, 2, "staffed").tap()
        await expect(page.locator("dialog[data-times]")).to_be_visible()
        await page.locator("#times-to").fill("23.30")
        await page.locator("dialog[data-times] button[value='keep']").tap()

        assert await _values(page, 2) == [*before[:4], "23.30", *before[5:]]
        assert await page.evaluate(TOO_SMALL) == []
        await looker.looks_right()


async def test_what_is_written_in_the_lines_is_drawn_in_the_grid(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _open(region, looker, "nora")
        await page.locator(".h-numbers summary").click()

        await page.locator('[name="end-3-0"]').fill("1")
        await expect(_blocks(page, 3).first).to_have_attribute("data-goes-on", "")
        await page.locator('[name="end-3-0"]').fill("x")

        await expect(_blocks(page, 3)).to_have_count(len(await _values(page, 3)) // 3 - 1)


async def test_no_finding_of_axe_with_hours_chosen_and_dialogs_open(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _open(region, looker, "nora", "/seasons/new")
        await _blocks(page, 0).first.focus()
        assert await findings(page) == []
        await page.keyboard.press("Enter")
        assert await findings(page) == []
        await page.keyboard.press("Escape")
        await page.locator('.h-column[data-day="0"] [data-copy]').click()
        assert await findings(page) == []


async def test_without_a_script_the_lines_alone_do_it(region: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, region.url) as looker:
        page = await _open(region, looker, "nora")
        await page.context.route("**/week.js*", lambda route: route.abort())
        await page.reload()
        looker.complaints.clear()

        await expect(page.locator("[data-week-grid]")).to_be_hidden()
        await page.locator('[name="op"][value="add-6"]').click()
        lines = page.locator('.s-lines[data-day="6"] .s-line')
        await lines.last.locator('[name^="start-"]').fill("23")
        await lines.last.locator('[name^="end-"]').fill("23.30")
        await page.locator('.h-save button[value="review"]').click()

        await expect(page.locator("main")).to_contain_text("23.00–23.30 meröppet")
