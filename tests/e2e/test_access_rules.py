"""Why didn't it open, in a real browser: one search by time, and a card's verdict rule by rule, by keys alone."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from meroppet.rules.branch import BranchState
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from meroppet.rules.events import AccessRefused
from meroppet.rules.intervals import Interval
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import Schedule
from meroppet.wire.enrolment import DeviceKind
from server.db import unscoped
from server.devices.models import Device
from server.devices.signing import Caller
from server.journal.intake import take
from server.journal.reading import push_in
from server.organisations.service import branch
from server.patrons.service import Holder, set_right, subjects_of
from server.schedules.service import set_pattern
from tests.e2e.agreements import ANNA, Office, office
from tests.e2e.browser import DESK, PATIENCE, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings, tab_stops

pytestmark = pytest.mark.browser

SEED = unscoped("a test's seed")
WHY = "branches/nora/why"
OPEN = Schedule("Europe/Stockholm", ((Interval(6 * 60, 22 * 60, BranchState.SELF_SERVICE),),) * 7)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    """Nora at half past nine; Anna, who has said nothing to the agreement, and two other cards were just refused."""
    expect.set_options(timeout=PATIENCE)
    async with office(tmp_path) as opened:
        async with opened.parts.database.session(SEED) as session:
            at = await branch(session, "nora")
            assert at is not None
            owner: dict[str, Any] = {"consortium_id": at.consortium, "controller_id": at.controller}
            session.add(
                Device(
                    id="door-1", **owner, branch_id=at.id, kind="door", name="Entrédörr", public_key="x",
                    invited_by="x", enrolled_at=session.now,
                )
            )  # fmt: skip
            await session.flush()
            async with session.within(at.scope):
                await set_pattern(session, at, OPEN, "seed")
                anna = Holder("west", CardNumber(ANNA))
                await set_right(session, opened.parts.keys, at, anna, Right(permitted=True), by="seed")
                (subject, *_) = await subjects_of(session, opened.parts.keys, at, CardNumber(ANNA), register="west")
        caller = Caller("door-1", DeviceKind.DOOR, "Entrédörr", at.id, at.consortium, at.controller, "b")
        told = [(Reason.TERMS_MISSING, subject), (Reason.UNDERAGE, "e" * 32), (Reason.WRONG_PIN, "f" * 32)]
        async with opened.parts.database.session(caller.scope) as session:
            push = push_in(_rows(session.now.isoformat(), told))
            assert push is not None
            await take(session, caller, push)
        yield opened


def _rows(wall: str, told: list[tuple[Reason, str]]) -> bytes:
    rows = [
        {
            "seq": seq, "wall": wall, "monotonic": 1.0, "boot": "b", "clock": "ntp", "kind": "access.refused",
            "subject": subject, "detail": AccessRefused(f"a{seq}", reason).detail(),
        }
        for seq, (reason, subject) in enumerate(told, 1)
    ]  # fmt: skip
    return json.dumps({"epoch": "e", "rows": rows}).encode()


async def _complaints(looker: Looker, picture: str = "") -> list[str]:
    found = []
    for width, height in (PHONE, DESK):
        await looker.page.set_viewport_size({"width": width, "height": height})
        wide = await looker.page.evaluate("document.documentElement.scrollWidth")
        found += [str(finding) for finding in await findings(looker.page) if finding.impact in GRAVE]
        found += [f"too small: {part}" for part in await looker.page.evaluate(TOO_SMALL)]
        found += [f"{wide} px wide in {width}"] if wide > width else []
    if picture:
        await looker.picture(picture)
    return found


@pytest.mark.parametrize("lang", ["sv", "en"])
async def test_why_it_did_not_open_takes_one_search_by_keys_alone(desk: Office, chromium: Browser, lang: str) -> None:
    async with window(chromium, DESK, desk.url) as looker:
        page, keys = looker.page, looker.page.keyboard
        await desk.sign_in(page)
        await page.goto(f"{desk.url}{WHY}?lang={lang}")
        assert await _complaints(looker) == []

        await page.locator("#field-time").focus()
        # With an A for the clocks that have two nines.
        await keys.type("0930A")
        await keys.press("Enter")
        await expect(page.locator(".s-events li")).to_have_count(3)
        assert await _complaints(looker) == []

        await page.locator("#field-card").focus()
        await keys.type(ANNA)
        await keys.press("Enter")
        await expect(page.locator(".s-asking")).to_be_visible()
        assert await _complaints(looker) == []
        await expect(page.locator(".s-why-look button").first).to_be_focused()
        await keys.press("Tab")
        await keys.press("Enter")

        await expect(page.locator('.w-rules li[data-look="bad"]')).to_have_count(1)
        await expect(page.locator('.w-rules li[data-look="bad"] code')).to_have_text("terms_missing")
        await expect(page.locator(".s-events li")).to_have_count(1)
        assert await _complaints(looker, "why" if lang == "sv" else "") == []
        assert ANNA not in await page.content()
        assert looker.complaints == []


async def test_the_tab_key_visits_the_form_in_order(desk: Office, chromium: Browser) -> None:
    async with window(chromium, DESK, desk.url) as looker:
        await desk.sign_in(looker.page)
        await looker.page.goto(f"{desk.url}{WHY}")

        stops = await tab_stops(looker.page)

        assert [stop["html"] for stop in stops if not (stop["ring"] and stop["seen"])] == []
        assert [stop["at"] for stop in stops] == sorted(stop["at"] for stop in stops)
