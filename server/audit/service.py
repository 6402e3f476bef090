"""Recording and reading what staff did. Actions are dotted names; sentences are made where they are shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlmodel import col

from server.audit.models import AuditEntry, ServerAuditEntry
from server.db import Scope, Session

Data = dict[str, str | int | bool | None]

PAGE = 100


@dataclass(frozen=True, slots=True)
class EntryView:
    """One line of the log. `actor` is an account's id; `number` orders lines."""

    number: int
    at: datetime
    actor: str
    action: str
    controller: str | None
    branch: str | None
    data: dict[str, Any]


async def record(
    session: Session, action: str, actor: str, scope: Scope, data: Data | None = None, *, branch: str | None = None
) -> None:
    """Write one line, durable with the session's commit and not without it.

    `scope` says whom the action concerned; an open one, the server itself. `data` names a person by a digest at most.
    """
    if scope.consortium is None:
        session.add(ServerAuditEntry(at=session.now, actor=actor, action=action, data=dict(data or {})))
    else:
        session.add(
            AuditEntry(
                consortium_id=scope.consortium,
                controller_id=scope.controller,
                branch_id=branch,
                at=session.now,
                actor=actor,
                action=action,
                data=dict(data or {}),
            )
        )
    await session.flush()


async def recent(session: Session, places: Collection[Scope], before: int | None = None) -> list[EntryView]:
    """A page of lines about any of these places, newest first; `before` is the last line of the page before it.

    The session's scope must cover the places; an open scope among them means every place.
    """
    statement = select(AuditEntry).where(or_(false(), *(_within(place) for place in places)))
    if before is not None:
        statement = statement.where(col(AuditEntry.id) < before)
    rows = await session.all(statement.order_by(col(AuditEntry.id).desc()).limit(PAGE))
    return [
        EntryView(row.id, row.at, row.actor, row.action, row.controller_id, row.branch_id, row.data) for row in rows
    ]


def _within(place: Scope) -> ColumnElement[bool]:
    if place.consortium is None:
        return true() if place.is_open else false()
    of_consortium = col(AuditEntry.consortium_id) == place.consortium
    if place.controller is None:
        return of_consortium
    return and_(of_consortium, col(AuditEntry.controller_id) == place.controller)


async def recent_of_server(session: Session, before: int | None = None) -> list[EntryView]:
    """A page of lines about the server and its accounts, newest first."""
    statement = select(ServerAuditEntry)
    if before is not None:
        statement = statement.where(col(ServerAuditEntry.id) < before)
    rows = await session.all(statement.order_by(col(ServerAuditEntry.id).desc()).limit(PAGE))
    return [EntryView(row.id, row.at, row.actor, row.action, None, None, row.data) for row in rows]


async def done_since(session: Session, action: str, place: Scope, since: datetime) -> list[dict[str, Any]]:
    """What the lines about a place with this action say, oldest first, if they are no older. Its scope is needed."""
    lines = select(col(AuditEntry.data)).where(
        _within(place), col(AuditEntry.action) == action, col(AuditEntry.at) >= since
    )
    return list(await session.all(lines.order_by(col(AuditEntry.id))))


async def about(session: Session, person: str) -> list[EntryView]:
    """Every line that names this person by her digest, newest first: she may know who looked. Needs her consortium."""
    names_her = col(AuditEntry.data)["person"].as_string() == person
    rows = await session.all(select(AuditEntry).where(names_her).order_by(col(AuditEntry.id).desc()))
    return [
        EntryView(row.id, row.at, row.actor, row.action, row.controller_id, row.branch_id, row.data) for row in rows
    ]
