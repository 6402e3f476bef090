"""Telling doors by which texts patrons are measured now: after a publication, and when a municipality has joined."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from server.db import Database, Scope, Session, unscoped
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patrons.telling import everybody, known_at, tell_at
from server.terms.models import TermsReach
from server.terms.service import applied_at

EVERYWHERE = unscoped("which branches come under other texts than before is looked for everywhere")
AT_ONCE = 500
"""Patrons told of in one transaction, so that nobody else waits long for the database."""


async def catch_up(database: Database, keys: KeyRing) -> int:
    """Tell every branch whose texts are others than its doors were told by; how many branches.

    Cut short, it starts that branch again the next time: telling twice does no harm.
    """
    count = 0
    async with database.reading(EVERYWHERE) as session:
        behind = [branch for branch in await branches(session) if await _is_behind(session, branch)]
    for branch in behind:
        await _catch_up(database, keys, branch)
        count += 1
    return count


async def _is_behind(session: Session, branch: BranchView) -> bool:
    told = await session.scalar(select(col(TermsReach.texts)).where(col(TermsReach.branch_id) == branch.id))
    return (told or "") != await _texts(session, branch)


async def _texts(session: Session, branch: BranchView) -> str:
    """What a patron's standing at the branch depends on besides her own words; empty where no text holds."""
    held = [(each.place, each.since, [view.id for view in each.versions]) for each in await applied_at(session, branch)]
    return hashlib.sha256(repr(held).encode()).hexdigest() if held else ""


async def _catch_up(database: Database, keys: KeyRing, branch: BranchView) -> None:
    scope = Scope.of_consortium(branch.consortium)
    async with database.reading(scope) as session:
        texts = await _texts(session, branch)
        patrons: Sequence[str] = await everybody(session)
    for start in range(0, len(patrons), AT_ONCE):
        async with database.session(scope) as session:
            known = await known_at(session, branch, patrons[start : start + AT_ONCE])
            await tell_at(session, keys, branch, [patron for patron, one in known.items() if one.is_any])
    async with database.session(scope) as session:
        values = {"texts": texts, "told_at": session.now}
        row = session.insert(TermsReach).values(
            branch_id=branch.id, consortium_id=branch.consortium, controller_id=branch.controller, **values
        )
        await session.execute(row.on_conflict_do_update(index_elements=["branch_id"], set_=values))
