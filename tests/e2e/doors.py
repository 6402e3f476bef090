"""Two branches of a consortium, each with a real door on virtual hardware, and one real server with staff pages."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from meroppet.device.enrol import enrol
from meroppet.ils.acs_simulator import Register, RegisterAccount, serve
from meroppet.ils.fake import Library, Patron
from meroppet.rules.branch import BranchState
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from meroppet.runtime.clock import SystemClock
from meroppet.wire.enrolment import DeviceKind
from server.app import Server, build
from server.db import unscoped
from server.devices.service import invite
from server.organisations.service import BranchView, add_branch, add_organisation
from server.patrons.service import Holder, ready_branch, set_right
from server.policies.service import set_policy
from server.registers.settings import AccountSettings, RegisterSettings
from server.schedules.service import set_pattern
from server.settings import DeviceListener, ServerSettings
from server.staff.access import Grant, Role
from server.staff.service import NewAccount, add_account
from tests.fakes import server_double
from tests.integration.door.house import House, until

ZONE = "Europe/Stockholm"
CONSORTIUM, TOWN = "bergslagsbibblan", "nora-kommun"
PASSWORD = "hellre några ord"
ASTRID = server_double.Patron("A1000000001", "7305")
BRANCHES = {"nora": "Nora bibliotek", "gyttorp": "Gyttorps bibliotek"}
ALL_DAY = Schedule(ZONE, ((Interval(0, 1440, BranchState.SELF_SERVICE),),) * 7)
PATIENCE = 20.0
"""Seconds that something may take on a busy machine before a test gives it up."""


class _Listener(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Doors:
    """The server, where its staff pages are, and the door of each branch."""

    server: Server
    url: str
    houses: dict[str, House]


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Doors]:
    """Everything up: both doors enrolled, synced and idle."""
    async with contextlib.AsyncExitStack() as stack:
        register = await stack.enter_async_context(_register())
        server = build(_settings(folder, register.port), SystemClock())
        stack.push_async_callback(server.close)
        await server.start()
        branches = await _seed(server)
        device_url = await stack.enter_async_context(_listening(server, server.device_app, encrypted=True))
        staff_url = await stack.enter_async_context(_listening(server, server.staff_app, encrypted=False))
        houses = {}
        for at in branches:
            houses[at.id] = await stack.enter_async_context(_door(server, at, device_url))
        yield Doors(server, staff_url, houses)


@contextlib.asynccontextmanager
async def _register() -> AsyncIterator[Register]:
    clock = SystemClock()
    person = Patron(card=ASTRID.card, pin=ASTRID.pin, name="Prov Provsson", birth_date=date(1990, 5, 1))
    library = Library([person], [], lambda: clock.now().date())
    accounts = [RegisterAccount(name, "hemligt", name) for name in BRANCHES]
    register = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    try:
        yield register
    finally:
        await register.close()


def _settings(folder: Path, port: int) -> ServerSettings:
    accounts = tuple(AccountSettings(branch=name, user=name, institution=name) for name in BRANCHES)
    return ServerSettings(
        state_dir=folder / "server",
        registers=(RegisterSettings(id="west", profile="koha", host="127.0.0.1", port=port, accounts=accounts),),
        register_passwords={name: SecretStr("hemligt") for name in BRANCHES},
        devices=DeviceListener(names=("127.0.0.1",), heartbeat_seconds=1),
    )


async def _seed(server: Server) -> list[BranchView]:
    made = []
    async with server.database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, CONSORTIUM, "consortium", "Bergslagsbibblan")
        await add_organisation(session, TOWN, "municipality", "Nora kommun", parents=[CONSORTIUM])
        for name, says in BRANCHES.items():
            at = await add_branch(session, name, says, TOWN, ZONE, "0587-810 00", date(2026, 1, 1))
            await set_policy(session, at, Policy(minimum_age=18), "seed")
            await set_pattern(session, at, ALL_DAY, "seed")
            await ready_branch(session, server.keys, at)
            await set_right(
                session, server.keys, at, Holder("west", CardNumber(ASTRID.card)), Right(permitted=True), by="seed"
            )
            made.append(at)
    for who, grant in (("berit", Grant(Role.BRANCH, "nora")), ("klara", Grant(Role.CONSORTIUM, CONSORTIUM))):
        await add_account(server.database, server.passwords, NewAccount(who.title(), who, PASSWORD), [grant], "seed")
    return made


@contextlib.asynccontextmanager
async def _listening(server: Server, app: FastAPI, *, encrypted: bool) -> AsyncIterator[str]:
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    if encrypted:
        config.load()
        config.ssl = server.keys.tls()
    listener = _Listener(config)
    serving = asyncio.create_task(listener.serve())
    await until(lambda: listener.started, PATIENCE)
    port = listener.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"https://127.0.0.1:{port}" if encrypted else f"http://localhost:{port}/"
    finally:
        server.hub.close()
        listener.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def _door(server: Server, at: BranchView, url: str) -> AsyncIterator[House]:
    house = House()
    try:
        await house.board.start()
        await house.start_lockd()
        async with server.database.session(at.scope) as session:
            invited = await invite(session, server.keys, at, kind=DeviceKind.DOOR, name="Entrén", by="seed", url=url)
        await enrol(invited.text(), DeviceKind.DOOR, house.folder / "state", "test")
        await house.start_door()
        device = house.door.device
        await until(lambda: device.keys is not None and device.replica.hours() is not None, PATIENCE)
        yield house
    finally:
        await house.close()
