"""Rules of who may come in, and held changes, in a real browser: by keys alone, for everybody, in both languages."""

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.db import unscoped
from server.patrons.brake import HeldKind, HeldState, Taking, held, one
from server.patrons.models import RegisterWalk
from server.policies.places import Place, place
from server.policies.service import policy_of, say
from tests.e2e.browser import DESK, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings, tab_stops
from tests.e2e.region import CONSORTIUM, Region

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEED = unscoped("a test's seed")
PAGES = (
    "", "policies", f"policies/{CONSORTIUM}", f"policies/{CONSORTIUM}/change", "policies/nora-kommun",
    "policies/nora/change", "branches/nora/policy", "held",
)  # fmt: skip


async def _place(region: Region, name: str) -> Place:
    async with region.parts.database.reading(SEED) as session:
        found = await place(session, name)
    assert found is not None
    return found


async def _seed(region: Region) -> None:
    """A consortium's rule, a municipality's, a walk that found nobody, and what came of it."""
    for name, stated in ((CONSORTIUM, {"minimum_age": 16}), ("nora-kommun", {"terms_required": True})):
        at = await _place(region, name)
        async with region.parts.database.session(at.scope) as session:
            await say(session, at, stated, "seed", decision="Styrgruppen 2026-10-02 § 7")
    taking = Taking(
        consortium=CONSORTIUM, controller="nora-kommun", kind=HeldKind.MISSING, by="walk", taken=212, total=240,
        source="bergslagen", payload={"patrons": []},
    )  # fmt: skip
    async with region.parts.database.session(SEED) as session:
        await held(session, taking)
        session.add(
            RegisterWalk(
                consortium_id=CONSORTIUM, register_id="bergslagen", state="held", started_at=session.now,
                finished_at=session.now, after="x", total=240, known=28, unknown=212, silent=0,
            )
        )  # fmt: skip


async def _complaints(looker: Looker, *sizes: tuple[int, int]) -> list[str]:
    found: list[str] = []
    for width, height in sizes or (DESK,):
        await looker.page.set_viewport_size({"width": width, "height": height})
        wide = await looker.page.evaluate("document.documentElement.scrollWidth")
        found += [str(one) for one in await findings(looker.page) if one.impact in GRAVE]
        found += [f"too small: {part}" for part in await looker.page.evaluate(TOO_SMALL)]
        found += [f"{wide} px wide in {width}"] if wide > width else []
    return [f"{looker.page.url}: {one}" for one in found]


async def _press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).focus()
    await page.keyboard.press("Enter")


async def _type(page: Page, field: str, text: str) -> None:
    await page.locator(f"#field-{field}").focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.type(text)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def seeded(region: Region) -> Region:
    await _seed(region)
    return region


async def test_every_page_is_for_everybody_in_both_languages(seeded: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, seeded.url) as looker:
        await seeded.sign_in(looker, "klara")
        wrong = []
        for path in PAGES:
            for lang, sizes in (("en", (PHONE,)), ("sv", (PHONE, DESK))):
                await looker.page.goto(f"{seeded.url}{path}?lang={lang}")
                wrong += await _complaints(looker, *sizes)
        await looker.page.goto(f"{seeded.url}policies/{CONSORTIUM}/change")
        stops = await tab_stops(looker.page)

        assert wrong == []
        assert len(stops) > 30
        assert [stop["html"] for stop in stops if not (stop["ring"] and stop["seen"])] == []
        assert looker.complaints == []


async def test_a_rule_is_changed_by_keys_alone(seeded: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, seeded.url) as looker:
        page = looker.page
        await seeded.sign_in(looker, "klara")
        await page.goto(f"{seeded.url}policies/{CONSORTIUM}/change")
        await _type(page, "minimum_age", "20")
        await _press(page, "Se vad som ändras")
        await expect(page.get_by_text("Inget sparades: beslutet saknas.")).to_be_visible()
        wrong = await _complaints(looker)
        await _type(page, "decision", "Styrgruppen 2026-11-23 § 2")
        await _press(page, "Se vad som ändras")
        await expect(page.get_by_text("Strängare regler gäller genast.")).to_be_visible()
        wrong += await _complaints(looker)
        await _press(page, "Spara")
        await expect(page.get_by_text("Sparat.", exact=True)).to_be_visible()

        await page.goto(f"{seeded.url}policies/nora-kommun/change")
        await _type(page, "minimum_age", "15")
        await _press(page, "Se vad som ändras")
        await expect(page.get_by_text("Inget sparades: en nivå ovanför är strängare.")).to_be_visible()

        assert wrong + await _complaints(looker) == []
    async with seeded.parts.database.reading(SEED) as session:
        view = await policy_of(session, "nora")
    assert view is not None
    assert (view.policy.minimum_age, view.policy.terms_required) == (20, True)


async def test_a_held_change_is_discarded_by_keys_alone(seeded: Region, shared_chromium: Browser) -> None:
    async with window(shared_chromium, DESK, seeded.url) as looker:
        page = looker.page
        await seeded.sign_in(looker, "klara")
        await page.locator('a[href="/held"]').focus()
        await page.keyboard.press("Enter")
        await page.locator('input[name="why"]').focus()
        await page.keyboard.type("registret indexerades om")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Inget är hejdat")).to_be_visible()

        assert await _complaints(looker) == []
        await page.goto(seeded.url)
        await expect(page.locator('a[href="/held"]')).to_have_count(0)


async def test_a_held_change_is_released_by_keys_alone(seeded: Region, shared_chromium: Browser) -> None:
    taking = Taking(
        consortium=CONSORTIUM, controller="lindesberg-kommun", kind=HeldKind.MISSING, by="walk", taken=31, total=120,
        source="bergslagen", payload={"patrons": []},
    )  # fmt: skip
    async with seeded.parts.database.session(SEED) as session:
        waits = await held(session, taking)
    assert waits is not None
    async with window(shared_chromium, DESK, seeded.url) as looker:
        page = looker.page
        await seeded.sign_in(looker, "klara")
        await page.goto(f"{seeded.url}held")
        await page.locator(f"#why-{waits.id}").focus()
        await page.keyboard.type("de 31 har flyttat")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator(f"#held-{waits.id}")).to_have_count(0)
        await expect(page.locator("main")).to_contain_text("de 31 har flyttat")

        assert await _complaints(looker) == []
    async with seeded.parts.database.reading(SEED) as session:
        decided = await one(session, waits.id)
    assert decided is not None
    assert decided.state is HeldState.RELEASED
