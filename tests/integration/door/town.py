"""A town before the real server, which asks a register over SIP2: nothing between door and register is a double."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import uvicorn
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
from server.db import Scope, unscoped
from server.devices.service import invite
from server.journal.service import recent
from server.organisations.service import BranchView, add_branch, add_organisation
from server.patrons.service import Holder, set_right
from server.policies.service import set_policy
from server.registers.settings import AccountSettings, RegisterSettings
from server.schedules.service import set_pattern
from server.settings import DeviceListener, ServerSettings
from tests.fakes import server_double
from tests.integration.door.house import House, until

ZONE = "Europe/Stockholm"
ASTRID = server_double.Patron("A1000000001", "7305")
BERTIL = server_double.Patron("A1000000002", "6483")
DAY = (Interval(0, 1440, BranchState.SELF_SERVICE),)


class _Listener(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Town:
    """A municipality with one branch, its server, its register and its door."""

    house: House
    server: Server
    register: Register
    branch: BranchView

    async def kinds(self) -> list[str]:
        async with self.server.database.session(self.branch.scope) as session:
            return [event.kind for event in await recent(session, self.branch.id, 50)]

    async def has(self, kind: str) -> None:
        async with asyncio.timeout(20):
            while kind not in await self.kinds():  # noqa: ASYNC110 (the database has no event for it)
                await asyncio.sleep(0.02)

    async def right(self, card: str, right: Right) -> None:
        async with self.server.database.session(self.branch.scope) as session:
            holder = Holder("vastmanland", CardNumber(card))
            await set_right(session, self.server.keys, self.branch, holder, right, by="staff")


def _settings(folder: Path, port: int) -> ServerSettings:
    register = RegisterSettings(
        id="vastmanland",
        profile="koha",
        host="127.0.0.1",
        port=port,
        accounts=(AccountSettings(branch="skiljebo", user="skiljebo", institution="skiljebo"),),
    )
    return ServerSettings(
        state_dir=folder / "server",
        registers=(register,),
        register_passwords={"skiljebo": SecretStr("hemligt")},
        devices=DeviceListener(names=("127.0.0.1",), heartbeat_seconds=1),
    )


async def _seeded(server: Server, policy: Policy) -> BranchView:
    await server.start()
    async with server.database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "vastmanland", "consortium", "Västmanland")
        await add_organisation(session, "vasteras", "municipality", "Västerås", parents=["vastmanland"])
        branch = await add_branch(session, "skiljebo", "Skiljebo", "vasteras", ZONE, "021-390000", date(2026, 1, 1))
    async with server.database.session(Scope.of_consortium("vastmanland")) as session:
        await set_policy(session, branch, policy, "staff")
        await set_pattern(session, branch, Schedule(ZONE, (DAY,) * 7), "staff")
    return branch


@contextlib.asynccontextmanager
async def _listening(server: Server) -> AsyncIterator[str]:
    config = uvicorn.Config(server.device_app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    config.load()
    config.ssl = server.keys.tls()
    listener = _Listener(config)
    serving = asyncio.create_task(listener.serve())
    await until(lambda: listener.started)
    try:
        yield f"https://127.0.0.1:{listener.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.hub.close()
        listener.should_exit = True
        await serving


async def _enrolled(house: House, server: Server, branch: BranchView, url: str) -> None:
    async with server.database.session(branch.scope) as session:
        invited = await invite(session, server.keys, branch, kind=DeviceKind.DOOR, name="Entrén", by="staff", url=url)
    await enrol(invited.text(), DeviceKind.DOOR, house.folder / "state", "test")


def _person(who: server_double.Patron) -> Patron:
    return Patron(card=who.card, pin=who.pin, name="Prov Provsson", birth_date=date(1990, 5, 1))


@contextlib.asynccontextmanager
async def open_town(house: House, people: Iterable[server_double.Patron], policy: Policy) -> AsyncIterator[Town]:
    """The town with these people in its register, and its door ready; it ends with the context."""
    clock = SystemClock()
    library = Library([_person(who) for who in people], [], lambda: clock.now().date())
    accounts = [RegisterAccount("skiljebo", "hemligt", "skiljebo")]
    register = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    server = build(_settings(house.folder, register.port), clock)
    try:
        branch = await _seeded(server, policy)
        async with _listening(server) as url:
            await house.board.start()
            await house.start_lockd()
            await _enrolled(house, server, branch, url)
            made = Town(house, server, register, branch)
            await made.right(ASTRID.card, Right(permitted=True))
            await house.start_door()
            device = house.door.device
            await until(lambda: device.keys is not None and device.replica.hours() is not None, within=15)
            try:
                yield made
            finally:
                await house.stop_door()
    finally:
        await register.close()
        await server.close()
