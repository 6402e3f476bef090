"""The lists of a branch that a person stands on, for herself: the staff list, groups' and events' lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from server.db import Session
from server.schedules.models import ListedCard


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One entry: the list's key, and what staff wrote beside it."""

    branch: str
    key: str
    label: str
    at: datetime


async def entries_of(session: Session, branch_id: str, subjects: Sequence[str]) -> list[OwnEntry]:
    """Every list of a branch on which whoever is named by these digests stands."""
    rows = select(ListedCard).where(col(ListedCard.branch_id) == branch_id, col(ListedCard.subject).in_(subjects))
    found = await session.all(rows.order_by(col(ListedCard.key)))
    return [OwnEntry(row.branch_id, row.key, row.label, row.at) for row in found]
