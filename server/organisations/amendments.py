"""Changing what is known of organisations and branches that exist; devices are told of their branch's new words."""

from collections.abc import Mapping, Set
from datetime import date
from enum import StrEnum

from sqlalchemy import select, update
from sqlmodel import col

from server.db import Session
from server.organisations.models import Branch, Membership, Organisation
from server.organisations.service import branch, branch_document
from server.replication.service import publish

Belonging = tuple[str, date, date | None]
"""The parent's id, the first day, and the last one if there is one."""


class Turn(StrEnum):
    """What happened to a membership."""

    BEGUN = "begun"
    AMENDED = "amended"
    STRUCK = "struck"


async def rename(session: Session, organisation_id: str, name: str, code: str) -> None:
    """Another name or official code; the id stays."""
    changed = update(Organisation).where(col(Organisation.id) == organisation_id)
    await session.execute(changed.values(name=name, code=code))


async def set_memberships(
    session: Session, member: str, parents: Set[str], wanted: Mapping[tuple[str, date], date | None]
) -> list[tuple[Turn, Belonging]]:
    """Make `wanted` (with last days) the memberships in these parents, and say each change; others are left alone."""
    statement = select(Membership).where(col(Membership.member_id) == member, col(Membership.parent_id).in_(parents))
    before = {(row.parent_id, row.since): row for row in await session.all(statement)}
    told: list[tuple[Turn, Belonging]] = []
    for (parent, since), row in before.items():
        if (parent, since) not in wanted:
            await session.delete(row)
            told.append((Turn.STRUCK, (parent, since, row.until)))
        elif row.until != wanted[parent, since]:
            row.until = wanted[parent, since]
            told.append((Turn.AMENDED, (parent, since, row.until)))
    await session.flush()
    for (parent, since), until in wanted.items():
        if (parent, since) not in before:
            session.add(Membership(member_id=member, parent_id=parent, since=since, until=until))
            told.append((Turn.BEGUN, (parent, since, until)))
    await session.flush()
    return told


async def amend_branch(
    session: Session, branch_id: str, *, name: str, help_number: str, live_from: date, accent: str
) -> None:
    """New words for a branch in the session's scope; its devices and pages hear of them."""
    changed = update(Branch).where(col(Branch.id) == branch_id)
    await session.execute(changed.values(name=name, help_number=help_number, live_from=live_from, accent=accent))
    view = await branch(session, branch_id)
    if view is None:
        raise ValueError(f"no branch '{branch_id}'")
    publish(session, view.consortium, audience=view.id, kind="branch", value=await branch_document(session, view))
    session.wake(f"branch:{view.id}")
