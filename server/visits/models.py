"""Tables of visits and refusals, each made from one journal row."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from server.db import ControllerOwned, Retention

KEPT_DAYS = 14
"""As short as answers to "why didn't it open?" allow; no register of who visits a library."""


class Visit(ControllerOwned, table=True):
    """Somebody was let in."""

    retention: ClassVar[Retention] = Retention.days(KEPT_DAYS, "received_at")

    __table_args__ = (Index("ix_visit_branch_at", "branch_id", "at"),)

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    branch_id: str = Field(foreign_key="branch.id")
    at: datetime
    received_at: datetime = Field(index=True)
    subject: str


class Refusal(ControllerOwned, table=True):
    """Somebody was not let in, and why."""

    retention: ClassVar[Retention] = Retention.days(KEPT_DAYS, "received_at")

    __table_args__ = (Index("ix_refusal_branch_at", "branch_id", "at"),)

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    branch_id: str = Field(foreign_key="branch.id")
    at: datetime
    received_at: datetime = Field(index=True)
    subject: str
    reason: str
