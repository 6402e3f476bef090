"""Keeping a patron out for a while: decided with a reason code and an end, lifted by itself when the end has passed.

It touches neither loans nor visits while staff are there, and the door says no more than whom to ask. An access ban is
another thing: a prosecutor decides it (lag 2021:34), and this server keeps none.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, delete, not_, select, update
from sqlmodel import col

from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patrons.models import PatronSuspension
from server.patrons.reach import Reach, SuspensionView, place_of, reaches
from server.patrons.telling import suspension_view, tell, today_at

LONGEST = timedelta(days=366)
"""A decision is thought over at least once a year."""
KEPT_AFTER_END = timedelta(days=30)


class SuspensionReason(StrEnum):
    """Why; there is no room for what was said or seen, which the municipality keeps where it keeps its decisions."""

    LET_OTHERS_IN = "let_others_in"
    CARD_LENT = "card_lent"
    DISTURBANCE = "disturbance"
    DAMAGE = "damage"
    HOUSE_RULES = "house_rules"
    OTHER = "other"


class Notice(StrEnum):
    """How the patron is told."""

    HANDED = "handed"
    POSTED = "posted"
    SPOKEN = "spoken"
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """What somebody wants to decide; both days are included."""

    reason: SuspensionReason
    first: date
    last: date
    notice: Notice = Notice.NOT_YET
    reach: Reach = Reach.BRANCH


class SuspensionRefusal(StrEnum):
    """Why a suspension cannot be decided like that."""

    ENDS_FIRST = "suspension_ends_first"
    ENDED = "suspension_ended"
    TOO_LONG = "suspension_too_long"
    BEGAN = "suspension_began"


def refusal(wanted: Suspension, today: date) -> SuspensionRefusal | None:
    """What is wrong with it, if anything; `today` is the branch's local day."""
    if wanted.last < wanted.first:
        return SuspensionRefusal.ENDS_FIRST
    if wanted.last < today:
        return SuspensionRefusal.ENDED
    if wanted.first < today:
        return SuspensionRefusal.BEGAN
    return SuspensionRefusal.TOO_LONG if wanted.last - wanted.first > LONGEST else None


async def suspend(
    session: Session, keys: KeyRing, branch: BranchView, patrons: Sequence[str], wanted: Suspension, *, by: str
) -> SuspensionRefusal | None:
    """Keep these patrons out; the doors in reach know within a second of the commit, or on its first day."""
    today = today_at(session, branch)
    wrong = refusal(wanted, today)
    if wrong is not None:
        return wrong
    for patron in patrons:
        session.add(_row(session, branch, patron, wanted, by, is_told=wanted.first <= today))
    await session.flush()
    await tell(session, keys, branch, wanted.reach, patrons)
    return None


def _row(
    session: Session, branch: BranchView, patron: str, wanted: Suspension, by: str, *, is_told: bool
) -> PatronSuspension:
    return PatronSuspension(
        id=secrets.token_hex(8),
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        patron_id=patron,
        reach=wanted.reach.value,
        place=place_of(branch, wanted.reach),
        reason=wanted.reason.value,
        first_day=wanted.first,
        last_day=wanted.last,
        notice=wanted.notice.value,
        decided_by=by,
        decided_at=session.now,
        is_told=is_told,
    )


async def suspension(session: Session, branch: BranchView, patron: str, number: str) -> SuspensionView | None:
    """One of the patron's suspensions that were decided by the branch's controller, or None."""
    wanted = select(PatronSuspension).where(col(PatronSuspension.id) == number)
    row = await session.scalar(wanted.where(col(PatronSuspension.patron_id) == patron))
    # The session's scope keeps other controllers' decisions away; this keeps those of another branch away.
    is_here = row is not None and reaches(branch, Reach(row.reach), row.place)
    return suspension_view(row) if is_here else None


async def lift(session: Session, keys: KeyRing, branch: BranchView, patron: str, number: str, *, by: str) -> bool:
    """End a suspension before its time; False if there is none to end. The doors know within a second."""
    found = await suspension(session, branch, patron, number)
    if found is None or found.lifted_at is not None or found.last < today_at(session, branch):
        return False
    statement = update(PatronSuspension).where(col(PatronSuspension.id) == found.id)
    await session.execute(statement.values(lifted_by=by, lifted_at=session.now, is_told=False))
    await tell(session, keys, branch, found.reach, [patron])
    return True


async def notice_given(session: Session, branch: BranchView, patron: str, number: str, notice: Notice) -> bool:
    """Write down how the patron was told; False if there is no such suspension."""
    found = await suspension(session, branch, patron, number)
    if found is None:
        return False
    statement = update(PatronSuspension).where(col(PatronSuspension.id) == found.id)
    await session.execute(statement.values(notice=notice.value))
    return True


async def turn_over(session: Session, keys: KeyRing) -> int:
    """Tell the doors of suspensions that begin today, and of those that are over; how many. Needs an open scope."""
    everywhere = await branches(session)
    # Told and over, or begun and not told: the night's work; all others are as their doors know them.
    is_told = col(PatronSuspension.is_told)
    lasting = and_(is_told.is_(True), col(PatronSuspension.last_day) >= session.now.date() + timedelta(days=1))
    rows = await session.all(select(PatronSuspension).where(not_(lasting), col(PatronSuspension.lifted_at).is_(None)))
    turned = [(row, near) for row in rows if (near := _turns(session, everywhere, row)) is not None]
    for row, _ in turned:
        row.is_told = not row.is_told
    await session.flush()
    for row, near in turned:
        await tell(session, keys, near, Reach(row.reach), [row.patron_id])
    return len(turned)


def _turns(session: Session, everywhere: Sequence[BranchView], row: PatronSuspension) -> BranchView | None:
    """A branch within reach, if its doors should know something else of the suspension today than they do."""
    near = next((one for one in everywhere if reaches(one, Reach(row.reach), row.place)), None)
    if near is None:
        return None
    holds = suspension_view(row).holds_on(today_at(session, near))
    return near if holds != row.is_told else None


async def purge(session: Session, keys: KeyRing, now: datetime) -> int:
    """Remove suspensions that ended 30 days ago; how many. Needs an unscoped session."""
    ended = col(PatronSuspension.last_day) < (now - KEPT_AFTER_END).date()
    rows = await session.all(select(PatronSuspension).where(ended))
    gone = [(row.reach, row.place, row.patron_id) for row in rows]
    await session.execute(delete(PatronSuspension).where(ended))
    everywhere = await branches(session)
    for reach, place, patron in gone:
        near = next((one for one in everywhere if reaches(one, Reach(reach), place)), None)
        if near is not None:
            await tell(session, keys, near, Reach(reach), [patron])
    return len(gone)
