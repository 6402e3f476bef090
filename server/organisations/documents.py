"""What staff set for a branch as one document (policy, hours): every version kept, the newest sent to its devices."""

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import Field, col

from meroppet.wire.changes import Kind
from server.db import ControllerOwned, Session
from server.organisations.service import BranchView
from server.replication.service import publish


class DocumentVersion(ControllerOwned):
    """The columns of a table of such documents: one version of a branch's, as the wire document in JSON."""

    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    version: int = Field(primary_key=True)
    document: str
    by: str
    at: datetime


V = TypeVar("V", bound=DocumentVersion)


async def add_version(
    session: Session, table: type[V], branch: BranchView, kind: Kind, document: BaseModel, by: str
) -> V:
    """A new version of the branch's document; its devices have it within a second of the commit."""
    before = await newest_version(session, table, branch.id)
    row = table(
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        branch_id=branch.id,
        version=before.version + 1 if before else 1,
        document=document.model_dump_json(),
        by=by,
        at=session.now,
    )
    session.add(row)
    await session.flush()
    publish(session, branch.consortium, audience=branch.id, kind=kind, value=document)
    session.wake(f"branch:{branch.id}")
    return row


async def newest_version(session: Session, table: type[V], branch_id: str) -> V | None:
    """The newest version of the branch's document, or None if it has none."""
    statement = select(table).where(col(table.branch_id) == branch_id)
    row: V | None = await session.scalar(statement.order_by(col(table.version).desc()).limit(1))
    return row
