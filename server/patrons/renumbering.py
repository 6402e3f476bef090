"""Another number for a patron: her card was replaced, or her register numbers its patrons anew. All she has stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from server.db import Scope, Session
from server.keys import KeyRing
from server.organisations.service import branches
from server.patrons.models import Patron, PatronCard, PatronNumber
from server.patrons.service import digest_of
from server.patrons.subjects import branch_keys
from server.patrons.telling import number_in, pieces, seal, tell_renamed
from server.schedules.listed import rename_cards

_CARD = "card of "


class Clash(StrEnum):
    """Why a patron cannot have a number."""

    UNKNOWN = "unknown"
    """The server knows nobody with the former number."""
    TAKEN = "taken"
    """Another patron has it."""
    SAME = "same"
    """She has it already."""


@dataclass(frozen=True, slots=True)
class Renumbering:
    """A patron and the number she is to have."""

    patron: str
    number: CardNumber = field(repr=False)


async def clashes(session: Session, keys: KeyRing, register: str, wanted: Sequence[Renumbering]) -> dict[str, Clash]:
    """What stands against each of these, by patron; who is not among them can be renumbered.

    A number is free if whoever has it now is to have another one. The session's scope is the consortium's.
    """
    now = await _numbers(session, [each.patron for each in wanted])
    then = {each.patron: digest_of(keys, register, each.number) for each in wanted}
    holders = await _holders(session, register, list(then.values()))
    found = {one: Clash.UNKNOWN for one in then if one not in now}
    found |= {one: Clash.SAME for one, number in then.items() if one in now and now[one] == number}
    taken: set[str] | None = None
    while taken is None or taken:
        # Each that cannot move keeps its number, which may be the one another was to have.
        moving = [one for one in then if one not in found]
        taken = _taken(moving, then, holders)
        found |= dict.fromkeys(taken, Clash.TAKEN)
    return found


def _taken(moving: Sequence[str], then: Mapping[str, str], holders: Mapping[str, set[str]]) -> set[str]:
    first: dict[str, str] = {}
    for one in moving:
        first.setdefault(then[one], one)
    movable = set(moving)
    return {
        one
        for one in moving
        if first[then[one]] != one or holders.get(then[one], set()) - movable - {one, f"{_CARD}{one}"}
    }


async def _numbers(session: Session, patrons: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in pieces(patrons):
        statement = select(col(Patron.id), col(Patron.number_digest)).where(col(Patron.id).in_(some))
        found.update((patron, digest) for patron, digest in await session.all(statement))
    return found


async def _holders(session: Session, register: str, digests: Sequence[str]) -> dict[str, set[str]]:
    """Who has these numbers, as her number or on a card of hers. A card's holder never makes room by moving."""
    found: dict[str, set[str]] = {}
    for some in pieces(digests):
        numbers = select(col(Patron.number_digest), col(Patron.id)).where(
            col(Patron.register_id) == register, col(Patron.number_digest).in_(some)
        )
        cards = select(col(PatronCard.number_digest), col(PatronCard.patron_id)).where(
            col(PatronCard.register_id) == register, col(PatronCard.number_digest).in_(some)
        )
        for digest, patron in await session.all(numbers):
            found.setdefault(digest, set()).add(patron)
        for digest, patron in await session.all(cards):
            found.setdefault(digest, set()).add(f"{_CARD}{patron}")
    return found


async def renumber(
    session: Session, keys: KeyRing, consortium: str, register: str, wanted: Sequence[Renumbering], *, by: str
) -> dict[str, CardNumber]:
    """Give patrons other numbers; the former numbers of those who have one now. What clashes is left as it is.

    The former number opens nothing any more. Every door where something is known of them knows within a second.
    """
    async with session.within(Scope.of_consortium(consortium)):
        stopped = await clashes(session, keys, register, wanted)
        moving = [each for each in wanted if each.patron not in stopped]
        former = {each.patron: await _let_go(session, keys, each, by) for each in moving}
        for each in moving:
            await _take(session, keys, register, each)
    await tell_renamed(session, keys, consortium, former)
    return former


async def rename_listed(
    session: Session, keys: KeyRing, consortium: str, pairs: Mapping[CardNumber, CardNumber]
) -> int:
    """Follow replaced numbers on the lists of every branch (staff, groups, guests); how many entries."""
    count = 0
    async with session.within(Scope.of_consortium(consortium)):
        for branch in await branches(session):
            named = await branch_keys(session, keys, branch.id)
            if named is not None:
                subjects = {named.subject(old): named.subject(new) for old, new in pairs.items()}
                count += await rename_cards(session, branch, subjects)
    return count


async def _let_go(session: Session, keys: KeyRing, wanted: Renumbering, by: str) -> CardNumber:
    """Free her number, so that another may have it in the same go; it is still hers as a former one."""
    row = await session.scalar(select(Patron).where(col(Patron.id) == wanted.patron))
    old = number_in(keys, row)
    await _keep(session, row, by)
    freed = update(Patron).where(col(Patron.id) == wanted.patron)
    await session.execute(freed.values(number_digest=f"moving {wanted.patron}"))
    return old


async def _take(session: Session, keys: KeyRing, register: str, wanted: Renumbering) -> None:
    digest = digest_of(keys, register, wanted.number)
    own = (col(PatronCard.patron_id) == wanted.patron, col(PatronCard.number_digest) == digest)
    await session.execute(delete(PatronCard).where(*own))
    sealed = seal(keys, wanted.number)
    statement = update(Patron).where(col(Patron.id) == wanted.patron)
    await session.execute(statement.values(number_digest=digest, number_sealed=sealed, register_id=register))


async def _keep(session: Session, row: Patron, by: str) -> None:
    """Keep the number she has until now: the journal names her by it, and a mistake can be undone."""
    statement = session.insert(PatronNumber).values(
        consortium_id=row.consortium_id,
        patron_id=row.id,
        number_digest=row.number_digest,
        number_sealed=row.number_sealed,
        replaced_by=by,
        replaced_at=session.now,
    )
    again = {"replaced_by": by, "replaced_at": session.now}
    one = ["patron_id", "number_digest"]
    await session.execute(statement.on_conflict_do_update(index_elements=one, set_=again))
