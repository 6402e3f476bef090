"""Tables of passes: whose tag or code opens a branch's doors and when, and of tags being handed out."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from server.db import ControllerOwned, Retention, UTCDateTime

KEPT_AFTER_END = 30


class AccessPass(ControllerOwned, table=True):
    """A pass of one branch. The tag's or code's number is nowhere: only its digest under the branch's key is."""

    retention: ClassVar[Retention] = Retention.days(
        KEPT_AFTER_END, "ended_at", "who had a key to a building, until nobody asks any more; one in force stays"
    )

    __tablename__ = "access_pass"
    __table_args__ = (Index("ix_access_pass_branch_subject", "branch_id", "subject"),)

    id: str = Field(primary_key=True)
    branch_id: str = Field(foreign_key="branch.id", index=True)
    kind: str
    label: str
    """What staff call it, such as "cleaning, set 2"; chosen by them, shown to them only."""
    subject: str | None = None
    """The digest of its tag or code; None: no tag was handed out yet, or the pass has ended."""
    verifier: bytes | None = None
    """What its own PIN is checked by, under the branch's PIN key."""
    windows: str
    """A week of stretches, as PassDocument writes it."""
    always: bool = False
    approved_by: str | None = None
    """Who confirmed `always`: never the one who asked for it."""
    approved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    valid_from: datetime | None = Field(default=None, sa_type=UTCDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    once: bool = False
    made_by: str
    made_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ended_by: str = ""
    """The account, or empty: it ended by itself."""
    ended_why: str = ""


class TagHandout(ControllerOwned, table=True):
    """A tag that is being handed out at a reader, for a pass or a patron, and what became of it."""

    retention: ClassVar[Retention] = Retention.days(
        KEPT_AFTER_END, "at", "who handed a tag to whom is in the audit log; this is for the page that waits for it"
    )

    __tablename__ = "tag_handout"

    id: str = Field(primary_key=True)
    """The order's id."""
    branch_id: str = Field(foreign_key="branch.id", index=True)
    device_id: str = Field(foreign_key="device.id")
    pass_id: str | None = Field(default=None, index=True)
    patron_id: str | None = None
    by: str
    at: datetime = Field(sa_type=UTCDateTime)
    expires: datetime = Field(sa_type=UTCDateTime)
    outcome: str = ""
    """Empty while nobody has tapped anything."""
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class PatronTag(ControllerOwned, table=True):
    """The tag a patron was handed at a branch, by the digest under which it is one of her cards."""

    retention: ClassVar[Retention] = Retention.none("replaced by her next tag; goes with the patron's row")

    __tablename__ = "patron_tag"

    patron_id: str = Field(primary_key=True, foreign_key="patron.id", ondelete="CASCADE")
    register_id: str = Field(primary_key=True)
    number_digest: str
    by: str
    at: datetime = Field(sa_type=UTCDateTime)
