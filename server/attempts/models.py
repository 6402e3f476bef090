"""Tables of tried PINs. No PIN, in no form, is in any of them; a card is a digest under the server's pepper."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from server.db import ConsortiumOwned, ControllerOwned, Retention, UTCDateTime


class PinCard(ConsortiumOwned, table=True):
    """How often a card of a register was tried since its last right PIN. Its row lock lets one try in at a time.

    `card`: the number's digest under the pepper; where only a branch's journal told of tries, the branch's id and its
    own digest of the card (then `branch_id` is set), until the card is seen again and both become one.
    """

    retention: ClassVar[Retention] = Retention.days(
        730, "at", "a digest and numbers; a card nobody tried for two years may begin anew"
    )

    __tablename__ = "pin_card"

    register_id: str = Field(primary_key=True)
    card: str = Field(primary_key=True)
    branch_id: str | None = Field(default=None, foreign_key="branch.id", index=True)
    same_as: str | None = None
    """Another name of the same account: its card, under which the tries of both are counted."""
    failures: int = 0
    in_a_row: int = 0
    """Of those the register was sent, and has not called right since: what its own lock may have counted."""
    cleared: int = 0
    told: bool = False
    """Whether branches were told of a lock that stands."""
    at: datetime = Field(sa_type=UTCDateTime)


class PinAttempt(ConsortiumOwned, table=True):
    """One try, counted before the register is asked. `sent`: the PIN went, or may have gone, to the register."""

    retention: ClassVar[Retention] = Retention.days(3, "at", "no cap looks further back; the numbers stay in pin_card")

    __tablename__ = "pin_attempt"
    __table_args__ = (
        Index("ix_pin_attempt_card", "register_id", "card"),
        Index("ix_pin_attempt_device", "device_id", "at"),
    )

    id: str = Field(primary_key=True)
    register_id: str
    card: str
    device_id: str | None = Field(default=None, foreign_key="device.id")
    """None: at the branch's public pages."""
    branch_id: str = Field(foreign_key="branch.id")
    attempt: str
    at: datetime = Field(sa_type=UTCDateTime)
    outcome: str
    sent: bool
    agreed: bool
    cleared: bool = False


class PinDoor(ControllerOwned, table=True):
    """Since when a door or kiosk asks known cards only, or nobody, and what staff have seen of it."""

    retention: ClassVar[Retention] = Retention.none("a device is no person; one row each")

    __tablename__ = "pin_door"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    branch_id: str = Field(foreign_key="branch.id", index=True)
    mode: str = "open"
    since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    off_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    acknowledged_by: str | None = None
