"""Keeping visits and refusals as the journal brings them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

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


async def keep(session: Session, visits: Sequence[VisitRow], refusals: Sequence[RefusalRow]) -> None:
    """Keep these, each once however often it is brought."""
    if visits:
        await session.execute(session.insert(Visit).on_conflict_do_nothing(), [asdict(row) for row in visits])
    if refusals:
        await session.execute(session.insert(Refusal).on_conflict_do_nothing(), [asdict(row) for row in refusals])
