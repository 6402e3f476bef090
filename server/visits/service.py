"""Keeping visits and refusals as the journal brings them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from server.db import Session
from server.visits.models import Refusal, Visit


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit and the journal row it comes from."""

    consortium_id: str
    controller_id: str
    branch_id: str
    device_id: str
    epoch: str
    seq: int
    at: datetime
    received_at: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class RefusalRow(VisitRow):
    """One refusal and the journal row it comes from."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefusalView:
    """One refusal as staff see it: nothing in it says who it was."""

    device: str
    at: datetime
    received_at: datetime
    reason: str


async def refusals(
    session: Session, branch_id: str, first: datetime, last: datetime, reason: str = "", limit: int = 200
) -> list[RefusalView]:
    """The branch's refusals between two moments, for one reason if given, newest first."""
    statement = select(Refusal).where(
        col(Refusal.branch_id) == branch_id, col(Refusal.at) >= first, col(Refusal.at) <= last
    )
    if reason:
        statement = statement.where(col(Refusal.reason) == reason)
    rows = await session.all(statement.order_by(col(Refusal.at).desc(), col(Refusal.seq).desc()).limit(limit))
    return [RefusalView(row.device_id, row.at, row.received_at, row.reason) for row in rows]


async def moments(session: Session, branch_id: str, since: datetime) -> list[datetime]:
    """When people were let in at a branch since then; nobody can be told from another by it."""
    statement = select(col(Visit.at)).where(col(Visit.branch_id) == branch_id, col(Visit.at) > since)
    return list(await session.all(statement))


async def keep(session: Session, visits: Sequence[VisitRow], refusals: Sequence[RefusalRow]) -> None:
    """Keep these, each once however often it is brought."""
    if visits:
        await session.execute(session.insert(Visit).on_conflict_do_nothing(), [asdict(row) for row in visits])
    if refusals:
        await session.execute(session.insert(Refusal).on_conflict_do_nothing(), [asdict(row) for row in refusals])
