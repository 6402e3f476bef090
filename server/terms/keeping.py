"""How long what patrons said is kept: while they have a right, and 12 months; nothing here tells doors anything."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from meroppet.rules.terms import Act
from server.db import Session
from server.terms.models import GuestApproval, TermsEvidence

KEPT_AFTER_THE_RIGHT = timedelta(days=365)
"""In which somebody may still dispute what was agreed."""
LONGEST_UNUSED = timedelta(days=3 * 365)
"""An acceptance that never led to a right of its own (where permission comes by itself) ends by then."""

SAID = (TermsEvidence, GuestApproval)


async def release(session: Session, patrons: Sequence[str]) -> None:
    """These have no right any more: what they said no longer holds their rows, and goes in 12 months.

    Call it before their doors are told.
    """
    for table in SAID:
        rows = update(table).where(col(table.patron_id).in_(patrons))
        await session.execute(rows.values(patron_id=None, right_ended_at=session.now))


async def on_record(session: Session) -> list[str]:
    """The patrons of whom something is on record."""
    found: set[str] = set()
    for table in SAID:
        found |= set(
            await session.all(select(col(table.patron_id)).where(col(table.patron_id).is_not(None)).distinct())
        )
    return sorted(found)


async def note_ends(session: Session, with_rights: Iterable[str]) -> int:
    """Let go of those without a right and without an acceptance that stands in for one; how many."""
    holding = set(with_rights) | await _accepting(session)
    gone = [patron for patron in await on_record(session) if patron not in holding]
    for start in range(0, len(gone), 500):
        await release(session, gone[start : start + 500])
    return len(gone)


async def purge(session: Session) -> int:
    """Remove what ended 12 months ago; how many rows."""
    count = 0
    for table in SAID:
        old = delete(table).where(col(table.right_ended_at) < session.now - KEPT_AFTER_THE_RIGHT)
        count += len((await session.execute(old.returning(col(table.id)))).all())
    return count


async def _accepting(session: Session) -> set[str]:
    """Patrons whose last word is yes, and not from years ago."""
    said = select(func.max(col(TermsEvidence.id)).label("last")).where(
        col(TermsEvidence.patron_id).is_not(None), col(TermsEvidence.act) != Act.ASKED.value
    )
    last = said.group_by(col(TermsEvidence.patron_id)).subquery()
    statement = select(col(TermsEvidence.patron_id)).where(
        col(TermsEvidence.id).in_(select(last.c.last)),
        col(TermsEvidence.act) == Act.ACCEPTED.value,
        col(TermsEvidence.at) > session.now - LONGEST_UNUSED,
    )
    return set(await session.all(statement))
