"""A consortium of two municipalities, its register over real TCP, and the device API on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import httpx2
import pytest
import uvicorn
from pydantic import SecretStr

from meroppet.ils.acs_simulator import Register, RegisterAccount, serve
from meroppet.ils.fake import Item, Library, Patron
from meroppet.rules.branch import BranchState
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from meroppet.wire.enrolment import DeviceKind
from server.db import Database, Scope, unscoped
from server.devices.api import device_api
from server.devices.parts import DeviceParts
from server.devices.service import invite
from server.keys import KeyRing
from server.organisations.service import BranchView, add_branch, add_organisation, branches
from server.patrons.service import Holder, Reach, set_right
from server.policies.service import set_policy
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from server.replication.hub import Hub
from server.replication.snapshots import Snapshots
from server.schedules.service import set_pattern
from tests.fakes.clocks import ManualClock
from tests.fakes.signing_device import SigningDevice
from tests.integration.server.databases import Seed

ASTRID, PIN = "A1000000001", "7305"
ZONE = "Europe/Stockholm"


@dataclass
class House:
    """Everything behind the device API, and short ways to do what staff do."""

    database: Database
    keys: KeyRing
    hub: Hub
    clock: ManualClock
    register: Register
    parts: DeviceParts
    client: httpx2.AsyncClient
    branches: dict[str, BranchView] = field(default_factory=dict)

    async def invited(self, branch: str = "skiljebo", kind: DeviceKind = DeviceKind.DOOR) -> str:
        view = self.branches[branch]
        async with self.database.session(view.scope) as session:
            made = await invite(
                session, self.keys, view, kind=kind, name=kind, by="staff", url="https://localhost:8443"
            )
        return made.token

    async def device(self, branch: str = "skiljebo", kind: DeviceKind = DeviceKind.DOOR) -> SigningDevice:
        device = SigningDevice(self.client, kind=kind)
        assert (await device.enrol(await self.invited(branch, kind))).status_code == 200
        assert (await device.boot()).status_code == 200
        return device

    async def give(
        self, right: Right, *, branch: str = "skiljebo", card: str = ASTRID, reach: Reach = Reach.BRANCH
    ) -> None:
        view = self.branches[branch]
        async with self.database.session(view.scope) as session:
            holder = Holder("vastmanland", CardNumber(card))
            await set_right(session, self.keys, view, holder, right, by="staff", reach=reach)


def patrons() -> list[Patron]:
    return [
        Patron(card=ASTRID, pin=PIN, name="Astrid Provsson", birth_date=date(1990, 5, 1), expires=date(2027, 5, 1)),
        Patron(card="A1000000002", pin="6483", name="Bertil Provsson", birth_date=date(1980, 5, 1)),
    ]


def items() -> list[Item]:
    return [
        Item(barcode="30001", title="Röda rummet", owner="skiljebo"),
        Item(barcode="30002", title="Giftas", owner="skiljebo", held_for=ASTRID, pickup="skiljebo", on_hold_shelf=True),
    ]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open(tmp_path_factory.mktemp("server") / "keys", ("localhost", "127.0.0.1"), datetime.now(UTC))


@pytest.fixture
async def register(clock: ManualClock) -> AsyncIterator[Register]:
    library = Library(patrons(), items(), lambda: clock.now().date())
    accounts = [RegisterAccount("skiljebo", "hemligt", "skiljebo")]
    running = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    yield running
    await running.close()


@pytest.fixture(scope="session")
def database_seed() -> Seed:
    return Seed("device_api", _seed)


@pytest.fixture
async def house(
    database_url: str, clock: ManualClock, register: Register, keys: KeyRing, tmp_path: Path
) -> AsyncIterator[House]:
    hub = Hub()
    database = Database(database_url, clock, hub.wake)
    settings = RegisterSettings(
        id="vastmanland",
        profile="koha",
        host="127.0.0.1",
        port=register.port,
        accounts=(AccountSettings(branch="skiljebo", user="skiljebo", institution="skiljebo"),),
    )
    registers = Registers([settings], {"skiljebo": SecretStr("hemligt")}, clock)
    parts = DeviceParts(database, keys, hub, registers, clock, Snapshots(tmp_path / "snapshots"))
    transport = httpx2.ASGITransport(device_api(parts))
    async with httpx2.AsyncClient(transport=transport, base_url="https://localhost") as client:
        async with database.reading(unscoped("a test's consortium")) as session:
            known = {view.id: view for view in await branches(session)}
        yield House(database, keys, hub, clock, register, parts, client, known)
    await registers.close()
    await database.close()


async def _seed(database: Database) -> None:
    async with database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "vastmanland", "consortium", "Västmanland")
        for name in ("vasteras", "sala"):
            await add_organisation(session, name, "municipality", name.title(), parents=["vastmanland"])
        for name, controller in (("skiljebo", "vasteras"), ("ekeby", "vasteras"), ("salastad", "sala")):
            await add_branch(session, name, name.title(), controller, ZONE, "021-390000", date(2026, 1, 1))
    async with database.session(Scope.of_consortium("vastmanland")) as session:
        for view in await branches(session):
            await set_policy(session, view, Policy(minimum_age=18), "staff")
            await set_pattern(session, view, week(360, 1320), "staff")


def week(start: int, end: int) -> Schedule:
    return Schedule(ZONE, ((Interval(start, end, BranchState.SELF_SERVICE),),) * 7)


class Server(uvicorn.Server):
    """A uvicorn that leaves the signals to pytest."""

    @property
    def port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])


@asynccontextmanager
async def listening(house: House, heartbeat: int = 15) -> AsyncIterator[str]:
    app = device_api(replace(house.parts, heartbeat_seconds=heartbeat))
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=2,
        ssl_certfile=house.keys.certificate_file,
        ssl_keyfile=house.keys.certificate_key_file,
        ssl_context_factory=lambda _config, _default: house.keys.tls(),
    )
    server = Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield f"https://localhost:{server.port}"
    finally:
        house.hub.close()
        server.should_exit = True
        await serving
