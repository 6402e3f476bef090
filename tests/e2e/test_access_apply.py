"""Applying in a real browser, with keys alone: BankID by its stand-in, the register over SIP2, staff who answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr
from sqlalchemy import create_engine

from meroppet.ils.acs_simulator import RegisterAccount, serve
from meroppet.ils.fake import Library, Patron
from meroppet.rules.eligibility import Policy
from meroppet.runtime.clock import SystemClock
from server.applications.ordering import under_way
from server.attempts.asking import Desk
from server.attempts.pages import pin_check
from server.db import Database, unscoped
from server.db.schema import metadata
from server.eid.service import open_eids
from server.eid.settings import EidSettings
from server.eid.standin.orders import Person
from server.eid.standin.serving import running
from server.keys import KeyRing
from server.organisations.service import add_branch, add_organisation, branch
from server.patrons.service import ready_branch
from server.policies.service import set_policy
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from server.replication.hub import Hub
from server.staff.access import Grant, Role
from server.staff.passwords import Passwords
from server.staff.service import NewAccount, add_account
from server.terms.service import Draft, publish_draft, save_draft
from server.terms.texts import Text
from server.web.parts import StaffParts
from server.web.site import staff_templates
from tests.e2e.browser import DESK, PATIENCE, PHONE, TOO_SMALL, Looker, window
from tests.e2e.looking import GRAVE, findings
from tests.e2e.region import _listening

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ANNA = Person("198001019804", "Anna", "Ek")
CARD, PIN, PASSWORD = "10000001", "7305", "hellre några ord"
WEAK_CARD, WEAK_PIN = "10000002", "1234"
TERMS = (
    Text(
        lang="sv",
        title="Villkor för bibliotek utan personal",
        body="Du kommer in med ditt eget kort.\n\n- Släpp inte in någon annan.\n- Lämna det som du vill finna det.",
    ),
    Text(
        lang="en",
        title="Terms for the library without staff",
        body="You come in with your own card.\n\n- Let nobody else in.\n- Leave it as you would like to find it.",
    ),
)
NAMES = {"nora": "Nora bibliotek", "lind": "Lindesbergs bibliotek"}
SEED = unscoped("a test's seed")


@dataclass(frozen=True, slots=True)
class Town:
    """Two libraries, their pages, and the phone of the stand-in."""

    parts: StaffParts
    url: str
    phone: str

    async def sign(self, looker: Looker) -> None:
        """Scan the code the browser shows in this second, and type the security code in the app."""
        cookies = await looker.context.cookies()
        token = next(cookie["value"] for cookie in cookies if cookie["name"] == "__Host-eid")
        async with self.parts.database.reading(unscoped("the test looks")) as session:
            found = await under_way(session, self.parts.keys, token)
        eid = self.parts.eids.of("bankid")
        assert found is not None
        assert eid is not None
        async with httpx2.AsyncClient(trust_env=False) as phone:
            code = eid.qr(found.order, self.parts.clock.now())
            picked = await phone.post(f"{self.phone}/scan", data={"code": code})
            done = await phone.post(f"{self.phone}/sign", data={"ref": picked.json()["ref"], "number": ANNA.number})
        assert done.status_code == 200


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    expect.set_options(timeout=PATIENCE)
    async with _opened(tmp_path_factory.mktemp("town")) as made:
        yield made


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Town]:
    clock = SystemClock()
    library = Library(
        [
            Patron(card=CARD, pin=PIN, name="Anna Ek", birth_date=date(1980, 1, 1), user_name=ANNA.number),
            Patron(card=WEAK_CARD, pin=WEAK_PIN, name="Bo Al", birth_date=date(1975, 5, 5)),
        ],
        [],
        lambda: clock.now().date(),
    )
    accounts = [RegisterAccount(name, "secret", name.upper()) for name in NAMES]
    register = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    async with running(folder / "bankid", [ANNA], clock, clock.now()) as standin:
        eids = open_eids([EidSettings.model_validate({"driver": "bankid", **standin.options})])
        parts = _parts(folder, clock, register.port, eids)
        await _seed(parts)
        async with _listening(parts) as url:
            yield Town(parts, url, standin.phone_url)
        await eids.close()
        await parts.registers.close()
        parts.passwords.close()
        await parts.database.close()
    await register.close()


def _parts(folder: Path, clock: SystemClock, port: int, eids: object) -> StaffParts:
    engine = create_engine(f"sqlite:///{folder / 'server.db'}")
    metadata().create_all(engine)
    engine.dispose()
    hub = Hub()
    database = Database(f"sqlite:///{folder / 'server.db'}", clock, hub.wake)
    keys = KeyRing.open(folder / "keys", ["localhost"], clock.now())
    settings = RegisterSettings(
        id="west",
        profile="koha",
        host="127.0.0.1",
        port=port,
        accounts=tuple(AccountSettings(branch=name, user=name, institution=name.upper()) for name in NAMES),
    )
    registers = Registers([settings], {name: SecretStr("secret") for name in NAMES}, clock)
    return StaffParts(
        database=database,
        keys=keys,
        hub=hub,
        registers=registers,
        clock=clock,
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)),
        pages=staff_templates(),
        device_url="https://localhost:8443",
        staff_url="http://localhost:8080",
        eids=eids,  # type: ignore[arg-type]
        check_pin=pin_check(Desk(database, keys, clock), registers),
        tells_after=0.1,
    )


async def _seed(parts: StaffParts) -> None:
    async with parts.database.session(SEED) as session:
        await add_organisation(session, "west", "consortium", "Bergslagsbibblan")
        for name, says in NAMES.items():
            await add_organisation(session, f"{name}-kommun", "municipality", says.split()[0], parents=["west"])
            at = await add_branch(
                session, name, says, f"{name}-kommun", "Europe/Stockholm", "0587-810 00", date(2026, 1, 1)
            )
            await set_policy(session, at, Policy(minimum_age=18, terms_required=name == "nora"), "seed")
            await ready_branch(session, parts.keys, at)
        nora = await branch(session, "nora")
        assert nora is not None
        today = session.now.astimezone(nora.wall).date()
        draft = Draft(effective=today, grace_days=0, anew=True, texts=TERMS)
        view = await save_draft(session, "west", "nora-kommun", draft, "seed")
        assert not isinstance(await publish_draft(session, "nora-kommun", view.number, "seed", today), list)
    made = NewAccount("Berit", "berit", PASSWORD)
    await add_account(parts.database, parts.passwords, made, [Grant(Role.BRANCH, "nora")], "seed")


SAYS = """() => { const part = document.activeElement
  return ((part.labels?.[0]?.textContent ?? '') + ' ' + part.textContent).replace(/\\s+/g, ' ').trim() }"""
SEEN = """() => { const box = document.activeElement.getBoundingClientRect()
  return box.bottom > 0 && box.top < innerHeight }"""


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus is on what says this, within the window."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if words in await page.evaluate(SAYS):
            assert await page.evaluate(SEEN), words
            return
    raise AssertionError(f"the Tab key never comes to '{words}' on {page.url}")


async def press(page: Page, words: str, leads_to: str) -> None:
    """Go there by Tab and press Enter."""
    await tab_to(page, words)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{leads_to}")


async def test_applying_with_bankid_and_being_answered_takes_no_mouse(town: Town, shared_chromium: Browser) -> None:
    async with window(shared_chromium, PHONE, f"{town.url}my") as looker:
        page = looker.page
        await press(page, "Nora bibliotek", "/my/at/nora")
        await press(page, "Logga in med BankID", "/my/eid")
        code = page.locator("[data-code] img")
        first = await code.get_attribute("src")
        await expect(code).not_to_have_attribute("src", first or "")
        await looker.picture("my-bankid")
        await town.sign(looker)
        await page.wait_for_url("**/my/status")
        await press(page, "Ansök om att komma in på Nora bibliotek", "/my/apply/nora")
        await expect(page.get_by_text("Släpp inte in någon annan.")).to_be_visible()
        await press(page, "Godkänn och skriv under med BankID", "/my/eid")
        await expect(page.locator("[data-code] img")).to_be_visible()
        await town.sign(looker)
        await page.wait_for_url("**/my/status?done=applied")
        await expect(page.locator('[data-state="waiting"]')).to_be_visible()
        await looker.looks_right()

        await _approve(town, shared_chromium)

        await page.reload()
        await expect(page.locator('[data-state="may"]')).to_be_visible()
        await press(page, "Avsluta", "/my/withdraw")
        await press(page, "Avsluta min tillgång vid alla dörrar", "/my?done=withdrew")
        await looker.looks_right()


async def _approve(town: Town, chromium: Browser) -> None:
    async with window(chromium, DESK, town.url) as looker:
        page = looker.page
        await _sign_in(page)
        await page.goto(f"{town.url}branches/nora/applications")
        await looker.picture("applications")
        for lang in ("en", "sv"):
            await page.goto(f"{town.url}branches/nora/applications?lang={lang}")
            assert await _complaints(looker) == []
        await tab_to(page, "Kort som slutar på 0001")
        await page.keyboard.press("Space")
        await press(page, "Godkänn", "/branches/nora/applications?done=approved&many=1")
        assert await _complaints(looker) == []
        await looker.looks_right()


async def test_an_application_is_refused_by_keys_alone_and_the_applicant_told_why(
    town: Town, shared_chromium: Browser
) -> None:
    async with window(shared_chromium, PHONE, f"{town.url}my/at/nora") as looker:
        page = looker.page
        await tab_to(page, "Kortnummer")
        await page.keyboard.type(CARD)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PIN)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/my/status")
        await press(page, "Ansök om att komma in på Nora bibliotek", "/my/apply/nora")
        await press(page, "Jag godkänner och ansöker", "/my/status?done=applied")

        await _refuse(town, shared_chromium)

        await page.reload()
        await expect(page.locator("main")).to_contain_text("Kom till biblioteket med en id-handling")
        assert await _complaints(looker) == []
        await looker.looks_right()


async def _refuse(town: Town, chromium: Browser) -> None:
    async with window(chromium, DESK, town.url) as looker:
        page = looker.page
        await _sign_in(page)
        await page.goto(f"{town.url}branches/nora/applications")
        await tab_to(page, "Kort som slutar på 0001")
        await page.keyboard.press("Space")
        await press(page, "Avslå", "/branches/nora/applications/decide")
        await expect(page.get_by_text("Välj varför den avslås.")).to_be_visible()
        # Chromium's word for the answer 422.
        looker.complaints.clear()
        assert await _complaints(looker) == []
        await tab_to(page, "Kort som slutar på 0001")
        if not await page.locator('input[name="application"]').is_checked():
            await page.keyboard.press("Space")
        await tab_to(page, "Eller avslå, för att")
        await page.keyboard.type("Måste")
        await press(page, "Avslå", "/branches/nora/applications?done=refused&many=1")
        assert await _complaints(looker) == []


async def _sign_in(page: Page) -> None:
    await page.locator('input[name="username"]').fill("berit")
    await page.locator('input[name="password"]').fill(PASSWORD)
    await page.locator('main button[type="submit"]').click()
    await expect(page.locator(".s-nav")).to_be_visible()


@pytest.mark.parametrize("lang", ["sv", "en"])
async def test_axe_has_nothing_grave_against_patrons_pages(town: Town, shared_chromium: Browser, lang: str) -> None:
    wrong: list[str] = []
    async with window(shared_chromium, PHONE, f"{town.url}my?lang={lang}") as looker:
        page = looker.page
        wrong += await _complaints(looker)
        await page.goto(f"{town.url}my/at/nora?why=user_cancelled")
        wrong += await _complaints(looker)
        await page.locator('input[name="card"]').fill(CARD)
        await page.locator('input[name="pin"]').fill("9999")
        looker.complaints.clear()
        await page.locator('form[action$="/card"] button').click()
        await expect(page.locator('.ds-alert[data-color="danger"]')).to_be_visible()
        # Chromium remarks on the 403 with which a wrong PIN is answered.
        looker.complaints.clear()
        wrong += await _complaints(looker)
        await page.locator('input[name="card"]').fill(WEAK_CARD)
        await page.locator('input[name="pin"]').fill(WEAK_PIN)
        await page.locator('form[action$="/card"] button').click()
        await expect(page.locator('a[href="/my/status"]')).to_be_visible()
        wrong += await _complaints(looker)
        await page.goto(f"{town.url}my/at/nora")
        await page.locator('input[name="card"]').fill(CARD)
        await page.locator('input[name="pin"]').fill(PIN)
        await page.locator('form[action$="/card"] button').click()
        await page.wait_for_url("**/my/status")
        for path in ("my/status", "my/apply/nora", "my/apply/lind", "my/visits", "my/withdraw"):
            await page.goto(f"{town.url}{path}")
            if lang == "sv" and path == "my/status":
                await looker.picture("my-status")
            wrong += await _complaints(looker)
        await page.goto(f"{town.url}my/at/nora")
        await page.locator('form[action$="/eid/bankid"] button').click()
        await page.wait_for_url("**/my/eid")
        wrong += await _complaints(looker)

    assert wrong == []


async def _complaints(looker: Looker) -> list[str]:
    page, where, wrong = looker.page, looker.page.url, []
    for size in (PHONE, DESK):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        wrong += [str(finding) for finding in await findings(page) if finding.impact in GRAVE]
        wrong += [f"{wide} px wide"] if wide > size[0] else []
        wrong += [f"too small: {part}" for part in await page.evaluate(TOO_SMALL)]
    said, looker.complaints[:] = list(looker.complaints), []
    return [f"{where}: {line}" for line in (*wrong, *said)]
