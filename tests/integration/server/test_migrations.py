"""The steps of the schema end where the tables of the code are, on both databases."""

import json
from collections.abc import AsyncIterator
from datetime import date
from functools import partial

import pytest
from sqlalchemy import Connection, inspect, select, text

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import Interval
from meroppet.wire.schedules import PatternDocument
from server.db import Database, unscoped
from server.db.migrate import differences, is_current, migrate, newest, upgrade_to
from server.db.schema import metadata
from server.organisations.service import add_organisation, organisations
from server.patrons.models import PatronRight, PatronSuspension
from server.replication.service import changes
from server.schedules.service import schedule_of
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


async def test_hours_of_the_first_schema_are_told_anew_in_their_new_words(empty: Database) -> None:
    await empty.administer(partial(upgrade_to, revision="0001"))
    week = [
        [{"start": 600, "end": 1080, "state": "staffed"}, {"start": 360, "end": 600, "state": "self_service"}],
        *[[]] * 6,
    ]
    old = json.dumps({"zone": "Europe/Stockholm", "weekly": week})
    await empty.administer(partial(_first_schema, document=old))

    await migrate(empty)

    async with empty.reading(unscoped("the test looks")) as session:
        view = await schedule_of(session, "nora")
        told = await changes(session, "west", ["nora"], 7)
    assert view is not None
    assert view.schedule.weekly[0] == (
        Interval(360, 600, BranchState.SELF_SERVICE),
        Interval(600, 1080, BranchState.STAFFED),
    )
    assert view.schedule.weekly[1:] == ((),) * 6
    assert told is not None
    assert [(found.kind, found.key) for found in told.upserts] == [("schedule", "-")]
    assert PatternDocument.model_validate(told.upserts[0].value).meant() == view.schedule


_FIRST = """
INSERT INTO organisation (id, kind, name, code) VALUES ('west', 'consortium', 'West', '');
INSERT INTO organisation (id, kind, name, code) VALUES ('town', 'municipality', 'Town', '');
INSERT INTO branch (id, consortium_id, controller_id, name, zone, help_number, live_from, accent)
VALUES ('nora', 'west', 'town', 'Nora', 'Europe/Stockholm', '0', '2026-01-01', '');
INSERT INTO change_counter (consortium_id, number, forgotten) VALUES ('west', 7, 0);
INSERT INTO schedule_version (consortium_id, controller_id, branch_id, version, document, by, at)
VALUES ('west', 'town', 'nora', 1, :document, 'maj', '2026-01-01 00:00:00');
INSERT INTO change (consortium_id, audience, kind, key, number, value, at)
VALUES ('west', 'nora', 'schedule', '-', 7, :document, '2026-01-01 00:00:00')
"""


def _first_schema(connection: Connection, document: str) -> None:
    for statement in _FIRST.split(";"):
        connection.execute(text(statement), {"document": document} if ":document" in statement else {})


async def test_an_empty_database_is_not_current(empty: Database) -> None:
    assert not await is_current(empty)
    assert newest().isdecimal()


_SUSPENDED = """
INSERT INTO organisation (id, kind, name, code) VALUES ('west', 'consortium', 'West', '');
INSERT INTO organisation (id, kind, name, code) VALUES ('town', 'municipality', 'Town', '');
INSERT INTO patron (consortium_id, id, register_id, number_digest, number_sealed)
VALUES ('west', 'p', 'koha', 'd', :sealed);
INSERT INTO patron_right (consortium_id, controller_id, id, patron_id, reach, place, permitted, valid_until,
  suspended_until, given_by, given_at)
VALUES ('west', 'town', 'r', 'p', 'branch', 'nora', true, NULL, '2026-12-24', 'maj', '2026-11-20 22:30:00')
"""


def _suspended(connection: Connection) -> None:
    for statement in _SUSPENDED.split(";"):
        connection.execute(text(statement), {"sealed": b"x"} if ":sealed" in statement else {})


async def test_a_suspension_of_an_older_right_becomes_a_decision_of_its_own(empty: Database) -> None:
    await empty.administer(partial(upgrade_to, revision="0003"))
    await empty.administer(_suspended)

    await migrate(empty)

    async with empty.reading(unscoped("the test looks")) as session:
        (kept_out,) = await session.all(select(PatronSuspension))
        (right,) = await session.all(select(PatronRight))
    assert (kept_out.first_day, kept_out.last_day) == (date(2026, 11, 20), date(2026, 12, 24))
    assert (kept_out.patron_id, kept_out.reach, kept_out.place, kept_out.decided_by, kept_out.is_told) == (
        "p", "branch", "nora", "maj", True,
    )  # fmt: skip
    assert (right.permitted, right.introduced_on) == (True, None)
