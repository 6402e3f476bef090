"""Since when an organisation has belonged to another, near or far."""

from datetime import date

from sqlalchemy import or_, select
from sqlmodel import col

from server.db import Session
from server.organisations.models import Membership


async def belongs_since(session: Session, member: str) -> dict[str, date]:
    """Everything an organisation belongs to or is going to, by id, with the day its belonging begins or began.

    Where several ways lead to the same one, the earliest counts; on one way, the latest of its memberships.
    """
    statement = select(Membership).where(
        or_(col(Membership.until).is_(None), col(Membership.until) >= session.now.date())
    )
    edges: dict[str, list[tuple[str, date]]] = {}
    for row in await session.all(statement):
        edges.setdefault(row.member_id, []).append((row.parent_id, row.since))
    found: dict[str, date] = {}
    nearest = [(member, date.min)]
    while nearest:
        reached = [(up, max(since, day)) for one, day in nearest for up, since in edges.get(one, ())]
        nearest = [(up, day) for up, day in reached if up != member and (up not in found or day < found[up])]
        for up, day in nearest:
            found[up] = min(day, found.get(up, day))
    return found
