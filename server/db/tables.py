"""What every table says of itself: whose it is, and how long its rows are kept."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name on both databases, so that a migration can speak of it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows are kept: `keep_days` after the time in `column`, or as long as `why` says."""

    keep_days: int | None
    column: str
    why: str

    @classmethod
    def none(cls, why: str) -> "Retention":
        """Rows stay until something else removes them; `why` says what, and that no person is kept for ever."""
        return cls(None, "", why)

    @classmethod
    def days(cls, keep_days: int, column: str, why: str = "") -> "Retention":
        """The purge job removes rows whose `column` is older than this."""
        return cls(keep_days, column, why)


class Table(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Base of every table. A table is one of Shared, ConsortiumOwned and ControllerOwned, and declares `retention`."""

    retention: ClassVar[Retention]


class Shared(Table):
    """A table without an owner; `shared` says why no consortium can read another's affairs in it."""

    shared: ClassVar[str]


class ConsortiumOwned(Table):
    """Rows of one consortium."""

    consortium_id: str = Field(index=True, foreign_key="organisation.id")


class ControllerOwned(ConsortiumOwned):
    """Rows of one controller (GDPR Art. 4.7: as a rule a municipality) within a consortium."""

    controller_id: str = Field(index=True, foreign_key="organisation.id")
