"""Every page about hours, in both languages, at a desk and on a phone: axe-core, keys, zoom, colours of one's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.browser import DESK, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings, tab_stops
from tests.e2e.region import CONSORTIUM, Region

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NORA = "branches/nora"
OF_A_BRANCH = (
    "", "/hours", "/hours/holidays", "/hours/host", "/hours/closing", "/hours/seasons", "/hours/seasons/summer",
    "/hours/calendar", "/hours/calendar/2026-12-08", "/hours/history", "/hours/import", "/hours/cards",
    "/hours/cards?event=reading", "/quick", "/quick/close", "/quick/extend", "/quick/tonight", "/quick/reopen",
)  # fmt: skip
OF_MANY = (
    "", "hours", "hours/exceptions", f"hours/exceptions/system-change?target={CONSORTIUM}",
    f"hours/exceptions/new?target={CONSORTIUM}", f"hours/exceptions/system-change/remove?target={CONSORTIUM}",
    f"hours/history?target={CONSORTIUM}", "hours/changes/1",
    f"hours/close?target={CONSORTIUM}",
)  # fmt: skip
PUBLIC = ("public/branches/nora/open", f"public/consortia/{CONSORTIUM}/open")
PAGES = (*(NORA + path for path in OF_A_BRANCH), *OF_MANY, *PUBLIC)
PICTURES = {f"{NORA}/hours": "hours-week", f"{NORA}/hours/calendar": "hours-calendar"}
GRIDS = (f"{NORA}/hours", f"{NORA}/hours/calendar")
ZOOMED = (640, 400)
"""What a window of 1280×800 shows at 200 %."""


@asynccontextmanager
async def signed_in(region: Region, browser: Browser, size: tuple[int, int]) -> AsyncIterator[Looker]:
    async with window(browser, size, region.url) as looker:
        await region.sign_in(looker, "klara")
        yield looker


async def _load(region: Region, page: Page, path: str, lang: str = "sv") -> None:
    answer = await page.goto(f"{region.url}{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answer is not None
    assert answer.status == 200, path


@pytest.mark.parametrize("lang", ["sv", "en"])
async def test_axe_has_nothing_grave_against_any_page(region: Region, shared_chromium: Browser, lang: str) -> None:
    half = len(PAGES) // 2

    async def look(paths: tuple[str, ...]) -> list[str]:
        wrong = []
        async with signed_in(region, shared_chromium, DESK) as looker:
            for path in paths:
                await looker.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
                await _load(region, looker.page, path, lang)
                if lang == "sv" and path in PICTURES:
                    await looker.picture(PICTURES[path])
                for size in (DESK, PHONE):
                    wrong += [f"/{path} {lang} {size[0]}: {say}" for say in await _complaints(looker, size)]
        return wrong

    wrong = await asyncio.gather(look(PAGES[:half]), look(PAGES[half:]))

    assert [line for lines in wrong for line in lines] == []


async def _complaints(looker: Looker, size: tuple[int, int]) -> list[str]:
    page = looker.page
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    wide = await page.evaluate("document.documentElement.scrollWidth")
    found = await findings(page)
    small = await page.evaluate(TOO_SMALL)
    said, looker.complaints[:] = list(looker.complaints), []
    return [
        *(str(finding) for finding in found if finding.impact in GRAVE),
        *([f"{wide} px wide"] if wide > size[0] else []),
        *(f"too small for a finger: {part}" for part in small),
        *said,
    ]


async def test_the_tab_key_visits_everything_in_order_and_is_seen_to(region: Region, shared_chromium: Browser) -> None:
    async with signed_in(region, shared_chromium, DESK) as looker:
        for path in (*GRIDS, f"{NORA}/quick/close", f"hours/exceptions/new?target={CONSORTIUM}"):
            await _load(region, looker.page, path)

            stops = await tab_stops(looker.page)

            assert len(stops) > 8, path
            assert [stop["html"] for stop in stops if not (stop["ring"] and stop["seen"])] == [], path
            places = [stop["at"] for stop in stops]
            assert places == sorted(places), f"{path}: the focus jumps"


async def test_at_two_hundred_per_cent_nothing_scrolls_sideways(region: Region, shared_chromium: Browser) -> None:
    async with signed_in(region, shared_chromium, ZOOMED) as looker:
        for path in PAGES:
            await _load(region, looker.page, path)

            wide = await looker.page.evaluate("document.documentElement.scrollWidth")

            assert wide <= ZOOMED[0], path


@pytest.mark.parametrize("path", GRIDS)
async def test_with_colours_of_ones_own_states_are_still_told_apart(
    region: Region, shared_chromium: Browser, path: str
) -> None:
    async with signed_in(region, shared_chromium, DESK) as looker:
        await looker.page.emulate_media(forced_colors="active")
        await _load(region, looker.page, path)
        await looker.picture(f"hours-forced-{path.rsplit('/', 1)[-1]}")

        assert [str(found) for found in await findings(looker.page) if found.impact in GRAVE] == []


async def test_whoever_wants_no_motion_sees_none(region: Region, shared_chromium: Browser) -> None:
    async with signed_in(region, shared_chromium, DESK) as looker:
        for path in (*GRIDS, f"{NORA}/quick"):
            await _load(region, looker.page, path)

            longest = await looker.page.evaluate(
                """() => Math.max(0, ...document.getAnimations().map(one => one.effect.getTiming().duration))"""
            )

            assert longest <= 1, path
