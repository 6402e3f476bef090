"""One branch whose consortium asks for an agreement: its staff pages over a socket, and a register that answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher
from playwright.async_api import Page
from pydantic import SecretStr
from sqlalchemy import create_engine

from meroppet.ils.acs_simulator import RegisterAccount, serve
from meroppet.ils.fake import Library, Patron
from meroppet.rules.policy import Guests, Policy
from server.db import Database, unscoped
from server.db.schema import metadata
from server.keys import KeyRing
from server.organisations.service import add_branch, add_organisation
from server.patrons.service import ready_branch
from server.policies.service import set_policy
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from server.replication.hub import Hub
from server.staff.access import Grant, Role
from server.staff.passwords import Passwords
from server.staff.service import NewAccount, add_account
from server.web.parts import StaffParts
from server.web.site import staff_pages, staff_templates
from tests.fakes.clocks import ManualClock

MORNING = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
ANNA = "10000001"
PASSWORD = "hellre några ord"


class _Listener(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Office:
    """Where its pages are, and what stands behind them."""

    url: str
    parts: StaffParts

    async def sign_in(self, page: Page) -> None:
        """As somebody who decides for the consortium, by keys alone."""
        await page.goto(self.url)
        await page.locator('input[name="username"]').focus()
        await page.keyboard.type("klara")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".s-nav")


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    """The office while the context lasts."""
    clock = ManualClock(MORNING)
    patron = Patron(card=ANNA, pin="7305", name="Anna Ek", birth_date=date(1980, 1, 1), expires=date(2030, 1, 1))
    library = Library([patron], [], lambda: clock.now().date())
    register = await serve(library, "127.0.0.1", 0, accounts=[RegisterAccount("nora", "secret", "NORA")], clock=clock)
    parts = _parts(folder, clock, register.port)
    await _seed(parts)
    config = uvicorn.Config(staff_pages(parts), host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = _Listener(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.005)
    try:
        yield Office(f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}/", parts)
    finally:
        parts.hub.close()
        server.should_exit = True
        await serving
        await parts.registers.close()
        await register.close()
        parts.passwords.close()
        await parts.database.close()


def _parts(folder: Path, clock: ManualClock, port: int) -> StaffParts:
    engine = create_engine(f"sqlite:///{folder / 'server.db'}")
    metadata().create_all(engine)
    engine.dispose()
    hub = Hub()
    account = AccountSettings(branch="nora", user="nora", institution="NORA")
    settings = RegisterSettings(id="west", profile="koha", host="127.0.0.1", port=port, accounts=(account,))
    return StaffParts(
        database=Database(f"sqlite:///{folder / 'server.db'}", clock, hub.wake),
        keys=KeyRing.open(folder / "keys", ["localhost"], clock.now()),
        hub=hub,
        registers=Registers([settings], {"nora": SecretStr("secret")}, clock),
        clock=clock,
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)),
        pages=staff_templates(),
        device_url="https://localhost:8443",
        staff_url="http://localhost:8080",
    )


async def _seed(parts: StaffParts) -> None:
    async with parts.database.session(unscoped("a test's seed")) as session:
        await add_organisation(session, "west", "consortium", "Bergslagsbibblan")
        await add_organisation(session, "nora-kommun", "municipality", "Nora kommun", parents=["west"])
        at = await add_branch(
            session, "nora", "Nora bibliotek", "nora-kommun", "Europe/Stockholm", "0587-810 00", date(2026, 1, 1)
        )
        rules = Policy(minimum_age=18, terms_required=True, guests=Guests.APPROVED)
        await set_policy(session, at, rules, "seed")
        await ready_branch(session, parts.keys, at)
    grant = Grant(Role.CONSORTIUM, "west")
    await add_account(parts.database, parts.passwords, NewAccount("Klara", "klara", PASSWORD), [grant], "seed")
