"""Each thing that hours are made of (a pattern, an exception, its draft, an order): what stands, and putting it.

Everything that changes hours passes here, in turn, and devices hear of it from here: one change a thing.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select
from sqlmodel import col

from meroppet.rules.exceptions import Level, Order, ScheduleException
from meroppet.rules.schedule import Schedule
from meroppet.wire.changes import Kind
from meroppet.wire.schedules import ExceptionDocument, OrderDocument, PatternDocument
from server.db import Session
from server.replication.service import ONLY, publish
from server.schedules.models import (
    DecidedRow,
    ScheduleExceptionRow,
    ScheduleHolidays,
    ScheduleOrderRow,
    ScheduleVersion,
)
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.targets import Target

Document = PatternDocument | ExceptionDocument | OrderDocument
Value = Schedule | ScheduleException | Order
NOTHING = ""
"""The document of a version that says a branch has no hours any more."""


class What(StrEnum):
    """What a thing is."""

    PATTERN = "pattern"
    EXCEPTION = "exception"
    DRAFT = "draft"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: where it is decided, what it is, and its id (a pattern's is always the same)."""

    at: Target
    what: What
    key: str = ONLY


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a thing: its document, and the revision that anybody who changes it should have seen."""

    document: Document
    revision: int
    base: int = 0


_DOCUMENTS: dict[What, type[Document]] = {
    What.PATTERN: PatternDocument,
    What.EXCEPTION: ExceptionDocument,
    What.DRAFT: ExceptionDocument,
    What.ORDER: OrderDocument,
}

_KINDS: dict[What, Kind] = {What.PATTERN: "schedule", What.EXCEPTION: "exception", What.ORDER: "order"}
"""What devices call them; of drafts they never hear."""


def kind_of(what: What) -> Kind | None:
    """What devices call such a thing, or None if they never hear of it."""
    return _KINDS.get(what)


def read(what: What, text: str) -> Document:
    """A document as it was stored."""
    return _DOCUMENTS[what].model_validate_json(text)


async def take_turn(session: Session, consortium: str) -> None:
    """Let whoever changes the consortium's hours at this moment finish first; what is read afterwards is theirs too."""
    statement = select(col(ScheduleHolidays.consortium_id)).where(col(ScheduleHolidays.consortium_id) == consortium)
    await session.scalar(statement.with_for_update())


async def standing(session: Session, thing: Thing) -> Standing | None:
    """What stands of a thing now, or None."""
    if thing.what is What.PATTERN:
        newest = await newest_version(session, thing.at.id)
        if newest is None or newest.document == NOTHING:
            return None
        return Standing(read(What.PATTERN, newest.document), newest.version)
    table = _table(thing)
    row = await session.scalar(select(table).where(*_is(table, thing)))
    if row is None:
        return None
    base = row.base if isinstance(row, ScheduleExceptionRow) else 0
    return Standing(read(thing.what, row.document), row.revision, base)


async def require_own(session: Session, thing: Thing) -> None:
    """Raise ScheduleRefusal (TAKEN) where something of another place has the thing's id.

    A device hears several levels and knows each thing by its id alone: no two levels may use the same.
    """
    if thing.what is What.PATTERN:
        return
    table, at = _table(thing), thing.at
    statement = select(col(table.target_id)).where(
        col(table.consortium_id) == at.consortium, col(table.id) == thing.key, col(table.target_id) != at.id
    )
    # Two groups may share a branch; two branches share none, nor do two municipalities.
    if table is ScheduleExceptionRow and at.level in {Level.BRANCH, Level.MUNICIPALITY}:
        statement = statement.where(col(table.level) != at.level.value)
    if await session.scalar(statement.limit(1)) is not None:
        raise ScheduleRefusal(Refused.TAKEN)


async def newest_version(session: Session, branch_id: str) -> ScheduleVersion | None:
    """The newest version of a branch's pattern, whatever it says."""
    statement = select(ScheduleVersion).where(col(ScheduleVersion.branch_id) == branch_id)
    row: ScheduleVersion | None = await session.scalar(statement.order_by(col(ScheduleVersion.version).desc()).limit(1))
    return row


async def put(
    session: Session, thing: Thing, document: Document | None, by: str, *, revision: int, base: int = 0
) -> None:
    """Make this what stands of the thing, or let nothing stand. Devices have it within a second of the commit."""
    if thing.what is What.PATTERN:
        await _add_version(session, thing.at, document, by)
    else:
        await _put_row(session, thing, document, by, revision, base)
    if thing.what is What.DRAFT:
        session.wake(thing.at.consortium)
    else:
        kind = _KINDS[thing.what]
        publish(session, thing.at.consortium, audience=thing.at.id, kind=kind, key=thing.key, value=document)
    if thing.at.branch:
        session.wake(f"branch:{thing.at.branch}")


async def _add_version(session: Session, at: Target, document: Document | None, by: str) -> None:
    before = await newest_version(session, at.id)
    row = ScheduleVersion(
        consortium_id=at.consortium,
        controller_id=at.controller or "",
        branch_id=at.id,
        version=before.version + 1 if before else 1,
        document=NOTHING if document is None else document.model_dump_json(),
        by=by,
        at=session.now,
    )
    session.add(row)
    await session.flush()


async def _put_row(
    session: Session, thing: Thing, document: Document | None, by: str, revision: int, base: int
) -> None:
    table = _table(thing)
    await session.execute(delete(table).where(*_is(table, thing)), options={"synchronize_session": False})
    if document is None:
        return
    values = {
        "consortium_id": thing.at.consortium, "target_id": thing.at.id, "id": thing.key, "level": thing.at.level.value,
        "document": document.model_dump_json(), "by": by, "at": session.now, "revision": revision,
    }  # fmt: skip
    if table is ScheduleExceptionRow:
        values |= {"is_draft": thing.what is What.DRAFT, "base": base}
    await session.execute(session.insert(table).values(**values))


def _table(thing: Thing) -> type[DecidedRow]:
    return ScheduleOrderRow if thing.what is What.ORDER else ScheduleExceptionRow


def _is(table: type[DecidedRow], thing: Thing) -> list[ColumnElement[bool]]:
    same = [
        col(table.consortium_id) == thing.at.consortium,
        col(table.target_id) == thing.at.id,
        col(table.id) == thing.key,
    ]
    if table is ScheduleExceptionRow:
        same.append(col(ScheduleExceptionRow.is_draft) == (thing.what is What.DRAFT))
    return same
