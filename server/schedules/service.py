"""Setting and reading a branch's opening hours; a new version goes to its devices in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.hours import Schedule
from meroppet.wire.changes import ScheduleDocument
from meroppet.wire.convert import schedule_from_wire, schedule_to_wire
from server.db import Session
from server.organisations.service import BranchView
from server.replication.service import publish
from server.schedules.models import ScheduleVersion


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule, and who gave it when."""

    schedule: Schedule
    version: int
    by: str
    at: datetime


async def set_week(session: Session, branch: BranchView, schedule: Schedule, by: str) -> ScheduleView:
    """A new version of the branch's week; its devices have it within a second of the commit."""
    before = await schedule_of(session, branch.id)
    document = schedule_to_wire(schedule)
    view = ScheduleView(schedule, before.version + 1 if before else 1, by, session.now)
    session.add(
        ScheduleVersion(
            consortium_id=branch.consortium,
            controller_id=branch.controller,
            branch_id=branch.id,
            version=view.version,
            document=document.model_dump_json(),
            by=by,
            at=session.now,
        )
    )
    await session.flush()
    publish(session, branch.consortium, audience=branch.id, kind="schedule", value=document)
    session.wake(f"branch:{branch.id}")
    return view


async def schedule_of(session: Session, branch_id: str) -> ScheduleView | None:
    """The branch's schedule, or None: then it is closed."""
    statement = select(ScheduleVersion).where(col(ScheduleVersion.branch_id) == branch_id)
    row = await session.scalar(statement.order_by(col(ScheduleVersion.version).desc()).limit(1))
    if row is None:
        return None
    document = ScheduleDocument.model_validate_json(row.document)
    return ScheduleView(schedule_from_wire(document), row.version, row.by, row.at)
