"""The composition root of the server: everything is made here, handed on, and nothing is made on import."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI
from starlette.applications import Starlette

from meroppet.runtime.clock import Clock, SystemClock, VirtualClock
from server.attempts.asking import Desk
from server.attempts.pages import pin_check
from server.db import Database, unscoped
from server.db.migrate import migrate
from server.db.schema import entities
from server.devices.api import PREFIX, device_api
from server.devices.parts import DeviceParts
from server.eid.service import Eids, open_eids
from server.jobs.purge import purge
from server.jobs.service import Job, run_for_ever
from server.keys import KeyRing
from server.metrics.page import metrics_page
from server.metrics.timing import Timed, VerifyTimes
from server.passes import service as passes
from server.patrons import reminders, suspensions
from server.patrons import service as patrons
from server.patrons.walk import Walk
from server.registers.service import Registers
from server.replication import service as replication
from server.replication.hub import Hub
from server.replication.snapshots import Snapshots
from server.schedules import holidays, listed, orders
from server.settings import ServerSettings
from server.staff import service as accounts
from server.staff.passwords import Passwords, standard_hasher
from server.terms import keeping as terms
from server.terms.reach import catch_up
from server.visits.noticing import notice
from server.web.parts import StaffParts
from server.web.site import staff_pages, staff_templates

HOUSEKEEPING = unscoped("retention and certificates are the server's own housekeeping")
DAILY = timedelta(days=1)
QUARTERLY = timedelta(minutes=15)
"""For what begins and ends with a branch's day, whatever its zone."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server process, ready to be started."""

    settings: ServerSettings
    clock: Clock
    database: Database
    keys: KeyRing
    hub: Hub
    registers: Registers
    passwords: Passwords
    eids: Eids
    device_app: FastAPI
    staff_app: FastAPI
    metrics_app: Starlette

    async def start(self) -> None:
        """Bring the database up to date, and what devices must know of the days to come."""
        await migrate(self.database)
        await self._roll_holidays()

    async def background(self) -> None:
        """Jobs, and the wake-ups of other processes; ends when cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_for_ever(self.database, self.jobs()))
            if self.database.listen_url is not None:
                tasks.create_task(self.hub.listen(self.database.listen_url))

    async def close(self) -> None:
        """End the streams, then give everything back."""
        self.hub.close()
        await self.registers.close()
        self.passwords.close()
        await self.eids.close()
        await self.database.close()

    def jobs(self) -> list[Job]:
        """What this server does by itself."""
        return [
            Job("purge", DAILY, self._purge),
            Job("purge.patrons", DAILY, self._purge_patrons),
            Job("suspensions", QUARTERLY, self._turn_over),
            Job("reminders", DAILY, self._remind),
            Job("purge.changes", DAILY, self._purge_changes),
            Job("purge.staff", DAILY, self._purge_staff),
            Job("purge.orders", DAILY, self._purge_orders),
            Job("purge.lists", DAILY, self._purge_lists),
            Job("quiet", QUARTERLY, self._notice_quiet),
            Job("passes", DAILY, self._end_passes),
            Job("purge.terms", DAILY, self._purge_terms),
            Job("terms", timedelta(minutes=1), self._tell_terms),
            Job("holidays", DAILY, self._roll_holidays),
            Job("certificate", DAILY, self._renew),
            Job("walk", timedelta(minutes=1), Walk(self.database, self.keys, self.registers).step),
        ]

    async def _purge(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await purge(session, entities())

    # Each by itself: what stops one must not keep what the others would have removed.
    async def _purge_patrons(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await patrons.purge(session, self.keys, session.now)

    async def _turn_over(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await suspensions.turn_over(session, self.keys)

    async def _remind(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await reminders.list_due(session)

    async def _purge_changes(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await replication.purge(session, session.now)

    async def _purge_staff(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await accounts.purge(session, session.now)

    async def _purge_orders(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await orders.purge(session, session.now)

    async def _purge_lists(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await listed.purge(session, session.now)

    async def _purge_terms(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            holding = await patrons.with_rights(session, await terms.on_record(session))
            await terms.note_ends(session, holding)
            await terms.purge(session)

    async def _tell_terms(self) -> None:
        await catch_up(self.database, self.keys)

    async def _notice_quiet(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await notice(session)

    async def _end_passes(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await passes.end_expired(session)

    async def _roll_holidays(self) -> None:
        async with self.database.session(HOUSEKEEPING) as session:
            await holidays.roll(session, session.now)

    async def _renew(self) -> None:
        self.keys.renew(self.clock.now())


def build(settings: ServerSettings, clock: Clock | None = None) -> Server:
    """The server these settings describe. Makes keys and folders at the first start, opens no port."""
    clock = clock or _clock(settings)
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    hub = Hub()
    database = Database(database_url(settings), clock, hub.wake)
    keys = KeyRing.open(settings.state_dir / "keys", settings.devices.names, clock.now())
    registers = Registers(settings.registers, settings.register_passwords, clock, settings.register_secrets)
    passwords = Passwords(standard_hasher())
    devices = DeviceParts(
        database=database,
        keys=keys,
        hub=hub,
        registers=registers,
        clock=clock,
        snapshots=Snapshots(settings.state_dir / "snapshots"),
        heartbeat_seconds=settings.devices.heartbeat_seconds,
        poll_seconds=settings.devices.poll_seconds,
    )
    eids = open_eids(settings.eid)
    staff = StaffParts(
        database=database,
        keys=keys,
        hub=hub,
        registers=registers,
        clock=clock,
        passwords=passwords,
        pages=staff_templates(),
        device_url=settings.device_url,
        staff_url=settings.staff_url,
        public=settings.public,
        eids=eids,
        check_pin=pin_check(Desk(database, keys, clock), registers),
    )
    times = VerifyTimes()
    apps = device_api(devices), staff_pages(staff), metrics_page(database, registers, times)
    apps[0].add_middleware(Timed, path=f"{PREFIX}/verify", times=times, monotonic=clock.monotonic)
    return Server(settings, clock, database, keys, hub, registers, passwords, eids, *apps)


def database_url(settings: ServerSettings) -> str:
    """SQLAlchemy's address of the database; the password comes from a credential, never from the file."""
    if not settings.database:
        return f"sqlite:///{settings.state_dir / 'server.db'}"
    if settings.database_password is None:
        return settings.database
    from sqlalchemy import make_url

    url = make_url(settings.database).set(password=settings.database_password.get_secret_value())
    return url.render_as_string(hide_password=False)


def _clock(settings: ServerSettings) -> Clock:
    if settings.clock == "virtual" and settings.clock_offset_file is not None:
        return VirtualClock(settings.clock_offset_file)
    return SystemClock()
