"""What is kept of the server's own looks at the registers: through which day a patron's facts speak for her at a
branch, and whom a register does not know any more. Never the facts themselves.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, delete, or_, select, update
from sqlmodel import col

from meroppet.rules.eligibility import Block, PatronFacts, Policy, Right, TermsStanding, WithoutConnection, may_enter
from meroppet.rules.reasons import Reason
from server.db import Scope, Session
from server.organisations.service import BranchView
from server.patrons import models

BEYOND_DOUBT = Right(permitted=True, terms=TermsStanding.ACCEPTED, introduced=True)
"""A right with which only the register's facts can still stand in the way.

Without a guardian's consent and an approval as a guest: what somebody may take back any day must not have become part
of a fact that is good for days.
"""


def stands_until(facts: PatronFacts, policy: Policy, branch: BranchView, now: datetime) -> date | None:
    """The last local day through which these facts speak for the patron at a branch; None: they do not."""
    today = now.astimezone(branch.wall).date()
    if policy.without_connection is not WithoutConnection.CARD_ONLY:
        return None
    if may_enter(facts, BEYOND_DOUBT, policy, today) is not Reason.GRANTED:
        return None
    until = (now + timedelta(hours=policy.facts_ttl_hours)).astimezone(branch.wall).date()
    ends = facts.expires if Block.EXPIRED in policy.blocks else None
    return until if ends is None else min(until, ends)


async def facts_ok_until(session: Session, branch: BranchView, patrons: Sequence[str]) -> dict[str, date]:
    """Through which day the register's facts speak for these patrons at a branch; whoever is not in it, not at all."""
    today = session.now.astimezone(branch.wall).date()
    statement = select(models.PatronFacts).where(
        col(models.PatronFacts.branch_id) == branch.id,
        col(models.PatronFacts.patron_id).in_(patrons),
        col(models.PatronFacts.ok_until) >= today,
    )
    async with session.within(branch.scope):
        return {row.patron_id: row.ok_until for row in await session.all(statement)}


async def note_known(
    session: Session, patron: str, consortium: str, standing: Sequence[tuple[BranchView, date]]
) -> None:
    """The register knows her; at these branches nothing it says stands in the way. Counts when the walk is judged."""
    async with session.within(Scope.of_consortium(consortium)):
        gone = delete(models.PatronMissing).where(col(models.PatronMissing.patron_id) == patron)
        await session.execute(gone)
        await _nothing_yet(session, patron)
        for branch, until in standing:
            seen = {"next_until": until, "seen_at": session.now}
            row = session.insert(models.PatronFacts).values(
                consortium_id=consortium, controller_id=branch.controller, patron_id=patron, branch_id=branch.id, **seen
            )
            await session.execute(row.on_conflict_do_update(index_elements=["patron_id", "branch_id"], set_=seen))


async def note_missing(session: Session, patron: str, consortium: str, register: str) -> None:
    """The register does not know her."""
    async with session.within(Scope.of_consortium(consortium)):
        await _nothing_yet(session, patron)
        row = session.insert(models.PatronMissing).values(
            consortium_id=consortium, patron_id=patron, register_id=register, since=session.now, last_at=session.now
        )
        again = {"register_id": register, "last_at": session.now}
        await session.execute(row.on_conflict_do_update(index_elements=["patron_id"], set_=again))


async def _nothing_yet(session: Session, patron: str) -> None:
    own = update(models.PatronFacts).where(col(models.PatronFacts.patron_id) == patron)
    await session.execute(own.values(next_until=None, seen_at=session.now))


async def missing(session: Session, register: str, since: datetime) -> dict[str, datetime]:
    """Whom a walk that began then did not find, and since when they are missing; within the session's scope."""
    statement = select(models.PatronMissing).where(
        col(models.PatronMissing.register_id) == register, col(models.PatronMissing.last_at) >= since
    )
    return {row.patron_id: row.since for row in await session.all(statement)}


async def standing_at(session: Session, branch: BranchView) -> int:
    """For how many patrons the facts speak at a branch today."""
    return len(await session.all(_standing(session, branch)))


async def losing(session: Session, branch: BranchView, since: datetime) -> list[str]:
    """For whom the facts spoke at a branch, and by the walk that began then do not any more."""
    statement = _standing(session, branch).where(
        col(models.PatronFacts.seen_at) >= since, col(models.PatronFacts.next_until).is_(None)
    )
    return list(await session.all(statement))


def _standing(session: Session, branch: BranchView) -> Select[str]:
    today = session.now.astimezone(branch.wall).date()
    own = and_(col(models.PatronFacts.branch_id) == branch.id, col(models.PatronFacts.ok_until) >= today)
    return select(col(models.PatronFacts.patron_id)).where(own)


async def renew(session: Session, branch: BranchView, since: datetime) -> list[str]:
    """Let what the walk found for patrons count at a branch; whose day there became another."""
    fresh = and_(
        col(models.PatronFacts.branch_id) == branch.id,
        col(models.PatronFacts.seen_at) >= since,
        col(models.PatronFacts.next_until).is_not(None),
        or_(
            col(models.PatronFacts.ok_until).is_(None),
            col(models.PatronFacts.ok_until) != col(models.PatronFacts.next_until),
        ),
    )
    statement = update(models.PatronFacts).where(fresh).values(ok_until=models.PatronFacts.next_until)
    done = await session.execute(statement.returning(col(models.PatronFacts.patron_id)))
    return [row[0] for row in done.all()]


async def end_facts(session: Session, branch: BranchView, patrons: Sequence[str]) -> None:
    """Nothing speaks for these patrons at a branch any more."""
    own = and_(col(models.PatronFacts.branch_id) == branch.id, col(models.PatronFacts.patron_id).in_(patrons))
    await session.execute(delete(models.PatronFacts).where(own))


async def forget_unspoken(session: Session, branch: BranchView) -> None:
    """Remove what says nothing, or nothing any more."""
    today = session.now.astimezone(branch.wall).date()
    spent = or_(col(models.PatronFacts.ok_until).is_(None), col(models.PatronFacts.ok_until) < today)
    own = and_(col(models.PatronFacts.branch_id) == branch.id, col(models.PatronFacts.next_until).is_(None), spent)
    await session.execute(delete(models.PatronFacts).where(own))
