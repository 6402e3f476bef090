"""The simulated server: the real parts over a real database on a simulated disk, killed and started like any other."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy
from pydantic import SecretStr
from sqlalchemy import Engine

from meroppet.ils.ports import Ils
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from meroppet.runtime.clock import Clock
from meroppet.wire.enrolment import DeviceKind, EnrolRequest
from server.db import Database, Scope, unscoped
from server.db.migrate import migrate
from server.devices.api import device_api
from server.devices.parts import DeviceParts
from server.devices.service import devices_of, enrol, invite
from server.keys import KeyRing
from server.organisations.service import BranchView, add_branch, add_organisation, branches
from server.patrons.service import Holder, set_right
from server.policies.service import set_policy
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from server.replication.hub import Hub
from server.replication.service import position
from server.replication.snapshots import Snapshots
from server.schedules.service import set_pattern
from tests.simulation.disk import Disk
from tests.simulation.loop import Process, SimClock, SimLoop
from tests.simulation.register import SimRegister

ZONE = "Europe/Stockholm"
BRANCH, REGISTER, CONSORTIUM = "skiljebo", "vastmanland", "vastmanland"
REGISTER_PORT = 6001
HELP = "021-390000"
OFTEN = 3600
"""Seconds between heartbeats and polls: what is announced needs neither."""

ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
_DAY = (Interval(360, 1320, ALONE),)
_WEDNESDAY = (Interval(360, 600, ALONE), Interval(600, 660, STAFFED), Interval(660, 1320, ALONE))
SCHEDULE = Schedule(ZONE, (_DAY, _DAY, _WEDNESDAY, _DAY, _DAY, (Interval(480, 1200, ALONE),), ()))
POLICY = Policy(minimum_age=16, offline_pin=True)


class SimRegisters(Registers):
    """The branch's register without the wire between: the same answers, and the same faults as values."""

    def __init__(self, settings: Sequence[RegisterSettings], clock: Clock, register: SimRegister) -> None:
        super().__init__(settings, {}, clock)
        self._way = register

    def ils(self, branch_id: str, purpose: str = "staff") -> Ils | None:
        """See `Registers`."""
        return self._way


class QuietParts(DeviceParts):
    """Parts whose streams leave out their pulse: a simulated network says when it falls."""

    @property
    def pulse_seconds(self) -> int:
        """See `DeviceParts`."""
        return OFTEN


class Office:
    """The server's machine. `full`: it speaks SIP2 to its register, as it is installed."""

    def __init__(self, loop: SimLoop, folder: Path, random: Random, register: SimRegister, *, full: bool) -> None:
        self._loop, self._folder, self._full = loop, folder, full
        self.register = register
        self.clock = SimClock(loop, ClockTrust.NTP)
        self.disk = Disk(folder, random)
        self.process = Process("server")
        self.keys = KeyRing.open(folder / "keys", ("server.test",), self.clock.now())
        self.app = device_api()
        self.parts: DeviceParts
        self.branch: BranchView
        self._engines: list[Engine] = []
        self.start()

    @property
    def ca_pem(self) -> str:
        """The authority that devices pin."""
        return (self._folder / "keys" / "ca.pem").read_text(encoding="ascii")

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self.process.alive

    def start(self) -> None:
        """Run on what the disk holds."""
        self.process = Process("server")
        self.process.at_end(self._died)
        self.parts = self.process.run(self._parts)
        self.app.state.parts = self.parts

    def kill(self) -> None:
        """End the process between two steps, or in one of its disk's."""
        self.process.kill()

    async def seed(self) -> None:
        """A municipality with one branch, its hours and its policy."""
        database = self.parts.database
        await migrate(database)
        async with database.session(unscoped("the simulation's consortium")) as session:
            await add_organisation(session, CONSORTIUM, "consortium", "Västmanland")
            await add_organisation(session, "vasteras", "municipality", "Västerås", parents=[CONSORTIUM])
            await add_branch(session, BRANCH, "Skiljebo", "vasteras", ZONE, HELP, date(2026, 1, 1))
        async with database.session(Scope.of_consortium(CONSORTIUM)) as session:
            (self.branch,) = await branches(session)
            await set_policy(session, self.branch, POLICY, "staff")
            await set_pattern(session, self.branch, SCHEDULE, "staff")

    async def enrolled(self, public_key: str) -> Any:
        """A door of the branch with this key; the answer a device gets."""
        async with self.parts.database.session(self.branch.scope) as session:
            invited = await invite(
                session, self.keys, self.branch, kind=DeviceKind.DOOR, name="Entrén", by="staff", url="https://server"
            )
        request = EnrolRequest(token=invited.token, kind=DeviceKind.DOOR, public_key=public_key, version="sim")
        async with self.parts.database.session(unscoped("the one-time code says whose device this is")) as session:
            return await enrol(session, self.keys, request)

    async def give(self, card: str, right: Right) -> int:
        """Staff give a right; the change number by which devices know of it."""
        async with self.parts.database.session(self.branch.scope) as session:
            await set_right(session, self.keys, self.branch, Holder(REGISTER, CardNumber(card)), right, by="staff")
        return await self.newest()

    async def newest(self) -> int:
        """The newest change number."""
        async with self.parts.database.reading(self.branch.scope) as session:
            return (await position(session, CONSORTIUM)).number

    async def device(self) -> Any:
        """The door as staff pages see it."""
        async with self.parts.database.reading(self.branch.scope) as session:
            return (await devices_of(session, BRANCH))[0]

    def _parts(self) -> DeviceParts:
        hub = Hub()
        database = Database(f"sqlite:///{self._folder / 'server.db'}", self.clock, hub.wake)
        engines: Any = vars(database)["_engines"]
        self._engines = [engines._writer, engines._reader]
        for engine in self._engines:
            sqlalchemy.event.listen(engine, "do_connect", self._connect)
        registers = self._registers()
        snapshots = Snapshots(self._folder / "snapshots")
        return QuietParts(database, self.keys, hub, registers, self.clock, snapshots, OFTEN, OFTEN)

    def _registers(self) -> Registers:
        settings = RegisterSettings(
            id=REGISTER,
            profile="koha",
            host="127.0.0.1",
            port=REGISTER_PORT,
            accounts=(AccountSettings(branch=BRANCH, user=BRANCH, institution=BRANCH),),
        )
        if self._full:
            return Registers([settings], {BRANCH: SecretStr("hemligt")}, self.clock)
        return SimRegisters([settings], self.clock, self.register)

    def _connect(self, _dialect: object, _record: object, _args: Sequence[Any], _named: Mapping[str, Any]) -> Any:
        return self.disk.connect(self._folder / "server.db", 0.2)

    def _died(self) -> None:
        self.disk.abandon(self.process)
