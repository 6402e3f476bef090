"""Patrons' own pages over a small consortium, its register over SIP2, and the stand-in for BankID over real TLS."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from meroppet.ils.acs_simulator import Register, RegisterAccount, serve
from meroppet.ils.fake import Library, Patron
from meroppet.pages import Pages as TemplatePages
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy
from meroppet.rules.policy import Permission
from server.attempts.asking import Desk
from server.attempts.pages import pin_check
from server.audit.models import AuditEntry
from server.db import Database, unscoped
from server.eid.service import Eids, open_eids
from server.eid.settings import EidSettings
from server.eid.standin.serving import Running, running
from server.keys import KeyRing
from server.organisations.service import BranchView, add_branch, add_organisation, branch
from server.patrons.service import Holder, ready_branch
from server.policies.service import set_policy
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from server.replication.hub import Hub
from server.staff.access import Grant, Role
from server.staff.passwords import Passwords
from server.staff.service import NewAccount, add_account
from server.web.parts import StaffParts
from tests.fakes.clocks import ManualClock
from tests.integration.server.databases import PostgresDatabases, Seed, SQLiteFiles
from tests.integration.server.eid.conftest import ANNA as ANNA_PERSON
from tests.integration.server.eid.conftest import BO as BO_PERSON
from tests.integration.server.eid.conftest import CECILIA, Phone
from tests.integration.server.staff_app import StaffApps

TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
ANNA, BO, CARIN = "10000001", "10000002", "10000003"
PIN = "7305"
PASSWORD = "hellre några ord"
NOBODY = "201002039806"
TELLS_AFTER = 0.3
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
LOOK = unscoped("the test looks")


@dataclass(frozen=True, slots=True)
class Browser:
    """Keeps cookies and sends what a browser sends."""

    client: httpx2.AsyncClient

    async def get(self, path: str) -> httpx2.Response:
        """Load a page."""
        return await self.client.get(path, headers={"Sec-Fetch-Site": "same-origin"})

    async def post(self, path: str, data: Mapping[str, str | list[str]] | None = None, *, on: str) -> httpx2.Response:
        """Send a form that stands on the page `on`."""
        page = await self.get(on)
        found = TOKEN.search(page.text)
        assert found is not None, (on, page.status_code)
        sent = {"token": found[1], **(data or {})}
        return await self.client.post(path, data=sent, headers={"Sec-Fetch-Site": "same-origin"})


@dataclass(frozen=True, slots=True)
class Pages:
    """The app, what stands behind it, and browsers to look at it with."""

    app: FastAPI
    parts: StaffParts
    register: Register
    library: Library
    clock: ManualClock
    apps: StaffApps
    opened: list[httpx2.AsyncClient] = field(default_factory=list)

    def browse(self) -> Browser:
        """A browser of somebody who comes by."""
        transport = httpx2.ASGITransport(app=self.app)
        self.opened.append(httpx2.AsyncClient(transport=transport, base_url="https://library.test"))
        return Browser(self.opened[-1])

    def patron(self, card: str) -> Patron:
        """A patron as the register keeps her."""
        return self.library.patron(card)  # type: ignore[return-value]

    async def branch(self, name: str) -> BranchView:
        """A branch of the seed."""
        async with self.parts.database.reading(LOOK) as session:
            found = await branch(session, name)
        assert found is not None
        return found

    def holder(self, number: str) -> Holder:
        """A patron of the register."""
        return Holder("west", CardNumber(number))

    async def audit(self) -> list[AuditEntry]:
        """Everything written down after the seed."""
        async with self.parts.database.reading(LOOK) as session:
            rows = await session.all(select(AuditEntry).where(AuditEntry.actor != "seed").order_by(AuditEntry.id))  # type: ignore[arg-type]
        return list(rows)

    async def with_card(self, number: str = ANNA, pin: str = PIN, at: str = "nora") -> Browser:
        """A patron signed in with card and PIN."""
        browser = self.browse()
        answer = await browser.post(f"/my/at/{at}/card", {"card": number, "pin": pin}, on=f"/my/at/{at}")
        assert answer.status_code == 303, answer.text
        return browser

    async def staff(self, name: str = "branch") -> Browser:
        """A member of staff signed in."""
        browser = self.browse()
        answer = await browser.post("/sign-in", {"username": name, "password": PASSWORD}, on="/sign-in")
        assert answer.status_code == 303
        return browser

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open(tmp_path_factory.mktemp("my") / "keys", ["localhost"], ManualClock().now())


@pytest.fixture(scope="session")
def database_seed(keys: KeyRing) -> Seed:
    return Seed("my", partial(_seed, keys))


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, database_seed: Seed, tmp_path: Path) -> Iterator[str]:
    """SQLite, and PostgreSQL where a test asks for both: most here is about pages, not statements."""
    databases: SQLiteFiles | PostgresDatabases = request.getfixturevalue(request.param)
    with databases.lend(database_seed, tmp_path) as url:
        yield url


@pytest.fixture
def library(clock: ManualClock) -> Library:
    """Anna and Bo are known by their personnummer too; Carin is not."""

    def patron(card: str, name: str, born: date, user_name: str) -> Patron:
        return Patron(card=card, pin=PIN, name=name, birth_date=born, expires=date(2030, 1, 1), user_name=user_name)

    return Library(
        [
            patron(ANNA, "Anna Ek", date(1980, 1, 1), ANNA_PERSON.number),
            patron(BO, "Bo Al", date(1975, 5, 5), BO_PERSON.number),
            patron(CARIN, "Carin Ask", date(1990, 9, 9), "carin"),
        ],
        [],
        lambda: clock.now().date(),
    )


@pytest.fixture
async def register(library: Library, clock: ManualClock) -> AsyncIterator[Register]:
    names = ("nora", "lind", "hall")
    accounts = [RegisterAccount(name, "secret", name.upper()) for name in names]
    opened = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def standin(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Running]:
    async with running(tmp_path / "bankid", [ANNA_PERSON, BO_PERSON, CECILIA], clock, datetime.now(UTC)) as made:
        yield made


@pytest.fixture
async def phone(standin: Running) -> AsyncIterator[Phone]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield Phone(client, standin.phone_url)


@pytest.fixture
async def pages(
    database: Database,
    clock: ManualClock,
    register: Register,
    library: Library,
    keys: KeyRing,
    templates: TemplatePages,
    staff_apps: StaffApps,
) -> AsyncIterator[Pages]:
    parts = _parts(database, clock, register.port, keys, templates)
    made = Pages(staff_apps.over(parts), parts, register, library, clock, staff_apps)
    yield made
    await asyncio.gather(*(client.aclose() for client in made.opened))
    parts.passwords.close()
    parts.hub.close()
    await parts.registers.close()


@pytest.fixture
async def with_bankid(pages: Pages, standin: Running) -> AsyncIterator[Pages]:
    """The same pages on a server whose installer chose BankID."""
    chosen = EidSettings.model_validate({"driver": "bankid", **standin.options})
    eids = open_eids([chosen])
    yield with_eids(pages, eids)
    await eids.close()


def with_eids(pages: Pages, eids: Eids) -> Pages:
    """The same pages with other e-IDs."""
    return with_parts(pages, replace(pages.parts, eids=eids))


def with_parts(pages: Pages, parts: StaffParts) -> Pages:
    """The same pages over other parts."""
    return replace(pages, app=pages.apps.over(parts), parts=parts)


def _parts(database: Database, clock: ManualClock, port: int, keys: KeyRing, templates: TemplatePages) -> StaffParts:
    names = ("nora", "lind", "hall")
    settings = RegisterSettings(
        id="west",
        profile="koha",
        host="127.0.0.1",
        port=port,
        accounts=tuple(AccountSettings(branch=name, user=name, institution=name.upper()) for name in names),
    )
    hub = Hub()
    database._wake = hub.wake
    registers = Registers([settings], {name: SecretStr("secret") for name in names}, clock)
    return StaffParts(
        database=database,
        keys=keys,
        hub=hub,
        registers=registers,
        clock=clock,
        passwords=_passwords(),
        pages=templates,
        device_url="https://localhost:8443",
        staff_url="https://library.test",
        tells_after=TELLS_AFTER,
        check_pin=pin_check(Desk(database, keys, clock), registers),
    )


def _passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


async def _seed(keys: KeyRing, database: Database) -> None:
    """Nora and Lind ask for a permission, Hall does not; Teg is in another consortium and has no register."""
    async with database.session(unscoped("a test's seed")) as session:
        for consortium, towns in (("west", ("nora", "lind", "hall")), ("north", ("teg",))):
            await add_organisation(session, consortium, "consortium", consortium.title())
            for town in towns:
                await add_organisation(session, f"{town}-kommun", "municipality", town.title(), parents=[consortium])
                made = await add_branch(
                    session, town, f"{town.title()} bibliotek", f"{town}-kommun", "Europe/Stockholm", "0587", date.min
                )
                permission = Permission.AUTOMATIC if town == "hall" else Permission.REQUIRED
                await set_policy(session, made, Policy(minimum_age=18, permission=permission), "seed")
                await ready_branch(session, keys, made)
    roles = {"branch": Grant(Role.BRANCH, "nora"), "lind": Grant(Role.BRANCH, "lind"), "server": Grant(Role.SERVER)}
    passwords = _passwords()
    for name, grant in roles.items():
        await add_account(database, passwords, NewAccount(name.title(), name, PASSWORD), [grant], "seed")
    passwords.close()
