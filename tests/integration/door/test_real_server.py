"""The same door before the real server, which asks a register over SIP2: nothing between them is a double."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from meroppet.device.enrol import enrol
from meroppet.ils.acs_simulator import Fault, Register, RegisterAccount, serve
from meroppet.ils.fake import Library, Patron
from meroppet.rules.branch import BranchState
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.intervals import Interval
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import Schedule
from meroppet.runtime.clock import SystemClock
from meroppet.wire.commands import Action
from meroppet.wire.enrolment import DeviceKind
from server.app import Server, build
from server.db import Scope, unscoped
from server.devices.orders import order
from server.devices.service import devices_of, invite, revoke
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
        async with asyncio.timeout(5):
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


async def _seeded(server: Server) -> BranchView:
    await server.start()
    async with server.database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "vastmanland", "consortium", "Västmanland")
        await add_organisation(session, "vasteras", "municipality", "Västerås", parents=["vastmanland"])
        branch = await add_branch(session, "skiljebo", "Skiljebo", "vasteras", ZONE, "021-390000", date(2026, 1, 1))
    async with server.database.session(Scope.of_consortium("vastmanland")) as session:
        await set_policy(session, branch, Policy(minimum_age=18), "staff")
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


@pytest.fixture
async def town(house: House) -> AsyncIterator[Town]:
    clock = SystemClock()
    library = Library([_person(ASTRID), _person(BERTIL)], [], lambda: clock.now().date())
    accounts = [RegisterAccount("skiljebo", "hemligt", "skiljebo")]
    register = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    server = build(_settings(house.folder, register.port), clock)
    branch = await _seeded(server)
    async with _listening(server) as url:
        await house.board.start()
        await house.start_lockd()
        await _enrolled(house, server, branch, url)
        made = Town(house, server, register, branch)
        await made.right(ASTRID.card, Right(permitted=True))
        await house.start_door()
        device = house.door.device
        await until(lambda: device.keys is not None and device.replica.hours() is not None)
        yield made
        await house.stop_door()
    await register.close()
    await server.close()


async def test_a_whole_visit(town: Town) -> None:
    house = town.house

    await house.enter(ASTRID)
    await house.says(Reason.GRANTED)
    assert house.board.push_door()
    house.board.shut_door()
    await town.has("door.shut")

    walk = [kind for kind in reversed(await town.kinds()) if kind.startswith(("access", "door"))]
    assert walk == ["access.granted", "door.released", "door.opened", "door.shut"]


async def test_refusals_of_a_real_register(town: Town) -> None:
    house = town.house

    for patron, pin, reason in (
        (BERTIL, BERTIL.pin, Reason.NO_PERMISSION),
        (ASTRID, "0000", Reason.WRONG_PIN),
        (server_double.Patron("Z9999999", "7305"), "7305", Reason.UNKNOWN_CARD),
    ):
        await house.enter(patron, pin)
        await house.says(reason)

    assert house.refusals() == [Reason.NO_PERMISSION, Reason.WRONG_PIN, Reason.UNKNOWN_CARD]
    assert house.board.releases == 0


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        (Fault.HANG, {Reason.ILS_UNAVAILABLE}),
        (Fault.CLOSE, {Reason.ILS_UNAVAILABLE}),
        (Fault.WRONG_PATRON, {Reason.REGISTER_CONTRADICTION, Reason.ILS_UNAVAILABLE}),
    ],
)
async def test_a_register_at_fault_lets_nobody_in(town: Town, fault: Fault, reasons: set[Reason]) -> None:
    town.register.control.fault = fault

    await town.house.enter(ASTRID)
    await until(town.house.refusals)

    assert set(town.house.refusals()) <= reasons
    assert town.house.board.releases == 0


async def test_what_staff_take_away_is_gone_before_the_next_verdict(town: Town) -> None:
    await town.right(ASTRID.card, Right(permitted=False))

    await town.house.enter(ASTRID)
    await town.house.says(Reason.NO_PERMISSION)

    assert town.house.board.releases == 0


async def test_staff_open_the_door_once(town: Town) -> None:
    async with town.server.database.session(town.branch.scope) as session:
        (device,) = await devices_of(session, town.branch.id)
        await order(session, device, Action.OPEN_ONCE, "staff")

    await town.house.sees(lambda state: not state.locked)
    await town.has("door.released")

    assert "order.answered" in await town.kinds()


async def test_a_revoked_door_admits_nobody(town: Town) -> None:
    async with town.server.database.session(town.branch.scope) as session:
        (device,) = await devices_of(session, town.branch.id)
        await revoke(session, device.id, "staff")

    await until(lambda: town.house.door.device.keys is None)
    town.house.board.tap(ASTRID.card)
    await until(town.house.refusals)

    assert town.house.refusals() == [Reason.NO_POLICY]


async def test_a_new_boot_after_a_restart_is_accepted(town: Town) -> None:
    await town.house.stop_door()
    await town.house.start_door()
    await until(lambda: town.house.door.device.keys is not None)

    await town.house.enter(ASTRID)
    await town.house.says(Reason.GRANTED)
