"""Bergslagsbibblan on a Monday evening: branches with doors that answer, one that does not, and their staff pages.

Everything is real but the clock, the doors' words about themselves, and who is at work.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import expect
from sqlalchemy import create_engine

from meroppet.rules.branch import BranchState
from meroppet.rules.eligibility import Policy
from meroppet.rules.exceptions import (
    Closed,
    Event,
    ExceptionDay,
    Level,
    NotAfter,
    NotBefore,
    Order,
    OrderKind,
    ScheduleException,
)
from meroppet.rules.intervals import Day, Interval, Window
from meroppet.rules.schedule import ClosingPlan, HolidayRule, Schedule, Season, Treatment
from meroppet.wire.enrolment import DeviceKind, EnrolReply, EnrolRequest
from meroppet.wire.health import HealthRequest
from server.db import Database, Session, unscoped
from server.db.schema import metadata
from server.devices.service import enrol, invite, take_health
from server.keys import KeyRing
from server.organisations.service import BranchView, add_branch, add_organisation, branch
from server.patrons.service import ready_branch
from server.policies.service import set_policy
from server.registers.service import Registers
from server.replication.hub import Hub
from server.replication.service import position
from server.schedules.exceptions import put_exception
from server.schedules.orders import give_order
from server.schedules.service import set_pattern
from server.schedules.targets import target
from server.staff.access import Grant, Role
from server.staff.passwords import Passwords
from server.staff.service import NewAccount, accounts, add_account
from server.web.parts import StaffParts
from server.web.site import staff_pages, staff_templates
from tests.e2e.browser import PATIENCE, Looker
from tests.fakes.clocks import ManualClock

MONDAY_EVENING = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
"""19.30 in Nora."""
ZONE = "Europe/Stockholm"
CONSORTIUM = "bergslagsbibblan"
PASSWORD = "hellre några ord"
TOWNS = {
    "nora": "Nora", "lindesberg": "Lindesberg", "hallefors": "Hällefors", "ljusnarsberg": "Ljusnarsberg",
    "laxa": "Laxå", "degerfors": "Degerfors", "storfors": "Storfors", "filipstad": "Filipstad",
    "karlskoga": "Karlskoga", "askersund": "Askersund", "kumla": "Kumla", "hallsberg": "Hallsberg",
}  # fmt: skip
SILENT = "laxa"
WEEKDAY: Day = (
    Interval(6 * 60, 20 * 60, BranchState.SELF_SERVICE),
    Interval(10 * 60, 17 * 60, BranchState.STAFFED),
)
WEEKEND: Day = (Interval(8 * 60, 16 * 60, BranchState.SELF_SERVICE),)
WEEK = (WEEKDAY,) * 5 + (WEEKEND,) * 2
HOURS = Schedule(
    ZONE,
    WEEK,
    seasons=(Season(id="summer", name="Sommar", first=(6, 15), last=(8, 15), weekly=(WEEKEND,) * 7),),
    holiday_rules=(HolidayRule(key="christmas_eve", treatment=Treatment.CLOSED),),
    closing=ClosingPlan(announcements=(15, 5), last_entry=15),
)
SYSTEM_CHANGE = ScheduleException(
    id="system-change",
    level=Level.CONSORTIUM,
    title="Systembyte",
    reasons=(("sv", "Biblioteken byter system"), ("en", "The libraries change systems")),
    days=(
        ExceptionDay(first=date(2026, 12, 7), last=date(2026, 12, 7), contents=(NotAfter(15 * 60),)),
        ExceptionDay(first=date(2026, 12, 8), last=date(2026, 12, 10), contents=(Closed(),)),
        ExceptionDay(first=date(2026, 12, 11), last=date(2026, 12, 11), contents=(NotBefore(10 * 60),)),
    ),
)
READING = ScheduleException(
    id="reading",
    level=Level.BRANCH,
    title="Författarbesök",
    days=(
        ExceptionDay(
            first=date(2026, 12, 3),
            last=date(2026, 12, 3),
            contents=(Event(Window(18 * 60, 21 * 60), listed_only=True),),
        ),
    ),
)
STAFF = {"berit": Grant(Role.BRANCH, "nora"), "klara": Grant(Role.CONSORTIUM, CONSORTIUM)}


class _Listener(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Door:
    """A door as the server recognises it when it speaks."""

    device: str
    branch: str
    consortium: str
    controller: str


@dataclass(frozen=True, slots=True)
class Region:
    """The consortium, its server's parts, where its pages are, and each branch's door."""

    parts: StaffParts
    clock: ManualClock
    url: str
    doors: dict[str, Door]

    async def branch(self, name: str) -> BranchView:
        """One of its branches."""
        async with self.parts.database.reading(unscoped("the test looks")) as session:
            found = await branch(session, name)
        assert found is not None
        return found

    async def heard(self, *names: str, until: str = "2027-12-31") -> None:
        """The doors of these branches say that they are well, have all that was published, and hours until a day."""
        async with self.parts.database.session(unscoped("devices speak")) as session:
            newest = (await position(session, CONSORTIUM)).number
            for name in names:
                await take_health(session, self.doors[name], _well(session.now, newest, until))

    async def closed_by_controller(self, name: str, who: str) -> None:
        """Somebody closes every branch of a branch's municipality, until further notice."""
        async with self.parts.database.session(unscoped("a colleague closes")) as session:
            at = await target(session, f"{name}-kommun")
            account = next(view.id for view in await accounts(session) if view.username == who)
            assert at is not None
            order = Order(
                id="storm",
                level=Level.MUNICIPALITY,
                kind=OrderKind.EMERGENCY_CLOSED,
                start=session.now,
                reasons=(("sv", "Storm"), ("en", "Storm")),
            )
            await give_order(session, at, order, account, "storm")

    async def sign_in(self, looker: Looker, who: str) -> None:
        """Type a name and a password."""
        page = looker.page
        await page.goto(self.url)
        await page.locator('input[name="username"]').fill(who)
        await page.locator('input[name="password"]').fill(PASSWORD)
        await page.locator('main button[type="submit"]').click()
        await expect(page.locator(".s-nav")).to_be_visible(timeout=PATIENCE)


def _well(now: datetime, change: int, until: str) -> HealthRequest:
    return HealthRequest(
        version="1.0",
        now=now.isoformat(),
        clock="signed",
        change=change,
        unsent=0,
        locked=True,
        door="shut",
        state="self_service",
        hours_until=until,
    )


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Region]:
    """The region, served on a free port while the context lasts."""
    clock = ManualClock(MONDAY_EVENING)
    parts = _parts(folder, clock)
    doors = await _seed(parts)
    async with _listening(parts) as url:
        region = Region(parts, clock, url, doors)
        clock.advance(-timedelta(hours=5, minutes=28))
        await region.heard(SILENT)
        clock.advance(timedelta(hours=5, minutes=28))
        await region.heard(*(name for name in TOWNS if name != SILENT))
        yield region
    parts.hub.close()
    await parts.registers.close()
    parts.passwords.close()
    await parts.database.close()


def _parts(folder: Path, clock: ManualClock) -> StaffParts:
    file = folder / "server.db"
    engine = create_engine(f"sqlite:///{file}")
    metadata().create_all(engine)
    engine.dispose()
    hub = Hub()
    return StaffParts(
        database=Database(f"sqlite:///{file}", clock, hub.wake),
        keys=KeyRing.open(folder / "keys", ["localhost"], clock.now()),
        hub=hub,
        registers=Registers([], {}, clock),
        clock=clock,
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)),
        pages=staff_templates(),
        device_url="https://localhost:8443",
        staff_url="http://localhost:8080",
    )


async def _seed(parts: StaffParts) -> dict[str, Door]:
    doors = {}
    async with parts.database.session(unscoped("a test's seed")) as session:
        await add_organisation(session, CONSORTIUM, "consortium", "Bergslagsbibblan")
        for name, says in TOWNS.items():
            await add_organisation(session, f"{name}-kommun", "municipality", f"{says} kommun", parents=[CONSORTIUM])
            at = await add_branch(
                session, name, f"{says} bibliotek", f"{name}-kommun", ZONE, "0587-810 00", date(2026, 1, 1)
            )
            await set_pattern(session, at, HOURS, "seed")
            await set_policy(session, at, Policy(minimum_age=18), "seed")
            await ready_branch(session, parts.keys, at)
            doors[name] = await _door(session, parts.keys, at)
        for where, exception in ((CONSORTIUM, SYSTEM_CHANGE), ("nora", READING)):
            place = await target(session, where)
            assert place is not None
            await put_exception(session, place, exception, "seed")
    for who, grant in STAFF.items():
        made = NewAccount(who.title(), who, PASSWORD)
        await add_account(parts.database, parts.passwords, made, [grant], "seed")
    return doors


async def _door(session: Session, keys: KeyRing, at: BranchView) -> Door:
    invitation = await invite(session, keys, at, kind=DeviceKind.DOOR, name="Entrén", by="seed", url="https://x")
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    request = EnrolRequest(
        token=invitation.token, kind=DeviceKind.DOOR, public_key=base64.b64encode(public).decode(), version="1.0"
    )
    reply = await enrol(session, keys, request)
    assert isinstance(reply, EnrolReply)
    return Door(reply.device, at.id, at.consortium, at.controller)


@asynccontextmanager
async def _listening(parts: StaffParts) -> AsyncIterator[str]:
    config = uvicorn.Config(
        staff_pages(parts), host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = _Listener(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.005)
    try:
        yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        parts.hub.close()
        server.should_exit = True
        await serving
