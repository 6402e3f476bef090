"""What the kiosk says of the hours on its first screen, open and closed: axe-core has nothing grave against it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from meroppet.rules.eligibility import Policy
from meroppet.rules.schedule import Schedule
from tests.e2e.browser import KIOSK, PATIENCE, window
from tests.e2e.looking import GRAVE, Finding, findings
from tests.integration.kiosk.stand import Stand

pytestmark = pytest.mark.browser

NEVER = Schedule("Europe/Stockholm", ((),) * 7)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    made = Stand()
    try:
        await made.open()
        yield made
    finally:
        await made.close()


async def test_the_first_screen_is_for_everybody_whether_open_or_closed(stand: Stand, chromium: Browser) -> None:
    expect.set_options(timeout=PATIENCE)
    async with window(chromium, KIOSK, stand.url) as looker:
        page = looker.page
        await page.wait_for_selector('#stage[data-screen="idle"]')
        wrong = [f"{lang} {finding}" for lang in ("en", "sv") for finding in await _in(page, lang)]
        before = await page.locator("#stage").inner_text()
        stand.server.open_branch(Policy(minimum_age=16), NEVER)
        await expect(page.locator("#stage")).not_to_have_text(before, use_inner_text=True)
        wrong += [str(finding) for finding in await findings(page) if finding.impact in GRAVE]

        assert wrong == []


async def _in(page: Page, lang: str) -> list[Finding]:
    await page.tap('[action="/do/language"] button')
    await page.wait_for_selector(f'#stage[data-screen="idle"][lang="{lang}"]')
    return [finding for finding in await findings(page) if finding.impact in GRAVE]
