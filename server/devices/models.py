"""Tables of devices: invitations, devices, their signed channel, their health and the orders given to them."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field

from server.db import ControllerOwned, Retention, UTCDateTime


class DeviceInvitation(ControllerOwned, table=True):
    """A one-time code, as its hash: whoever reads the database cannot enrol with it."""

    retention: ClassVar[Retention] = Retention.days(30, "at", "who invited which device, until nobody asks any more")

    __tablename__ = "device_invitation"

    token_hash: str = Field(primary_key=True)
    branch_id: str = Field(foreign_key="branch.id")
    kind: str
    name: str
    invited_by: str
    at: datetime = Field(sa_type=UTCDateTime)
    expires: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    device_id: str | None = None


class Device(ControllerOwned, table=True):
    """A door or kiosk that belongs to a branch; its public key is all that proves it."""

    retention: ClassVar[Retention] = Retention.none("a device is no person; a revoked one stays to be recognised")

    id: str = Field(primary_key=True)
    branch_id: str = Field(foreign_key="branch.id", index=True)
    kind: str
    name: str
    public_key: str
    invited_by: str
    enrolled_at: datetime = Field(sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_by: str | None = None


class DeviceChannel(ControllerOwned, table=True):
    """The current boot of a device and which of its sequence numbers were used: outlives a restart of the server."""

    retention: ClassVar[Retention] = Retention.none("a device is no person")

    __tablename__ = "device_channel"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    boot: str
    since: datetime = Field(sa_type=UTCDateTime)
    highest: int = Field(default=0, sa_type=BigInteger)
    seen: str = "0"
    """The window beneath `highest` as hexadecimal bits: a 64-bit integer column has a sign."""


class DeviceBoot(ControllerOwned, table=True):
    """Every boot a device ever announced: none is accepted twice."""

    retention: ClassVar[Retention] = Retention.none("no person; an old boot announced again must be refused for good")

    __tablename__ = "device_boot"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    boot: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)


class DeviceHealth(ControllerOwned, table=True):
    """The newest word of a device about itself."""

    retention: ClassVar[Retention] = Retention.none("a device is no person; one row each")

    __tablename__ = "device_health"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    at: datetime = Field(sa_type=UTCDateTime)
    version: str
    clock: str
    clock_ahead_seconds: float
    change: int = Field(sa_type=BigInteger)
    unsent: int
    locked: bool | None = None
    door: str = ""
    state: str = ""
    readers_lost: str = ""
    """Ports, separated by blanks."""
    hours_until: date | None = None
    """The last day about which the device knows its hours; None: it has none, or does not say."""
    # What follows is as in meroppet.wire.health; older devices do not say it.
    queue: float | None = None
    disk_free: int | None = Field(default=None, sa_type=BigInteger)
    memory: int | None = Field(default=None, sa_type=BigInteger)
    temperature: float | None = None
    drift_ppm: float | None = None
    started_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    storage: str = ""
    config: str = ""
    crashes: int = 0
    inside: int | None = None
    alarms: str = ""
    """What is raised, separated by blanks."""
    armed: bool | None = None
    epoch: str = ""
    last: int = Field(default=0, sa_type=BigInteger)
    trouble: str = ""
    parts: str = ""
    """name=version, separated by blanks."""


class DeviceOrder(ControllerOwned, table=True):
    """Something staff told a device to do once, and what became of it."""

    retention: ClassVar[Retention] = Retention.days(90, "at", "who opened a door from afar (the audit log has it too)")

    __tablename__ = "device_order"

    id: str = Field(primary_key=True)
    device_id: str = Field(foreign_key="device.id", index=True)
    action: str
    change: int | None = Field(default=None, sa_type=BigInteger)
    """The change number that the device must know to have done it."""
    step: str = ""
    """The step of the closing routine it is about."""
    given_by: str
    at: datetime = Field(sa_type=UTCDateTime)
    expires: datetime = Field(sa_type=UTCDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    done: bool | None = None
    reason: str = ""
