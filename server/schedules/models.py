"""The table of schedules."""

from typing import ClassVar

from server.db import Retention
from server.organisations.documents import DocumentVersion


class ScheduleVersion(DocumentVersion, table=True):
    """One version of a branch's schedule."""

    retention: ClassVar[Retention] = Retention.none("hours of a public body; `by` names a member of staff at work")

    __tablename__ = "schedule_version"
