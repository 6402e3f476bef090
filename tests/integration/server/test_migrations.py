"""The steps of the schema end where the tables of the code are, on both databases."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import inspect

from server.db import Database, unscoped
from server.db.migrate import differences, is_current, migrate, newest
from server.db.schema import metadata
from server.organisations.service import add_organisation, organisations
from tests.fakes.clocks import ManualClock


@pytest.fixture
async def empty(empty_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    opened = Database(empty_url, clock)
    yield opened
    await opened.close()


async def test_the_migrations_make_exactly_the_tables_of_the_code(empty: Database) -> None:
    await migrate(empty)

    assert await differences(empty) == []
    assert await is_current(empty)
    names = await empty.administer(lambda connection: set(inspect(connection).get_table_names()))
    assert names == {*metadata().tables, "alembic_version"}


async def test_migrating_twice_changes_nothing(empty: Database) -> None:
    await migrate(empty)
    async with empty.session(unscoped("the test's seed")) as session:
        await add_organisation(session, "west", "consortium", "West")

    await migrate(empty)

    async with empty.reading(unscoped("the test looks")) as session:
        assert [view.id for view in await organisations(session)] == ["west"]


async def test_an_empty_database_is_not_current(empty: Database) -> None:
    assert not await is_current(empty)
    assert newest().isdecimal()
