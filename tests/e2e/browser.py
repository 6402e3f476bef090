"""A real Chromium, and windows that note whatever a page should not do."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
IMAGES = Path(__file__).parents[2] / "docs" / "images"
KIOSK, DESK, PHONE = (1080, 1920), (1280, 800), (390, 844)
TOO_SMALL = """() => [...document.querySelectorAll('a, button, select, summary, input, .s-radio')].filter(part => {
  const box = part.getBoundingClientRect()
  const hit = part.matches('[type=radio], [type=checkbox]') ? part.closest('label').getBoundingClientRect() : box
  const unseen = box.width < 2 || part.closest('.m-unseen, .ds-skip-link, details:not([open]) > :not(summary)')
  return !unseen && !part.closest('p, li') && (hit.height < 43.5 || hit.width < 24)
}).map(part => part.outerHTML.slice(0, 90))"""
"""What a finger would miss (44 px, as Apple and EN 301 549's advice have it); links within a sentence are exempt."""
PATIENCE = 15_000
"""Milliseconds; the machine may be busy with other tests."""


class Looker:
    """A browser window that notes whatever a page should not do."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context, self.page = context, page
        self.complaints: list[str] = []
        page.on("console", lambda message: self._note(_is_wrong(message), message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", lambda request: self._note(_leaves(request.url), f"a request to {request.url}"))

    def _note(self, wrong: bool, words: str) -> None:
        if wrong:
            self.complaints.append(words)

    async def looks_right(self) -> None:
        """Nothing sticks out sideways, and nothing was complained about."""
        wide, window = await self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= window, f"{self.page.url} is {wide} px wide in a window of {window}"
        assert self.complaints == [], self.page.url

    async def picture(self, name: str) -> None:
        """A screenshot for docs/images, when they are asked for."""
        if os.environ.get("MEROPPET_SCREENSHOTS"):
            IMAGES.mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


def _is_wrong(message: ConsoleMessage) -> bool:
    # The sign-in page is answered with 401, as it should be, and Chromium remarks on that.
    return message.type in {"error", "warning"} and "status of 401" not in message.text


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob"} and parts.hostname not in {"localhost", "127.0.0.1"}


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """The browser; a machine without one fails the test in a sentence."""
    if shutil.which(CHROMIUM) is None:
        pytest.fail(f"{CHROMIUM} is missing; bin/meroppet test installs it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@asynccontextmanager
async def window(chromium: Browser, size: tuple[int, int], url: str) -> AsyncIterator[Looker]:
    context = await chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, has_touch=True, locale="sv-SE", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    looker = Looker(context, await context.new_page())
    try:
        await looker.page.goto(url)
        yield looker
    finally:
        await context.close()
