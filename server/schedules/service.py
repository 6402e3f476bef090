"""Setting and reading a branch's opening hours; a new version goes to its devices in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from meroppet.rules.hours import Hours
from meroppet.rules.schedule import Schedule
from meroppet.wire.schedule_convert import pattern_to_wire, schedule_from_wire
from meroppet.wire.schedules import PatternDocument
from server.db import Session
from server.organisations.documents import add_version, newest_version
from server.organisations.service import BranchView
from server.schedules.models import ScheduleVersion


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A branch's hours, and who gave them when."""

    hours: Hours
    version: int
    by: str
    at: datetime

    @property
    def schedule(self) -> Schedule:
        """The hours as they are written down."""
        return self.hours.schedule


async def set_week(session: Session, branch: BranchView, schedule: Schedule, by: str) -> ScheduleView:
    """A new version of the branch's week; its devices have it within a second of the commit."""
    row = await add_version(session, ScheduleVersion, branch, "schedule", pattern_to_wire(schedule), by)
    return ScheduleView(Hours(schedule), row.version, row.by, row.at)


async def schedule_of(session: Session, branch_id: str) -> ScheduleView | None:
    """The branch's schedule, or None: then it is closed."""
    row = await newest_version(session, ScheduleVersion, branch_id)
    if row is None:
        return None
    document = PatternDocument.model_validate_json(row.document)
    return ScheduleView(Hours(schedule_from_wire(document)), row.version, row.by, row.at)
