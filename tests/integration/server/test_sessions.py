"""What a session promises: all or nothing, last things last, word to others only when it is durable."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from server.db import Database, Session, unscoped
from server.organisations.models import Membership
from server.organisations.service import add_organisation, consortium_of, organisations, parents
from tests.fakes.clocks import ManualClock

SEED = unscoped("a test's seed")


async def _names(database: Database) -> list[str]:
    async with database.reading(SEED) as session:
        return [view.id for view in await organisations(session)]


async def test_a_session_that_fails_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.session(SEED) as session:
            await add_organisation(session, "west", "consortium", "West")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await fail()

    assert await _names(database) == []


async def test_an_error_does_not_tell_what_was_looked_for(database: Database) -> None:
    await database.administer(lambda connection: connection.execute(text("DROP TABLE membership")))

    with pytest.raises(DBAPIError) as failure:
        async with database.reading(SEED) as session:
            await session.all(select(Membership).where(col(Membership.member_id) == "karin"))

    assert "karin" not in str(failure.value)


async def test_an_error_does_not_quote_the_row_that_was_refused(database: Database) -> None:
    stranger = Membership(member_id="karin", parent_id="nobody", since=date(2026, 1, 1))

    with pytest.raises(DBAPIError) as failure:
        async with database.session(SEED) as session:
            session.add(stranger)

    told = str(failure.value)
    assert "karin" not in told
    assert "Error 23503" in told or "Error SQLITE_CONSTRAINT_FOREIGNKEY" in told


async def test_last_things_are_done_last_and_told_after_the_commit(database_url: str, clock: ManualClock) -> None:
    order: list[str] = []
    database = Database(database_url, clock, lambda topic: order.append(f"told {topic}"))

    async def last(session: Session) -> None:
        order.append(f"last sees {len(await organisations(session))}")

    async with database.session(SEED) as session:
        session.last(last)
        session.wake("west")
        await add_organisation(session, "west", "consortium", "West")
        order.append("body")

    assert order == ["body", "last sees 1", "told west"]
    await database.close()


async def test_nobody_is_told_of_what_was_rolled_back(database_url: str, clock: ManualClock) -> None:
    told: list[str] = []
    database = Database(database_url, clock, told.append)

    async def fail() -> None:
        async with database.session(SEED) as session:
            session.wake("west")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await fail()

    assert told == []
    await database.close()


async def test_topics_are_woken_once_and_only_when_durable(database_url: str, clock: ManualClock) -> None:
    woken: list[str] = []
    database = Database(database_url, clock, woken.append)

    async with database.session(SEED) as session:
        session.wake("branch:nora")
        session.wake("branch:nora")
        await add_organisation(session, "west", "consortium", "West")
        assert woken == []
    async with database.reading(SEED) as session:
        session.wake("branch:teg")

    assert woken == ["branch:nora"]
    await database.close()


async def test_a_listener_that_fails_does_not_undo_what_is_durable(database_url: str, clock: ManualClock) -> None:
    def fail(_topic: str) -> None:
        raise RuntimeError("listener")

    database = Database(database_url, clock, fail)
    async with database.session(SEED) as session:
        await add_organisation(session, "west", "consortium", "West")
        session.wake("west")

    assert await _names(database) == ["west"]
    await database.close()


async def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    async with database.reading(SEED) as session:
        await add_organisation(session, "west", "consortium", "West")

    assert await _names(database) == []


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.session(SEED) as session:
        await add_organisation(session, "west", "consortium", "West")
        assert await asyncio.create_task(_names(database)) == []

    assert await _names(database) == ["west"]


async def test_many_writers_at_once_all_get_their_turn(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.session(SEED) as session:
            await add_organisation(session, f"c{number:02}", "consortium", "C")
            await asyncio.sleep(0)

    await asyncio.gather(*(write(number) for number in range(20)))

    assert len(await _names(database)) == 20


async def test_memberships_count_on_their_days_only(database: Database) -> None:
    async with database.session(SEED) as session:
        await add_organisation(session, "old", "consortium", "Old")
        await add_organisation(session, "new", "consortium", "New")
        await add_organisation(session, "region", "region", "Region")
        await add_organisation(session, "town", "municipality", "Town", parents=["region"])
        session.add(Membership(member_id="town", parent_id="old", since=date(2020, 1, 1), until=date(2025, 12, 31)))
        session.add(Membership(member_id="town", parent_id="new", since=date(2026, 1, 1)))
        await session.flush()

        assert await consortium_of(session, "town") == "new"
        assert {view.id for view in await parents(session, "town", date(2024, 5, 1))} == {"old", "region"}
        with pytest.raises(ValueError, match="no consortium"):
            await consortium_of(session, "region")
