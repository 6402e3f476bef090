"""A patron's own visits, for herself: when she came in where, and when not and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from server.db import Session
from server.visits.models import KEPT_DAYS, Refusal, Visit

__all__ = ["KEPT_DAYS", "OwnVisit", "visits_of"]


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """One time at a door. `reason` is empty where it opened."""

    branch: str
    at: datetime
    reason: str = ""


async def visits_of(session: Session, branch_id: str, subjects: Sequence[str]) -> list[OwnVisit]:
    """Everything kept at a branch of whoever is named by these digests, newest first."""
    came = select(Visit).where(col(Visit.branch_id) == branch_id, col(Visit.subject).in_(subjects))
    stayed = select(Refusal).where(col(Refusal.branch_id) == branch_id, col(Refusal.subject).in_(subjects))
    found = [OwnVisit(branch_id, row.at) for row in await session.all(came)]
    found += [OwnVisit(branch_id, row.at, row.reason) for row in await session.all(stayed)]
    return sorted(found, key=lambda visit: visit.at, reverse=True)
