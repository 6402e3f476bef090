"""The kiosk's page in a real browser, touched: every screen fits its panel, and no request leaves the machine."""

import pytest
from playwright.async_api import Page, async_playwright

from tests.integration.kiosk.stand import CARD, PIN, Stand

pytestmark = pytest.mark.browser

SIZES = [(1080, 1920), (800, 480), (390, 844), (1280, 800)]
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SPILL = """() => [...document.querySelectorAll('#stage *')].filter(part => {
  const box = part.getBoundingClientRect()
  const inside = box.left >= -1 && box.top >= -1 && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1
  return box.width && box.height && !inside && !part.closest('.k-lines') && !part.closest('svg')
}).map(part => part.className)"""
COVERED = """() => [...document.querySelectorAll('#stage button')].filter(button => {
  const box = button.getBoundingClientRect()
  const corners = [[box.left + 9, box.top + 9], [box.right - 9, box.top + 9],
                   [box.left + 9, box.bottom - 9], [box.right - 9, box.bottom - 9]]
  const tops = corners.map(([x, y]) => document.elementFromPoint(x, y))
  return box.width && !tops.every(top => button.contains(top) || top?.closest('.k-veil'))
}).map(button => button.innerText)"""


async def fits(page: Page, screen: str) -> None:
    """In English, and then in Swedish, in which the visit goes on."""
    for lang in ("en", "sv"):
        await page.tap('[action="/do/language"] button')
        await page.wait_for_selector(f'#stage[data-screen="{screen}"][lang="{lang}"]')
        assert await page.evaluate(SPILL) == [], (screen, lang)
        assert await page.evaluate(COVERED) == [], (screen, lang)


async def keys(page: Page, digits: str) -> None:
    for digit in digits:
        await page.tap(f'.k-key:has-text("{digit}")')


async def visit(stand: Stand, page: Page) -> None:
    await page.goto(stand.url)
    await page.wait_for_selector('#stage[data-screen="idle"][lang="sv"]')
    await fits(page, "idle")
    await page.tap('button:has-text("Låna")')
    await page.wait_for_selector('#stage[data-screen="card"]')
    await fits(page, "card")
    stand.board.scan(CARD)
    await page.wait_for_selector('#stage[data-screen="pin"]')
    await fits(page, "pin")
    await keys(page, PIN)
    await page.tap('[data-key="ok"]')
    await page.wait_for_selector('#stage[data-screen="items"]')
    await fits(page, "items")
    stand.board.put_items(["3010000000011", "3010000000037", "3010000000045"])
    await page.wait_for_selector('.k-line[data-state="done"] >> nth=1')
    await page.wait_for_selector('#stage[data-screen="items"]')
    await fits(page, "items")
    await page.tap('button:has-text("Klar")')
    await page.wait_for_selector('#stage[data-screen="receipt"]')
    await fits(page, "receipt")
    await page.tap('button:has-text("Stäng")')
    await fits(page, "idle")


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_a_visit_by_touch_fits_the_panel_and_stays_on_the_machine(stand: Stand, width: int, height: int):
    trouble: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        context = await browser.new_context(viewport={"width": width, "height": height}, has_touch=True)
        page = await context.new_page()
        page.on("console", lambda said: trouble.append(said.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda sent: trouble.append(sent.url) if not sent.url.startswith(stand.url) else None)

        await visit(stand, page)
        await browser.close()

    assert trouble == []
