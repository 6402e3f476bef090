"""The table of leases: which process does a job now, and when it was last done."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from server.db.tables import Retention, Shared


class JobLease(Shared, table=True):
    """One row a job. Whoever moves `next_at` on does the job."""

    __tablename__ = "job_lease"
    shared: ClassVar[str] = "the server's own housekeeping"
    retention: ClassVar[Retention] = Retention.none("one row a job; no person")

    name: str = Field(primary_key=True)
    next_at: datetime
    last_at: datetime | None = None
