"""Processes on one PostgreSQL wake each other, also after the line between them was cut."""

import asyncio

import asyncpg
import pytest

from meroppet.wire.changes import RightDocument
from server.db import Database, Scope, unscoped
from server.organisations.service import add_organisation
from server.replication.hub import Hub
from server.replication.service import publish
from tests.fakes.clocks import ManualClock


async def changed(database: Database) -> None:
    async with database.session(Scope.of_consortium("c")) as session:
        publish(session, "c", audience="c", kind="right", key="00", value=RightDocument(permitted=True))


async def started(database: Database) -> None:
    async with database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "c", "consortium", "C")


async def test_a_commit_wakes_the_process_that_made_it(database_url: str, clock: ManualClock) -> None:
    hub = Hub()
    database = Database(database_url, clock, hub.wake)
    await started(database)
    with hub.listening("c") as ear:
        await changed(database)
        assert await ear.heard(0) == {"c"}
    await database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_commit_wakes_the_other_process_before_and_after_a_cut(database_url: str, clock: ManualClock) -> None:
    here, there = Database(database_url, clock), Hub()
    await started(here)
    listening = asyncio.create_task(there.listen(database_url))
    with there.listening("c") as ear:
        # The first wake-up says that the line stands.
        assert await ear.heard(10) == {"c"}
        await changed(here)
        assert await ear.heard(5) == {"c"}

        await cut(database_url)
        # Whoever may have missed something is told to look.
        assert await ear.heard(10) == {"c"}
        await changed(here)
        assert await ear.heard(5) == {"c"}
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await here.close()


async def cut(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%' AND pid <> pg_backend_pid()"
    )
    await connection.close()
