"""Publishing changes to devices, and telling a device what changed since a number.

Numbers are given as the last thing a transaction does, from one counter row a consortium: its lock makes the order of
numbers the order of commits, so a device that has seen N has seen everything up to N. A sequence would not do: a
transaction that commits late would slip in below a number already seen.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, bindparam, delete, func, select
from sqlmodel import col

from meroppet.wire.changes import ChangesReply, Kind, Tombstone, Upsert
from server.db import Session
from server.replication.models import Change, ChangeCounter

PAGE = 1000
TOMBSTONE_DAYS = 90
"""A device that was away for longer takes a snapshot."""

ONLY = "-"
"""The key of what a branch has one of."""

_QUEUE = "replication.queue"

Thing = tuple[str, Kind, str]
"""Audience, kind and key."""


@dataclass(slots=True)
class _Queue:
    """What a transaction publishes, by consortium; the last word on a thing wins."""

    by_consortium: dict[str, dict[Thing, str | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a consortium's changes go, and how far back they can be told."""

    number: int
    forgotten: int


def publish(
    session: Session, consortium: str, *, audience: str, kind: Kind, key: str = ONLY, value: BaseModel | None
) -> None:
    """Tell the devices of an audience (the id of a branch, organisation or consortium); None: it is no more.

    Goes out with the session's commit, or not at all.
    """
    queue = session.notes.get(_QUEUE)
    if queue is None:
        queue = session.notes[_QUEUE] = _Queue()
        session.last(_number_and_write)
    told = None if value is None else value.model_dump_json()
    queue.by_consortium.setdefault(consortium, {})[audience, kind, key] = told


async def _number_and_write(session: Session) -> None:
    queue: _Queue = session.notes[_QUEUE]
    # Always in the same order, so that two transactions cannot wait for each other's counter.
    for consortium, things in sorted(queue.by_consortium.items()):
        last = await _take_numbers(session, consortium, len(things))
        await _write(session, consortium, things, last - len(things) + 1)
        session.wake(consortium)


async def _take_numbers(session: Session, consortium: str, count: int) -> int:
    statement = session.insert(ChangeCounter).values(consortium_id=consortium, number=count, forgotten=0)
    statement = statement.on_conflict_do_update(
        index_elements=["consortium_id"], set_={"number": col(ChangeCounter.number) + count}
    )
    return int(await session.scalar(statement.returning(col(ChangeCounter.number))))


async def _write(session: Session, consortium: str, things: dict[Thing, str | None], first: int) -> None:
    rows = [
        {
            "consortium_id": consortium, "audience": audience, "kind": kind, "key": key,
            "number": number, "value": value, "at": session.now,
        }
        for number, ((audience, kind, key), value) in enumerate(things.items(), first)
    ]  # fmt: skip
    statement = session.insert(Change)
    statement = statement.on_conflict_do_update(
        index_elements=["consortium_id", "audience", "kind", "key"],
        set_={name: statement.excluded[name] for name in ("number", "value", "at")},
    )
    await session.execute(statement, rows)


async def position(session: Session, consortium: str) -> Position:
    """Where the consortium's changes stand."""
    statement = select(col(ChangeCounter.number), col(ChangeCounter.forgotten))
    rows = await session.all(statement.where(col(ChangeCounter.consortium_id) == consortium))
    return Position(*rows[0]) if rows else Position(0, 0)


_NEWEST = select(func.max(col(Change.number))).where(
    col(Change.consortium_id) == bindparam("consortium"),
    col(Change.audience).in_(bindparam("audiences", expanding=True)),
)


async def newest(session: Session, consortium: str, audiences: Sequence[str]) -> int:
    """The newest change number that concerns one of the audiences."""
    found = await session.execute(_NEWEST, {"consortium": consortium, "audiences": list(audiences)})
    return int(found.scalar() or 0)


async def number_of(session: Session, consortium: str, audience: str, kind: Kind, key: str = ONLY) -> int:
    """The change number of one thing: a device whose cursor has reached it has it. 0 if it was never published."""
    statement = select(col(Change.number)).where(*_of(consortium, [audience]))
    return int(await session.scalar(statement.where(col(Change.kind) == kind, col(Change.key) == key)) or 0)


async def changes(
    session: Session, consortium: str, audiences: Sequence[str], after: int, limit: int = PAGE
) -> ChangesReply | None:
    """One page of what changed after a number, or None: the device must start over with a snapshot."""
    at = await position(session, consortium)
    if not at.forgotten <= after <= at.number:
        return None
    statement = select(Change).where(*_of(consortium, audiences), col(Change.number) > after)
    rows = await session.all(statement.order_by(col(Change.number)).limit(limit + 1))
    page, more = rows[:limit], len(rows) > limit
    # What was committed since the position was read is told whole or not at all: commits are in number order.
    reached = page[-1].number if page else at.number
    return ChangesReply(
        upserts=tuple(_upsert(row) for row in page if row.value is not None),
        tombstones=tuple(Tombstone(kind=row.kind, key=row.key) for row in page if row.value is None),
        next=reached if more else max(reached, at.number),
        more=more,
    )


async def standing(session: Session, consortium: str, audiences: Sequence[str]) -> list[Upsert]:
    """Everything that stands for the audiences now, for a snapshot."""
    statement = select(Change).where(*_of(consortium, audiences), col(Change.value).is_not(None))
    return [_upsert(row) for row in await session.all(statement)]


async def purge(session: Session, now: datetime) -> int:
    """Forget tombstones older than TOMBSTONE_DAYS in every consortium; how many. Needs an unscoped session."""
    old = (col(Change.value).is_(None), col(Change.at) < now - timedelta(days=TOMBSTONE_DAYS))
    statement = select(col(Change.consortium_id), func.max(col(Change.number)), func.count()).where(*old)
    found = await session.all(statement.group_by(col(Change.consortium_id)))
    for consortium, number, _ in found:
        await _forget(session, consortium, number)
    await session.execute(delete(Change).where(*old))
    return sum(count for _, _, count in found)


async def _forget(session: Session, consortium: str, number: int) -> None:
    statement = session.insert(ChangeCounter).values(consortium_id=consortium, number=number, forgotten=number)
    statement = statement.on_conflict_do_update(index_elements=["consortium_id"], set_={"forgotten": number})
    await session.execute(statement)


def _of(consortium: str, audiences: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return col(Change.consortium_id) == consortium, col(Change.audience).in_(audiences)


def _upsert(row: Change) -> Upsert:
    return Upsert.model_validate({"kind": row.kind, "key": row.key, "value": json.loads(row.value or "null")})
