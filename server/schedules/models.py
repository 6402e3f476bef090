"""Tables of hours: what each branch has said, what was decided and ordered on every level, lists, and the history."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from server.db import ConsortiumOwned, ControllerOwned, Retention, UTCDateTime
from server.organisations.documents import DocumentVersion

_AT_WORK = "hours of a public body; `by` names a member of staff at work"


class ScheduleVersion(DocumentVersion, table=True):
    """One version of what a branch has said of its hours (its pattern)."""

    retention: ClassVar[Retention] = Retention.none(_AT_WORK)

    __tablename__ = "schedule_version"


class PatternDraft(ControllerOwned, table=True):
    """What somebody is about to make of a branch's pattern: one draft a branch."""

    retention: ClassVar[Retention] = Retention.none(_AT_WORK)

    __tablename__ = "pattern_draft"

    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    document: str
    base: int
    """The version it was begun from; 0: there was none."""
    by: str
    at: datetime = Field(sa_type=UTCDateTime)


class ScheduleHolidays(ConsortiumOwned, table=True):
    """The dates of a consortium's holidays, and the day up to which hours are known. Its lock puts changes in turn."""

    retention: ClassVar[Retention] = Retention.none("dates are no person")

    __tablename__ = "schedule_holidays"

    consortium_id: str = Field(primary_key=True, foreign_key="organisation.id")
    country: str
    known_until: date
    document: str
    at: datetime = Field(sa_type=UTCDateTime)


class DecidedRow(ConsortiumOwned):
    """The columns of what is decided at a target, as the wire document in JSON. `target_id` is the audience too.

    The controller is no owner here: a branch hears what its consortium decides, and the other way round a consortium
    sees what its branches have decided.
    """

    consortium_id: str = Field(primary_key=True, foreign_key="organisation.id")
    target_id: str = Field(primary_key=True)
    """A branch, a controller, a group or the consortium."""
    id: str = Field(primary_key=True)
    level: str
    document: str
    by: str
    at: datetime = Field(sa_type=UTCDateTime)
    revision: int
    """The change that wrote it, so that two who change it at once notice."""


class ScheduleExceptionRow(DecidedRow, table=True):
    """An exception; as a draft it stands beside the published one of the same id."""

    retention: ClassVar[Retention] = Retention.none(_AT_WORK)

    __tablename__ = "schedule_exception"

    is_draft: bool = Field(default=False, primary_key=True)
    base: int = 0
    """The published one's revision when the draft was begun; 0: there was none."""


class ScheduleOrderRow(DecidedRow, table=True):
    """An order; one that has ended is removed by server.schedules.orders.purge."""

    retention: ClassVar[Retention] = Retention.none(_AT_WORK)

    __tablename__ = "schedule_order"


class ScheduleChange(ConsortiumOwned, table=True):
    """One change of one thing: what it was before and after (documents in JSON; None: it was not, it is no more)."""

    retention: ClassVar[Retention] = Retention.none(_AT_WORK)

    __tablename__ = "schedule_change"
    __table_args__ = (Index("ix_schedule_change_target", "consortium_id", "target_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str
    target_id: str
    level: str
    what: str
    """pattern, exception, draft or order."""
    key: str
    before: str | None = None
    after: str | None = None
    why: str = ""
    undoes: int | None = Field(default=None, index=True)
    together: int | None = Field(default=None, index=True)
    """The first of several changes that were one deed, and are undone as one."""


class ListedCard(ControllerOwned, table=True):
    """A card on one of a branch's lists, by its digest under the branch's key: the number itself is nowhere.

    `key` is "staff", or the id of the exception whose event the card is invited to.
    """

    retention: ClassVar[Retention] = Retention.none(
        "staff: until taken off the list; guests: the day after the event, by server.schedules.listed.purge"
    )

    __tablename__ = "listed_card"

    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    key: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    label: str
    """What staff call it, such as "cleaning, set 2"; chosen by them, shown to them only."""
    by: str
    at: datetime = Field(sa_type=UTCDateTime)
    until: date | None = None
    """The last local day of the event; None: until taken off."""
