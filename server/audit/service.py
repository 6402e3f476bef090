"""Recording and reading what staff did. Actions are dotted names; sentences are made where they are shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from server.audit.models import AuditEntry, ServerAuditEntry
from server.db import Scope, Session

Data = dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class EntryView:
    """One line of the log. `actor` is an account's id."""

    at: datetime
    actor: str
    action: str
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


async def recent(session: Session, branch: str, limit: int = 50) -> list[EntryView]:
    """The newest lines about a branch, newest first."""
    statement = select(AuditEntry).where(col(AuditEntry.branch_id) == branch)
    rows = await session.all(statement.order_by(col(AuditEntry.id).desc()).limit(limit))
    return [EntryView(row.at, row.actor, row.action, row.branch_id, row.data) for row in rows]


async def recent_of_server(session: Session, limit: int = 50) -> list[EntryView]:
    """The newest lines about the server and its accounts, newest first."""
    rows = await session.all(select(ServerAuditEntry).order_by(col(ServerAuditEntry.id).desc()).limit(limit))
    return [EntryView(row.at, row.actor, row.action, None, row.data) for row in rows]
