"""Access that ends soon: put on a list every day, so that staff can remind. No message is sent from here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select, true, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from server.db import Scope, Session
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.patrons.models import Patron, PatronRight
from server.patrons.reach import Reach
from server.patrons.telling import number_in, pieces, reaching, today_at

AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ending:
    """A right that ends soon, and whether its holder was reminded."""

    right: str
    number: CardNumber = field(repr=False)
    reach: Reach
    last: date
    reminded_at: datetime | None


async def list_due(session: Session) -> int:
    """Put what ends within 30 days on the list, once for each end; how many are new on it. Needs an open scope."""
    today = session.now.date()
    near = (
        col(PatronRight.permitted).is_(true()),
        col(PatronRight.listed_at).is_(None),
        col(PatronRight.valid_until) >= today,
        col(PatronRight.valid_until) <= today + AHEAD,
    )
    listed = update(PatronRight).where(*near).values(listed_at=session.now).returning(col(PatronRight.id))
    return len((await session.execute(listed)).all())


async def ending(session: Session, keys: KeyRing, branch: BranchView) -> list[Ending]:
    """The list of a branch: what its controller gave that reaches it, the next to end first."""
    rows = await session.all(
        select(PatronRight).where(*_listed(session, branch)).order_by(col(PatronRight.valid_until))
    )
    numbers = await _numbers(session, keys, branch, [row.patron_id for row in rows])
    return [Ending(row.id, numbers[row.patron_id], Reach(row.reach), row.valid_until, row.reminded_at) for row in rows]


async def count(session: Session, branch: BranchView) -> int:
    """How many on the branch's list nobody has reminded yet."""
    waiting = select(func.count()).select_from(PatronRight)
    waiting = waiting.where(*_listed(session, branch), col(PatronRight.reminded_at).is_(None))
    return int(await session.scalar(waiting) or 0)


async def remind(session: Session, branch: BranchView, rights: Iterable[str]) -> int:
    """Note that the holders of these rights on the branch's list were reminded; how many."""
    wanted = col(PatronRight.id).in_(sorted(rights))
    noted = update(PatronRight).where(wanted, *_listed(session, branch)).values(reminded_at=session.now)
    return len((await session.execute(noted.returning(col(PatronRight.id)))).all())


def _listed(session: Session, branch: BranchView) -> tuple[ColumnElement[bool], ...]:
    return (
        reaching(branch, PatronRight),
        col(PatronRight.controller_id) == branch.controller,
        col(PatronRight.permitted).is_(true()),
        col(PatronRight.listed_at).is_not(None),
        col(PatronRight.valid_until) >= today_at(session, branch),
    )


async def _numbers(
    session: Session, keys: KeyRing, branch: BranchView, patrons: Sequence[str]
) -> dict[str, CardNumber]:
    found: dict[str, CardNumber] = {}
    async with session.within(Scope.of_consortium(branch.consortium)):
        for some in pieces(patrons):
            rows = await session.all(select(Patron).where(col(Patron.id).in_(some)))
            found.update((row.id, number_in(keys, row)) for row in rows)
    return found
