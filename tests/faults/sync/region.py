"""A server with its register and database, doors enrolled at it, and a cable between them that can be cut."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from meroppet.device.device import Device, DeviceSettings, open_device
from meroppet.device.enrol import enrol
from meroppet.ils.acs_simulator import RegisterAccount, serve
from meroppet.ils.fake import Library
from meroppet.runtime.clock import Clock
from meroppet.wire.commands import Order
from meroppet.wire.enrolment import DeviceKind
from server.db import Database, unscoped
from server.devices.api import device_api
from server.devices.parts import DeviceParts
from server.devices.service import invite
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patience import DeviceProtocol
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from server.replication.hub import Hub
from server.replication.snapshots import Snapshots
from tests.integration.server.databases import Seed, SQLiteFiles
from tests.integration.server.device_api.conftest import _seed, items, patrons


@dataclass
class Region:
    """Everything behind the device API."""

    database: Database
    keys: KeyRing
    hub: Hub
    clock: Clock
    parts: DeviceParts
    folder: Path
    place: BranchView
    url: str = ""
    """Where devices call; they are enrolled under it."""
    port: int = 0

    async def door(self, name: str, orders: list[Order] | None = None) -> Device:
        """A new door, enrolled and not yet running."""
        folder = self.folder / name
        async with self.database.session(self.place.scope) as session:
            code = await invite(session, self.keys, self.place, kind=DeviceKind.DOOR, name=name, by="Maj", url=self.url)
        await enrol(code.text(), DeviceKind.DOOR, folder, "1")
        return self.opened(folder, orders)

    def opened(self, folder: Path, orders: list[Order] | None = None) -> Device:
        """The door in a folder."""
        taken = [] if orders is None else orders
        return open_device(
            DeviceSettings(state_dir=folder), DeviceKind.DOOR, self.clock, version="1", on_order=taken.append
        )


@asynccontextmanager
async def region(folder: Path, clock: Clock) -> AsyncIterator[Region]:
    """The region, not yet listening."""
    library = Library(patrons(), items(), lambda: clock.now().date())
    account = RegisterAccount("skiljebo", "hemligt", "skiljebo")
    register = await serve(library, "127.0.0.1", 0, accounts=[account], clock=clock)
    keys = KeyRing.open(folder / "keys", ("localhost", "127.0.0.1"), clock.now())
    hub = Hub()
    # In a thread: it has a loop of its own.
    with ExitStack() as made:
        lent = SQLiteFiles(folder).lend(Seed("region", _seed), folder)
        database = Database(await asyncio.to_thread(made.enter_context, lent), clock, hub.wake)
        known = AccountSettings(branch="skiljebo", user="skiljebo", institution="skiljebo")
        settings = RegisterSettings(
            id="vastmanland", profile="koha", host="127.0.0.1", port=register.port, accounts=(known,)
        )
        registers = Registers([settings], {"skiljebo": SecretStr("hemligt")}, clock)
        parts = DeviceParts(database, keys, hub, registers, clock, Snapshots(folder / "snapshots"))
        async with database.reading(unscoped("a test's consortium")) as session:
            place = next(view for view in await branches(session) if view.id == "skiljebo")
        try:
            yield Region(database, keys, hub, clock, parts, folder, place)
        finally:
            await registers.close()
            await register.close()
            await database.close()


class _Server(uvicorn.Server):
    """A uvicorn that leaves the signals to pytest."""


@asynccontextmanager
async def listening(made: Region, *, heartbeat: int = 15, host: str = "127.0.0.1") -> AsyncIterator[None]:
    """The server answers meanwhile, always on the same port."""
    hub = Hub()
    made.database._wake = hub.wake
    parts = replace(made.parts, hub=hub, heartbeat_seconds=heartbeat)
    config = uvicorn.Config(
        device_api(parts),
        http=DeviceProtocol,
        host=host,
        port=made.port,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
        ssl_certfile=made.keys.certificate_file,
        ssl_keyfile=made.keys.certificate_key_file,
        ssl_context_factory=lambda _config, _default: made.keys.tls(),
    )
    config.load()
    assert isinstance(config.ssl, ssl.SSLContext)
    server = _Server(config)
    serving = asyncio.create_task(server._serve())
    await until(lambda: server.started)
    made.port = int(server.servers[0].sockets[0].getsockname()[1])
    made.url = made.url or f"https://localhost:{made.port}"
    try:
        yield
    finally:
        hub.close()
        server.should_exit = True
        await serving


@asynccontextmanager
async def running(*doors: Device) -> AsyncIterator[None]:
    """The doors' syncs run meanwhile."""
    tasks = [asyncio.create_task(door.run()) for door in doors]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        for door in doors:
            await door.close()


async def until(true: Callable[[], object], within: float = 30.0) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 (looks at what many tasks change)
            await asyncio.sleep(0.01)
