"""The table of schedules."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from server.db import ControllerOwned, Retention


class ScheduleVersion(ControllerOwned, table=True):
    """One version of a branch's schedule, as the wire document in JSON."""

    retention: ClassVar[Retention] = Retention.none("hours of a public body; `by` names a member of staff at work")

    __tablename__ = "schedule_version"

    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    version: int = Field(primary_key=True)
    document: str
    by: str
    at: datetime
