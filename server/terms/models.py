"""Tables of texts and of what patrons said to them. What is published or said is never changed afterwards."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.db import ConsortiumOwned, ControllerOwned, Retention

_TEXT = Retention.none("a text of a public body is no person; evidence points at it")
_SAID = Retention.none("removed 12 months after the patron's last right, by server.terms.keeping.purge")


class TermsVersion(ConsortiumOwned, table=True):
    """One version of the text of a municipality or consortium; a draft until it is published."""

    retention: ClassVar[Retention] = _TEXT

    __tablename__ = "terms_version"
    __table_args__ = (UniqueConstraint("place", "number"),)

    id: str = Field(primary_key=True)
    place: str = Field(foreign_key="organisation.id")
    number: int
    effective: date
    grace_days: int
    anew: bool
    made_by: str
    made_at: datetime
    published_by: str | None = None
    published_at: datetime | None = None


class TermsText(ConsortiumOwned, table=True):
    """A version in one language; `sha256` is of exactly what is shown."""

    retention: ClassVar[Retention] = _TEXT

    __tablename__ = "terms_text"

    version_id: str = Field(primary_key=True, foreign_key="terms_version.id")
    lang: str = Field(primary_key=True)
    title: str
    body: str
    changed: str
    """What is new in it, in a few words."""
    sha256: str


class _SaidByPatron(ControllerOwned):
    """The columns of what a patron said: who, when, where and how.

    `patron_id` is empty once she has no right any more; her number's digest finds what she said until it is removed.
    """

    id: int | None = Field(default=None, primary_key=True)
    patron_id: str | None = Field(default=None, foreign_key="patron.id", index=True)
    register_id: str
    number_digest: str = Field(index=True)
    place: str | None = None
    sha256: str = ""
    lang: str = ""
    channel: str
    by: str
    """The account at the desk, the device of the kiosk, or the reference of an electronic identification."""
    at: datetime
    branch_id: str
    right_ended_at: datetime | None = Field(default=None, index=True)


class TermsEvidence(_SaidByPatron, table=True):
    """That a patron was asked, accepted or declined a version, or withdrew from all of them (no place, no version)."""

    retention: ClassVar[Retention] = _SAID

    __tablename__ = "terms_evidence"

    act: str
    version_id: str | None = Field(default=None, foreign_key="terms_version.id")
    local_day: date


class GuestApproval(_SaidByPatron, table=True):
    """That a patron lets another municipality's branches (or all of a consortium) see her facts, or no longer does."""

    retention: ClassVar[Retention] = _SAID

    __tablename__ = "guest_approval"

    approved: bool


class TermsReach(ControllerOwned, table=True):
    """The texts a branch's doors were last told patrons' standings by."""

    retention: ClassVar[Retention] = Retention.none("one row a branch; no person")

    __tablename__ = "terms_reach"

    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    texts: str
    told_at: datetime
