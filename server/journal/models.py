"""Tables of the devices' journals."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from server.db import ControllerOwned, Retention


class JournalStream(ControllerOwned, table=True):
    """How far one journal (a device's epoch) has arrived without a gap. Its row lock lets one push in at a time."""

    retention: ClassVar[Retention] = Retention.none("numbers of a device, no person")

    __tablename__ = "journal_stream"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    epoch: str = Field(primary_key=True)
    branch_id: str = Field(foreign_key="branch.id", index=True)
    through: int = Field(default=0, sa_type=BigInteger)
    highest: int = Field(default=0, sa_type=BigInteger)
    head: int = Field(default=0, sa_type=BigInteger)
    """The newest number up to `through` whose hash is known."""
    hash: str = ""
    """The hash of that row: what the next one must name as the one before it. Empty: the device does not chain."""
    skipped: str = "[]"
    """Where staff stopped waiting, as a JSON list of first and last numbers: what comes of it after all is taken."""
    broken: int | None = Field(default=None, sa_type=BigInteger)
    """The first number at which the device told something else than what is here."""
    at: datetime


class JournalRow(ControllerOwned, table=True):
    """One event, as the device wrote it. `at` is when it happened as far as that can be known."""

    retention: ClassVar[Retention] = Retention.days(14, "received_at")

    __tablename__ = "journal_row"
    __table_args__ = (
        Index("ix_journal_row_branch_at", "branch_id", "at"),
        Index("ix_journal_row_subject", "branch_id", "subject"),
    )

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    branch_id: str = Field(foreign_key="branch.id")
    at: datetime
    received_at: datetime = Field(index=True)
    wall: datetime
    monotonic: float
    boot: str
    clock: str
    kind: str
    subject: str
    detail: str
    prev: str = ""
    hash: str = ""


class ParkedRow(ControllerOwned, table=True):
    """A row that could not be understood, as it came (JSON), and why."""

    retention: ClassVar[Retention] = Retention.days(90, "received_at", "long enough to mend the server and read it")

    __tablename__ = "parked_row"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    branch_id: str = Field(foreign_key="branch.id", index=True)
    received_at: datetime
    why: str
    raw: str


class DoorAlarm(ControllerOwned, table=True):
    """Something about a door that staff should look at, until one of them has."""

    retention: ClassVar[Retention] = Retention.days(365, "received_at", "about a door, no visitor")

    __tablename__ = "door_alarm"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    branch_id: str = Field(foreign_key="branch.id", index=True)
    kind: str
    detail: str = "{}"
    """What the event said, as JSON."""
    at: datetime
    received_at: datetime
    seen_by: str | None = None
    seen_at: datetime | None = None
