"""The staff pages over a small consortium: two municipalities and a neighbour, a register that answers over SIP2."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select
from sqlmodel import col

from meroppet.ils.acs_simulator import Register, RegisterAccount, serve
from meroppet.ils.fake import Library, Patron
from meroppet.pages import Pages
from meroppet.rules.branch import BranchState
from meroppet.rules.eligibility import Policy
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from server.audit.models import AuditEntry
from server.db import Database, unscoped
from server.keys import KeyRing
from server.organisations.service import BranchView, add_branch, add_organisation, branch
from server.patrons.service import ready_branch
from server.policies.service import set_policy
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from server.replication.hub import Hub
from server.schedules.service import set_pattern
from server.staff.access import Grant, Role
from server.staff.passwords import Passwords
from server.staff.service import NewAccount, add_account
from server.web.parts import StaffParts
from tests.fakes.clocks import ManualClock
from tests.integration.server.databases import Seed
from tests.integration.server.staff_app import StaffApps

PASSWORD = "hellre några ord"
SEED = "seed"
ANNA = "10000001"
ROLES = {
    "nobody": None,
    "branch": Grant(Role.BRANCH, "nora"),
    "municipality": Grant(Role.MUNICIPALITY, "nora-kommun"),
    "consortium": Grant(Role.CONSORTIUM, "west"),
    "server": Grant(Role.SERVER),
}
HOURS = Schedule("Europe/Stockholm", ((Interval(8 * 60, 22 * 60, BranchState.SELF_SERVICE),),) * 7)
TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Site:
    """The app, and what stands behind it."""

    app: FastAPI
    parts: StaffParts
    register: Register

    async def branch(self, id: str) -> BranchView:  # noqa: A002
        """A branch of the seed."""
        async with self.parts.database.reading(unscoped("the test looks")) as session:
            found = await branch(session, id)
        assert found is not None
        return found

    async def audit(self) -> list[AuditEntry]:
        """Everything staff did so far, in order; not what the seed did before them."""
        statement = select(AuditEntry).where(col(AuditEntry.actor) != SEED).order_by(col(AuditEntry.id))
        async with self.parts.database.reading(unscoped("the test looks at all")) as session:
            return list(await session.all(statement))


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser: keeps cookies, sends what a browser sends, takes the token from the page it is on."""

    client: httpx2.AsyncClient

    async def get(self, path: str) -> httpx2.Response:
        """Load a page."""
        return await self.client.get(path, headers={"Sec-Fetch-Site": "same-origin"})

    async def post(self, path: str, data: dict[str, str] | None = None, *, on: str = "/sign-in") -> httpx2.Response:
        """Send a form that stands on the page `on`."""
        page = await self.get(on)
        found = TOKEN.search(page.text)
        assert found is not None
        return await self.client.post(
            path, data={"token": found[1], **(data or {})}, headers={"Sec-Fetch-Site": "same-origin"}
        )


SignIn = Callable[[str], Awaitable[Visitor]]


@pytest.fixture
async def register(clock: ManualClock) -> AsyncIterator[Register]:
    patron = Patron(card=ANNA, pin="1234", name="Anna Ek", birth_date=date(1980, 1, 1), expires=date(2030, 1, 1))
    library = Library([patron], [], lambda: clock.now().date())
    accounts = [RegisterAccount(name, "secret", name.upper()) for name in ("nora", "lind")]
    opened = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    running = asyncio.create_task(opened.run())
    yield opened
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await opened.close()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open(tmp_path_factory.mktemp("staff") / "keys", ["localhost"], ManualClock().now())


@pytest.fixture(scope="session")
def database_seed(keys: KeyRing) -> Seed:
    return Seed("pages", partial(_seed, keys))


@pytest.fixture
async def site(
    database: Database,
    clock: ManualClock,
    register: Register,
    keys: KeyRing,
    templates: Pages,
    staff_apps: StaffApps,
) -> AsyncIterator[Site]:
    settings = RegisterSettings(
        id="west",
        profile="koha",
        host="127.0.0.1",
        port=register.port,
        accounts=tuple(AccountSettings(branch=name, user=name, institution=name.upper()) for name in ("nora", "lind")),
    )
    hub = Hub()
    database._wake = hub.wake
    parts = StaffParts(
        database=database,
        keys=keys,
        hub=hub,
        registers=Registers([settings], {name: SecretStr("secret") for name in ("nora", "lind")}, clock),
        clock=clock,
        passwords=_passwords(),
        pages=templates,
        device_url="https://localhost:8443",
        staff_url="https://staff.test",
    )
    yield Site(staff_apps.over(parts), parts, register)
    hub.close()
    await parts.registers.close()
    parts.passwords.close()


def _passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


async def _seed(keys: KeyRing, database: Database) -> None:
    async with database.session(unscoped("a test's seed")) as session:
        for consortium, towns in (("west", ("nora", "lind")), ("north", ("teg",))):
            await add_organisation(session, consortium, "consortium", consortium.title())
            for town in towns:
                await add_organisation(session, f"{town}-kommun", "municipality", town.title(), parents=[consortium])
                made = await add_branch(
                    session, town, f"{town.title()} bibliotek", f"{town}-kommun", "Europe/Stockholm", "0587", date.min
                )
                await set_pattern(session, made, HOURS, SEED)
                await set_policy(session, made, Policy(minimum_age=18), SEED)
                await ready_branch(session, keys, made)
    passwords = _passwords()
    for role, grant in ROLES.items():
        if grant is not None:
            await add_account(database, passwords, NewAccount(role.title(), role, PASSWORD), [grant], SEED)
    passwords.close()


@pytest.fixture
async def sign_in(site: Site) -> AsyncIterator[SignIn]:
    opened: list[httpx2.AsyncClient] = []

    async def enter(role: str) -> Visitor:
        transport = httpx2.ASGITransport(app=site.app)
        visitor = Visitor(httpx2.AsyncClient(transport=transport, base_url="https://staff.test"))
        opened.append(visitor.client)
        if role != "nobody":
            answer = await visitor.post("/sign-in", {"username": role, "password": PASSWORD})
            assert answer.status_code == 303
        return visitor

    yield enter
    for client in opened:
        await client.aclose()
