"""The kiosk's screens in hours that are otherwise, in a real browser: what is said of them fits every panel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, async_playwright

from meroppet.rules.eligibility import Policy
from meroppet.rules.exceptions import (
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    Order,
    OrderKind,
    ScheduleException,
)
from meroppet.rules.intervals import Window
from meroppet.rules.schedule import Schedule
from meroppet.wire.schedule_convert import exception_to_wire, order_to_wire, pattern_to_wire
from tests.fakes.server_double import ALWAYS, NEVER
from tests.integration.kiosk.stand import Stand
from tests.integration.kiosk.test_browser import QUIET, SIZES, fits

pytestmark = pytest.mark.browser

WHY = (
    ("sv", "Vattenläcka på plan 2, räddningstjänsten är på plats."),
    ("en", "A water leak on the second floor; the fire brigade is here."),
)
POLICY = Policy(minimum_age=16)


def hours(stand: Stand, schedule: Schedule = ALWAYS, content: Content | None = None) -> None:
    """What the server says of the branch's hours from now on."""
    today = datetime.now(ZoneInfo("Europe/Stockholm")).date()
    stand.server.put("schedule", pattern_to_wire(replace(schedule)))
    stand.server.put("order", None, "now")
    days = ExceptionDay(
        first=today - timedelta(days=1), last=today + timedelta(days=9), contents=(content or Event(Window()),)
    )
    exception = ScheduleException(id="days", level=Level.BRANCH, days=(days,), reasons=WHY)
    stand.server.put("exception", exception_to_wire(exception) if content else None, "days")


def close_at(stand: Stand, start: datetime) -> None:
    order = Order(id="now", level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=start, reasons=WHY)
    stand.server.put("order", order_to_wire(order), "now")


async def everywhere(page: Page, screen: str) -> None:
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        await fits(page, screen)


async def test_what_is_said_of_the_hours_fits_every_panel(stand: Stand) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        page = await (await browser.new_context(has_touch=True)).new_page()
        await page.goto(stand.url)

        hours(stand, content=Maintenance())
        await page.wait_for_selector(".k-shut")
        await everywhere(page, "idle")
        hours(stand, content=Event(Window()))
        await page.wait_for_selector('.k-note[data-look="hours"]:has-text("Evenemang")')
        await everywhere(page, "idle")
        hours(stand, NEVER)
        await page.wait_for_selector('.k-note[data-look="hours"]:has-text("stängt")')
        await everywhere(page, "idle")
        hours(stand)
        close_at(stand, datetime.now(UTC) + timedelta(minutes=12))
        await page.wait_for_selector('.k-strip[data-kind="closing"]')
        await everywhere(page, "idle")
        for screen, button in (("card", "Låna"), ("idle", "Avbryt"), ("items", "Lämna tillbaka")):
            await page.tap(f'button:has-text("{button}")')
            await page.wait_for_selector(f'#stage[data-screen="{screen}"]')
            await everywhere(page, screen)
        close_at(stand, datetime.now(UTC) - timedelta(seconds=1))
        await page.wait_for_selector('.k-strip[data-kind="closed"]')
        await everywhere(page, "items")
        await page.tap('button:has-text("Avbryt")')
        await page.wait_for_selector(".k-shut")
        await everywhere(page, "idle")
        await browser.close()
