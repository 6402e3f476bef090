"""Jobs are done once, by one process, and what is too old goes."""

from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from meroppet.runtime.logs import Recurring
from server.app import build
from server.audit.models import AuditEntry, ServerAuditEntry
from server.audit.service import recent, recent_of_server, record
from server.db import Database, Scope, unscoped
from server.db.schema import entities
from server.jobs.purge import purge
from server.jobs.service import Job, run_due, take
from server.journal.models import JournalRow
from server.organisations.service import add_branch, add_organisation
from server.settings import ServerSettings
from server.staff.models import StaffFailure
from tests.fakes.clocks import ManualClock

EVERYBODY = unscoped("the test's own housekeeping")
DAY = timedelta(days=1)


@pytest.fixture
async def seeded(database: Database) -> Database:
    async with database.session(EVERYBODY) as session:
        await add_organisation(session, "west", "consortium", "West")
        await add_organisation(session, "nora-kommun", "municipality", "Nora", parents=["west"])
        await add_branch(session, "nora", "Nora", "nora-kommun", "Europe/Stockholm", "0", date(2026, 1, 1))
    return database


async def test_a_job_is_done_by_one_process_only_and_when_it_is_due(database: Database, clock: ManualClock) -> None:
    async def nothing() -> None: ...

    job = Job("purge", DAY, nothing)

    assert [await take(database, job) for _ in range(3)] == [True, False, False]
    clock.advance(DAY)
    assert [await take(database, job) for _ in range(2)] == [True, False]


async def test_a_clock_that_went_back_does_not_stop_the_jobs(database: Database, clock: ManualClock) -> None:
    async def nothing() -> None: ...

    job = Job("purge", DAY, nothing)
    assert await take(database, job)

    clock.advance(timedelta(days=-400))

    assert await take(database, job)


async def test_a_job_that_fails_is_tried_again_soon_and_does_not_stop_the_next(
    database: Database, clock: ManualClock
) -> None:
    done: list[str] = []

    async def fail() -> None:
        done.append("failed")
        raise RuntimeError("no disk")

    async def work() -> None:
        done.append("worked")

    jobs, failures = [Job("first", DAY, fail), Job("second", DAY, work)], dict[str, Recurring]()
    await run_due(database, jobs, failures)
    clock.advance(timedelta(minutes=11))
    await run_due(database, jobs, failures)

    assert done == ["failed", "worked", "failed"]
    assert failures["first"].failing


async def test_a_database_that_is_away_does_not_end_the_jobs(database: Database) -> None:
    async def ruin() -> None:
        await database.administer(lambda connection: connection.execute(text("DROP TABLE job_lease")))
        raise RuntimeError("in the middle")

    failures: dict[str, Recurring] = {}
    await run_due(database, [Job("purge", DAY, ruin)], failures)

    assert failures["purge"].failing


async def test_every_job_of_a_server_can_be_done(database_url: str, tmp_path: Path, clock: ManualClock) -> None:
    server = build(ServerSettings(state_dir=tmp_path, database=database_url), clock)
    failures: dict[str, Recurring] = {}

    await run_due(server.database, server.jobs(), failures)
    await server.close()

    assert set(failures) == {job.name for job in server.jobs()}
    assert len(failures) > 10
    assert not [name for name, failing in failures.items() if failing.failing]


async def test_what_is_older_than_its_table_allows_goes_and_the_rest_stays(
    seeded: Database, clock: ManualClock
) -> None:
    scope = Scope.of_controller("west", "nora-kommun")
    for _ in range(2):
        async with seeded.session(EVERYBODY) as session:
            session.add(StaffFailure(username_digest="x", at=session.now))
            await record(session, "patron.looked_up", "karin", scope, {"person": "x"}, branch="nora")
            await record(session, "staff.sign_in", "karin", EVERYBODY)
        clock.advance(timedelta(days=400))

    async with seeded.session(EVERYBODY) as session:
        gone = await purge(session, entities())

    assert gone["staff_failure"] == 2
    assert (gone["audit_entry"], gone["server_audit_entry"]) == (1, 1)
    async with seeded.reading(EVERYBODY) as session:
        for entity, left in ((StaffFailure, 0), (AuditEntry, 1), (ServerAuditEntry, 1)):
            assert await session.scalar(select(func.count()).select_from(entity)) == left


def test_visits_and_the_journal_are_kept_fourteen_days() -> None:
    kept = {str(entity.__tablename__): entity.retention.keep_days for entity in entities()}

    assert JournalRow.retention.keep_days == 14
    assert {days for name, days in kept.items() if "visit" in name or "refusal" in name} == {14}


async def test_the_log_is_written_with_what_it_tells_of_or_not_at_all(seeded: Database) -> None:
    scope = Scope.of_controller("west", "nora-kommun")

    async def fail() -> None:
        async with seeded.session(scope) as session:
            await record(session, "right.set", "karin", scope, branch="nora")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await fail()
    async with seeded.session(scope) as session:
        await record(session, "alarms.seen", "karin", scope, {"count": 1}, branch="nora")

    async with seeded.reading(scope) as session:
        lines = await recent(session, [scope])
    assert [(line.action, line.actor, line.data) for line in lines] == [("alarms.seen", "karin", {"count": 1})]
    assert lines[0].at.tzinfo is UTC
    north = Scope.of_consortium("north")
    async with seeded.reading(north) as session:
        assert await recent(session, [north]) == []
        assert await recent_of_server(session) == []


async def test_times_come_back_aware_on_both_databases(seeded: Database, clock: ManualClock) -> None:
    async with seeded.session(EVERYBODY) as session:
        session.add(StaffFailure(username_digest="x", at=clock.now().astimezone()))
    async with seeded.reading(EVERYBODY) as session:
        assert await session.scalar(select(col(StaffFailure.at))) == clock.now()
