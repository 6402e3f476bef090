"""Rights of patrons: giving, finding and ending them.

A right reaches one branch, the branches of its municipality, or (only where staff ask for it) the whole consortium.
What several come to at a branch is in reach.py, and telling.py sends it there.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, inspect, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from server.db import Scope, Session
from server.db.schema import entities
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patrons.models import Patron, PatronCard, PatronNumber, PatronRight
from server.patrons.reach import (
    Known,
    Reach,
    RightView,
    SuspensionView,
    by_nearness,
    effective,
    place_of,
    reaches,
)
from server.patrons.subjects import branch_keys
from server.patrons.suspensions import Suspension, SuspensionReason, suspend
from server.patrons.suspensions import purge as purge_suspensions
from server.patrons.telling import (
    known_at,
    number_in,
    opened_number,
    pieces,
    ready_branch,
    seal,
    tell,
    today_at,
    view_of,
)
from server.terms.keeping import release

__all__ = [
    "Holder",
    "PatronRights",
    "Reach",
    "RightView",
    "digest_of",
    "drop_unneeded",
    "find",
    "forget",
    "known_or_new",
    "number_of",
    "purge",
    "ready_branch",
    "removable",
    "rights_of",
    "set_known",
    "set_right",
    "set_rights",
    "subjects_of",
    "with_rights",
    "within_reach",
]

KEPT_AFTER_END = timedelta(days=30)
ONE_RIGHT = ("controller_id", "patron_id", "reach", "place")
"""What a controller gives a patron once."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A patron as her register knows her: its canonical number for her, and the card she showed, if that is another."""

    register: str
    number: CardNumber
    card: CardNumber | None = None


@dataclass(frozen=True, slots=True)
class PatronRights:
    """What a patron has at a branch: the rights that reach it, nearest first, and what they come to."""

    patron: str
    known: Known
    effective: Right | None

    @property
    def given(self) -> tuple[RightView, ...]:
        """The rights that reach here, nearest first."""
        return self.known.by_nearness

    @property
    def suspensions(self) -> tuple[SuspensionView, ...]:
        """What keeps her out here now, did or will, the newest first."""
        return tuple(sorted(self.known.suspensions, key=lambda one: one.decided_at, reverse=True))


async def set_right(
    session: Session,
    keys: KeyRing,
    branch: BranchView,
    holder: Holder,
    right: Right,
    *,
    by: str,
    reach: Reach = Reach.BRANCH,
) -> PatronRights:
    """Give the patron a right as seen from a branch, in place of the one its controller gave with that reach.

    What it says of an introduction or a guardian's consent is written down as seen today; what it does not say of them
    stays as it was. The branches in reach know within a second of the commit.
    """
    (patron,) = await set_rights(session, keys, branch, [(holder, right)], by=by, reach=reach)
    return await _rights(session, branch, patron)


async def set_rights(
    session: Session,
    keys: KeyRing,
    branch: BranchView,
    wanted: Iterable[tuple[Holder, Right]],
    *,
    by: str,
    reach: Reach = Reach.BRANCH,
) -> tuple[str, ...]:
    """As `set_right` for several patrons, told to each branch once; gives their ids, in order."""
    patrons = []
    for holder, right in wanted:
        patron = await known_or_new(session, keys, branch.consortium, holder)
        await _give(session, branch, patron, right, reach, by)
        await _suspend(session, keys, branch, patron, right, reach, by)
        patrons.append(patron)
    await tell(session, keys, branch, reach, patrons)
    return tuple(patrons)


async def set_known(
    session: Session,
    keys: KeyRing,
    branch: BranchView,
    patrons: Sequence[str],
    right: Right,
    *,
    by: str,
    reach: Reach = Reach.BRANCH,
) -> None:
    """As `set_rights` for patrons whom the server knows already."""
    for patron in patrons:
        await _give(session, branch, patron, right, reach, by)
    await tell(session, keys, branch, reach, patrons)


async def known_or_new(session: Session, keys: KeyRing, consortium: str, holder: Holder) -> str:
    """The id of a patron, who is written down if she is new, with the card she showed."""
    patron = await _known_or_new(session, keys, consortium, holder)
    if holder.card is not None and holder.card != holder.number:
        await _add_card(session, keys, consortium, holder, patron)
    return patron


async def _suspend(
    session: Session, keys: KeyRing, branch: BranchView, patron: str, right: Right, reach: Reach, by: str
) -> None:
    today = today_at(session, branch)
    if right.suspended_until is not None and right.suspended_until >= today:
        wanted = Suspension(reason=SuspensionReason.OTHER, first=today, last=right.suspended_until, reach=reach)
        wrong = await suspend(session, keys, branch, [patron], wanted, by=by)
        if wrong is not None:
            raise ValueError(f"suspended until {right.suspended_until}: {wrong.value}")


async def rights_of(
    session: Session, keys: KeyRing, branch: BranchView, card: CardNumber, *, register: str
) -> PatronRights | None:
    """The rights at a branch of whoever has this number or card, or None if the server does not know her."""
    patron = await find(session, keys, branch.consortium, register, card)
    return None if patron is None else await _rights(session, branch, patron)


async def find(session: Session, keys: KeyRing, consortium: str, register: str, card: CardNumber) -> str | None:
    """The id of the patron with this number or card."""
    digest = digest_of(keys, register, card)
    by_number = select(col(Patron.id)).where(
        col(Patron.consortium_id) == consortium, col(Patron.register_id) == register
    )
    by_card = select(col(PatronCard.patron_id)).where(
        col(PatronCard.consortium_id) == consortium, col(PatronCard.register_id) == register
    )
    patron: str | None = await session.scalar(by_number.where(col(Patron.number_digest) == digest))
    return patron or await session.scalar(by_card.where(col(PatronCard.number_digest) == digest))


async def number_of(session: Session, keys: KeyRing, patron: str) -> CardNumber:
    """The number a patron has. Raises LookupError where there is no such patron in the session's scope."""
    row = await session.scalar(select(Patron).where(col(Patron.id) == patron))
    if row is None:
        raise LookupError(f"no patron {patron} in scope")
    return number_in(keys, row)


async def subjects_of(
    session: Session, keys: KeyRing, branch: BranchView, card: CardNumber, *, register: str
) -> tuple[str, ...]:
    """Every digest by which the branch's journal may name the holder of a card; empty before the branch has a key."""
    named = await branch_keys(session, keys, branch.id)
    if named is None:
        return ()
    numbers = [card]
    patron = await find(session, keys, branch.consortium, register, card)
    row = await session.scalar(select(Patron).where(col(Patron.id) == patron))
    if row is not None:
        numbers.append(number_in(keys, row))
        former = select(col(PatronNumber.number_sealed)).where(col(PatronNumber.patron_id) == patron)
        numbers += [opened_number(keys, sealed) for sealed in await session.all(former)]
    return tuple(dict.fromkeys(named.subject(number) for number in numbers))


async def removable(session: Session, branch: BranchView, patron: str, reach: Reach) -> tuple[RightView, ...]:
    """The patron's rights that may be removed by whoever gives rights with this reach at a branch, nearest first."""
    async with session.within(_scope(branch, reach)):
        rows = await session.all(select(PatronRight).where(*within_reach(branch, patron, reach)))
    return by_nearness(view_of(row) for row in rows)


async def forget(
    session: Session, keys: KeyRing, branch: BranchView, patron: str, *, reach: Reach = Reach.MUNICIPALITY
) -> int:
    """Remove the rights that may be removed with this reach, and with the patron's last right her number; how many.

    The doors in reach know within a second of the commit.
    """
    async with session.within(_scope(branch, reach)):
        gone = await session.execute(
            delete(PatronRight).where(*within_reach(branch, patron, reach)).returning(col(PatronRight.id))
        )
        count = len(gone.all())
    async with session.within(Scope.of_consortium(branch.consortium)):
        await _release(session, [patron])
    await tell(session, keys, branch, reach, [patron])
    async with session.within(Scope.of_consortium(branch.consortium)):
        await drop_unneeded(session)
    return count


def _scope(branch: BranchView, reach: Reach) -> Scope:
    return Scope.of_consortium(branch.consortium) if reach is Reach.CONSORTIUM else branch.scope


def within_reach(branch: BranchView, patron: str, reach: Reach) -> tuple[ColumnElement[bool], ...]:
    """The conditions on rights that may be changed by whoever gives rights with this reach at a branch."""
    own = col(PatronRight.patron_id) == patron
    match reach:
        case Reach.BRANCH:
            return own, col(PatronRight.reach) == reach.value, col(PatronRight.place) == branch.id
        case Reach.MUNICIPALITY:
            return own, col(PatronRight.reach) != Reach.CONSORTIUM.value
        case Reach.CONSORTIUM:
            return (own,)


async def with_rights(session: Session, patrons: Sequence[str]) -> frozenset[str]:
    """Which of these have a right of anybody's within the session's scope."""
    found: set[str] = set()
    for some in pieces(patrons):
        found.update(await session.all(select(col(PatronRight.patron_id)).where(col(PatronRight.patron_id).in_(some))))
    return frozenset(found)


async def _release(session: Session, patrons: Sequence[str]) -> None:
    """Of those without any right left, what they said to texts stays for its time without naming them."""
    still = await with_rights(session, patrons)
    await release(session, [patron for patron in patrons if patron not in still])


async def purge(session: Session, keys: KeyRing, now: datetime) -> int:
    """Remove rights and suspensions that ended 30 days ago, and patrons without any; how many. Needs an open scope."""
    ended = col(PatronRight.valid_until) < (now - KEPT_AFTER_END).date()
    rows = await session.all(select(PatronRight).where(ended))
    await session.execute(delete(PatronRight).where(ended))
    await _release(session, [row.patron_id for row in rows])
    everywhere = await branches(session)
    for row in rows:
        near = next((place for place in everywhere if reaches(place, Reach(row.reach), row.place)), None)
        if near is not None:
            await tell(session, keys, near, Reach(row.reach), [row.patron_id])
    gone = await purge_suspensions(session, keys, now)
    await drop_unneeded(session)
    return len(rows) + gone


async def _known_or_new(session: Session, keys: KeyRing, consortium: str, holder: Holder) -> str:
    statement = session.insert(Patron).values(
        id=secrets.token_hex(8),
        consortium_id=consortium,
        register_id=holder.register,
        number_digest=digest_of(keys, holder.register, holder.number),
        number_sealed=seal(keys, holder.number),
    )
    made: str | None = await session.scalar(statement.on_conflict_do_nothing().returning(col(Patron.id)))
    known = made or await find(session, keys, consortium, holder.register, holder.number)
    if known is None:
        raise LookupError("the patron's row vanished within one transaction")
    return known


async def _add_card(session: Session, keys: KeyRing, consortium: str, holder: Holder, patron: str) -> None:
    digest = digest_of(keys, holder.register, holder.card or holder.number)
    statement = session.insert(PatronCard).values(
        consortium_id=consortium, patron_id=patron, register_id=holder.register, number_digest=digest
    )
    await session.execute(statement.on_conflict_do_nothing())


async def _give(session: Session, branch: BranchView, patron: str, right: Right, reach: Reach, by: str) -> None:
    today = today_at(session, branch)
    seen = {
        "introduced_on": today if right.introduced else None,
        "guardian_on": today if right.guardian_consent else None,
    }
    # A right that is given anew has another end: whoever was to be reminded of the old one is not any more.
    values = {
        "permitted": right.permitted, "valid_until": right.valid_until, "listed_at": None, "reminded_at": None,
        "given_by": by, "given_at": session.now,
    }  # fmt: skip
    statement = session.insert(PatronRight).values(
        id=secrets.token_hex(8),
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        patron_id=patron,
        reach=reach.value,
        place=place_of(branch, reach),
        **values,
        **seen,
    )
    kept = {name: func.coalesce(col(getattr(PatronRight, name)), day) for name, day in seen.items() if day is not None}
    await session.execute(statement.on_conflict_do_update(index_elements=ONE_RIGHT, set_={**values, **kept}))


async def _rights(session: Session, branch: BranchView, patron: str) -> PatronRights:
    known = (await known_at(session, branch, [patron]))[patron]
    return PatronRights(patron, known, effective(known, today_at(session, branch)))


def _needing() -> list[Any]:
    """The columns that need a patron to stay: foreign keys that would not go with her."""
    return [
        getattr(entity, column.key)
        for entity in entities()
        if entity is not PatronCard
        for column in inspect(entity).columns
        for foreign in column.foreign_keys
        if foreign.target_fullname == "patron.id" and foreign.ondelete is None
    ]


async def drop_unneeded(session: Session) -> None:
    """Remove the patrons in the session's scope of whom nothing is kept any more, with numbers and cards."""
    needed = [select(column).where(column.is_not(None)) for column in _needing()]
    without = select(col(Patron.id)).where(*(col(Patron.id).not_in(each) for each in needed))
    patrons: Sequence[str] = await session.all(without)
    for table in (PatronCard, PatronNumber):
        await session.execute(delete(table).where(col(table.patron_id).in_(patrons)))
    await session.execute(delete(Patron).where(col(Patron.id).in_(patrons)))


def digest_of(keys: KeyRing, register: str, number: CardNumber) -> str:
    """How the database finds a number of a register."""
    return keys.lookup("patron", f"{register}\n{number.value}")
