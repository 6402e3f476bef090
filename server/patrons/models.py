"""Tables of patrons, their cards and rights, and the keys by which a branch names persons."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.db import ConsortiumOwned, ControllerOwned, Retention

_WITH_THE_RIGHT = "removed with the patron's last right by server.patrons.service.purge"


class BranchKey(ControllerOwned, table=True):
    """A branch's digest key and PIN key, encrypted with the data key."""

    retention: ClassVar[Retention] = Retention.none("a key is no person; without it no digest of the branch names one")

    __tablename__ = "branch_key"

    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    digest_key: bytes
    pin_key: bytes
    since: datetime


class Patron(ConsortiumOwned, table=True):
    """One patron of one register: its number for her, findable by digest, readable with the data key only."""

    retention: ClassVar[Retention] = Retention.none(_WITH_THE_RIGHT)

    __table_args__ = (UniqueConstraint("consortium_id", "register_id", "number_digest"),)

    id: str = Field(primary_key=True)
    register_id: str
    number_digest: str
    number_sealed: bytes


class PatronCard(ConsortiumOwned, table=True):
    """Another card or tag of a patron, by digest."""

    retention: ClassVar[Retention] = Retention.none(_WITH_THE_RIGHT)

    __tablename__ = "patron_card"

    patron_id: str = Field(primary_key=True, foreign_key="patron.id")
    register_id: str = Field(primary_key=True)
    number_digest: str = Field(primary_key=True, index=True)


class PatronRight(ControllerOwned, table=True):
    """What a controller lets a patron do within a scope: one branch, its municipality, or the whole consortium."""

    retention: ClassVar[Retention] = Retention.none(
        "removed 30 days after its end, or on request, by server.patrons.service"
    )

    __tablename__ = "patron_right"
    __table_args__ = (UniqueConstraint("controller_id", "patron_id", "reach", "place"),)

    id: str = Field(primary_key=True)
    patron_id: str = Field(foreign_key="patron.id", index=True)
    reach: str
    place: str = Field(index=True)
    """The id of the branch, municipality or consortium."""
    permitted: bool
    valid_until: date | None = None
    suspended_until: date | None = None
    given_by: str
    given_at: datetime
