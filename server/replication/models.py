"""Tables of the change log: one counter a consortium, one row for the newest word on each thing."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from server.db import ConsortiumOwned, ControllerOwned, Retention, UTCDateTime


class ChangeCounter(ConsortiumOwned, table=True):
    """The consortium's newest change number. Its row lock puts the commits in the numbers' order."""

    retention: ClassVar[Retention] = Retention.none("a number is no person")

    __tablename__ = "change_counter"

    consortium_id: str = Field(primary_key=True, foreign_key="organisation.id")
    number: int = Field(sa_type=BigInteger)
    forgotten: int = Field(default=0, sa_type=BigInteger)
    """Tombstones up to here are gone; a device that stopped before it must start over."""


class Change(ConsortiumOwned, table=True):
    """The newest value of one thing for one audience, in JSON; None is a tombstone."""

    retention: ClassVar[Retention] = Retention.none(
        "lives as long as the thing it tells; rights end with their patron, tombstones by replication.service.purge"
    )

    __table_args__ = (Index("ix_change_poll", "consortium_id", "audience", "number"),)

    consortium_id: str = Field(primary_key=True, foreign_key="organisation.id")
    audience: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    value: str | None = None
    at: datetime = Field(sa_type=UTCDateTime)


class DeviceAudiences(ControllerOwned, table=True):
    """Whose changes were in the snapshot a device last started with, as ids in a row."""

    retention: ClassVar[Retention] = Retention.none("a device is no person; one row each")

    __tablename__ = "device_audiences"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    audiences: str
