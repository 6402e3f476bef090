"""Tables of patrons, their cards and rights, and the keys by which a branch names persons."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, UniqueConstraint
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


class PatronNumber(ConsortiumOwned, table=True):
    """A number a patron had before: events of those days name her by it, and a re-keying can be followed."""

    retention: ClassVar[Retention] = Retention.days(30, "replaced_at", "longer than the journal names her by it")

    __tablename__ = "patron_number"

    patron_id: str = Field(primary_key=True, foreign_key="patron.id", ondelete="CASCADE")
    number_digest: str = Field(primary_key=True, index=True)
    number_sealed: bytes
    replaced_by: str
    replaced_at: datetime


class PatronRight(ControllerOwned, table=True):
    """What a controller's staff say of a patron within a scope: one branch, its municipality, or the consortium."""

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
    permitted: bool | None = None
    """None: staff said nothing of it; the row is for what else it says."""
    valid_until: date | None = None
    introduced_on: date | None = None
    guardian_on: date | None = None
    """The day a guardian's consent was seen."""
    extended: bool = False
    """Whether doors stay released and open longer for her."""
    listed_at: datetime | None = None
    """When the end that is near was put on the list of those to be reminded."""
    reminded_at: datetime | None = None
    given_by: str
    given_at: datetime


class PatronSuspension(ControllerOwned, table=True):
    """A patron kept out for a while, within a scope, by a decision that has an end; her permission stays as it is.

    No access ban: that is a prosecutor's decision (lag 2021:34) and is not kept here.
    """

    retention: ClassVar[Retention] = Retention.none("removed 30 days after its end by server.patrons.suspensions")

    __tablename__ = "patron_suspension"

    id: str = Field(primary_key=True)
    patron_id: str = Field(foreign_key="patron.id", index=True)
    reach: str
    place: str = Field(index=True)
    reason: str
    first_day: date
    last_day: date = Field(index=True)
    notice: str
    """How she is told of it."""
    decided_by: str
    decided_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    is_told: bool = False
    """Whether the doors know of it: one that begins later is told when it does."""


class HeldChange(ControllerOwned, table=True):
    """A change that would have taken too many rights at once: it waits for a person, and `payload` says what it was."""

    retention: ClassVar[Retention] = Retention.days(
        90, "made_at", "what nobody released by then is as old as the facts it rested on; ids only, no numbers"
    )

    __tablename__ = "held_change"

    id: str = Field(primary_key=True)
    kind: str
    source: str
    """The register, or empty."""
    by: str
    taken: int
    total: int
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    made_at: datetime
    state: str = Field(index=True)
    decided_by: str | None = None
    decided_at: datetime | None = None
    why: str | None = None


class RegisterWalk(ConsortiumOwned, table=True):
    """How far the walk over a register's right-holders has come, or how the last one ended."""

    retention: ClassVar[Retention] = Retention.none("one row a register; counts, and the id of one row of patrons")

    __tablename__ = "register_walk"

    consortium_id: str = Field(primary_key=True, foreign_key="organisation.id")
    register_id: str = Field(primary_key=True)
    state: str
    started_at: datetime
    finished_at: datetime | None = None
    after: str
    """The id of the patron asked about last; the walk goes by ids."""
    total: int
    known: int
    unknown: int
    silent: int


class PatronFacts(ControllerOwned, table=True):
    """That a register's facts spoke for a patron at a branch, good through `ok_until`; not the facts."""

    retention: ClassVar[Retention] = Retention.none(
        "removed with the patron, or by the first walk that finds otherwise"
    )

    __tablename__ = "patron_facts"

    patron_id: str = Field(primary_key=True, foreign_key="patron.id", ondelete="CASCADE")
    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    ok_until: date | None = None
    next_until: date | None = None
    """What the walk under way found; it counts when the whole walk has been judged."""
    seen_at: datetime


class PatronMissing(ConsortiumOwned, table=True):
    """A patron her register did not know the last time it was asked."""

    retention: ClassVar[Retention] = Retention.none("removed with the patron, or when the register knows her again")

    __tablename__ = "patron_missing"

    patron_id: str = Field(primary_key=True, foreign_key="patron.id", ondelete="CASCADE")
    register_id: str
    since: datetime
    last_at: datetime
