"""Running jobs at their times. A lease row decides which process does one; a job that fails is tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, update
from sqlmodel import col

from meroppet.runtime.logs import Recurring
from server.db import Database, unscoped
from server.jobs.models import JobLease

LOOK_EVERY_SECONDS = 30.0
AGAIN_AFTER = timedelta(minutes=10)
SERVER = unscoped("jobs are the server's own housekeeping")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often. `run` opens its own transactions."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]


async def take(database: Database, job: Job) -> bool:
    """Whether the job is due and this process is the one to do it; its next time is moved on either way."""
    async with database.session(SERVER) as session:
        fresh = session.insert(JobLease).values(name=job.name, next_at=session.now, last_at=None)
        await session.execute(fresh.on_conflict_do_nothing(index_elements=["name"]))
        far = session.now + 2 * job.every
        due = or_(col(JobLease.next_at) <= session.now, col(JobLease.next_at) > far)
        taken = update(JobLease).where(col(JobLease.name) == job.name, due)
        moved = taken.values(next_at=session.now + job.every, last_at=session.now).returning(col(JobLease.name))
        return bool((await session.execute(moved)).all())


async def run_due(database: Database, jobs: Sequence[Job], failures: dict[str, Recurring]) -> None:
    """Do whatever is due, one after the other; a failure is logged and does not keep the others from their turn."""
    for job in jobs:
        failing = failures.setdefault(job.name, Recurring(logger, f"job {job.name}"))
        try:
            if await take(database, job):
                await job.run()
                failing.succeeded()
        except Exception as error:  # noqa: BLE001 (whatever a job raises, the next one has its turn)
            failing.failed(f"{type(error).__name__}: {error}")
            await _again_soon(database, job, failing)


async def _again_soon(database: Database, job: Job, failing: Recurring) -> None:
    try:
        async with database.session(SERVER) as session:
            lease = update(JobLease).where(col(JobLease.name) == job.name)
            await session.execute(lease.values(next_at=session.now + min(job.every, AGAIN_AFTER)))
    except Exception as error:  # noqa: BLE001 (a database that is away must not end all jobs for good)
        failing.failed(f"it waits for its usual time: {type(error).__name__}: {error}")


async def run_for_ever(database: Database, jobs: Sequence[Job]) -> None:
    """Look every half minute what is due; ends when cancelled."""
    failures: dict[str, Recurring] = {}
    while True:
        await run_due(database, jobs, failures)
        await asyncio.sleep(LOOK_EVERY_SECONDS)
