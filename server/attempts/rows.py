"""The rows behind a card's count: read and written within the transaction that holds the card's row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, bindparam, delete, exists, select, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.pin import DOOR_DAY, LOOKS_BACK, Outcome
from server.attempts.counting import CardCount
from server.attempts.models import PinAttempt, PinCard
from server.db import Session
from server.keys import KeyRing
from server.patrons.subjects import branch_keys

_UNSYNCHRONISED = {"synchronize_session": False}
_COUNTED = (Outcome.OPEN.value, Outcome.WRONG.value)
_COLUMNS = (
    col(PinCard.card), col(PinCard.same_as), col(PinCard.failures), col(PinCard.in_a_row), col(PinCard.cleared),
    col(PinCard.told),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """A card's row while this transaction holds it."""

    register: str
    card: str
    count: CardCount
    cleared: int
    told: bool


def name_of(keys: KeyRing, register: str, number: CardNumber) -> str:
    """The name of a card in these tables."""
    return keys.lookup("pin", f"{register}\n{number.value}")


def name_at_branch(branch: str, subject: str) -> str:
    """The name of a card of which only a branch's journal has told."""
    return f"{branch} {subject}"


async def hold(session: Session, register: str, card: str, *, branch: str | None = None, opening: bool = False) -> Held:
    """The card's row, made if need be, under the name its account is counted by; nobody else changes it meanwhile.

    With `opening` a try that is sent has been added to the row, not to what is returned: the usual case in one
    statement. Whoever decides otherwise writes it with `keep`.
    """
    plus = int(opening)
    found = await _locked(session, register, card, branch, plus)
    if found.same_as is not None:
        await _locked(session, register, card, branch, -plus)
        found = await _locked(session, register, found.same_as, None, plus)
    failures = found.failures - plus
    dated = tuple(await _failures_of(session, register, found.card)) if failures > 0 else ()
    count = CardCount(dated, failures, found.in_a_row - plus)
    return Held(register, found.card, count, found.cleared, found.told)


async def look(session: Session, keys: KeyRing, register: str, numbers: Sequence[CardNumber]) -> list[Held]:
    """How cards stand, each account once; nothing is held and nothing written."""
    names = [name for number in numbers for name in await _names(session, keys, register, number)]
    found = await session.all(select(*_COLUMNS).where(*_among(register, names)))
    others = [row.same_as for row in found if row.same_as is not None and row.same_as not in names]
    found = [*found, *(await session.all(select(*_COLUMNS).where(*_among(register, others))) if others else [])]
    return [
        Held(
            register,
            row.card,
            CardCount(tuple(await _failures_of(session, register, row.card)), row.failures, row.in_a_row),
            row.cleared,
            row.told,
        )
        for row in found
        if row.same_as is None
    ]


async def is_counted(session: Session, register: str, card: str) -> bool:
    """Whether anything is counted against a card."""
    return await session.scalar(select(col(PinCard.card)).where(*_is(register, card))) is not None


async def keep(session: Session, held: Held) -> None:
    """Write what has become of a held card."""
    values = {
        "failures": held.count.failures, "in_a_row": held.count.in_a_row, "cleared": held.cleared, "told": held.told,
    }  # fmt: skip
    await session.execute(update(PinCard).where(*_is(held.register, held.card)).values(**values))


async def is_settled_right(session: Session, register: str, card: str, attempt: str) -> bool:
    """Settle a right PIN where nothing else stands against the card, which is then forgotten; else do nothing.

    Two statements, for a door waits for them: that of a card with earlier failures is the caller's.
    """
    which = {"of_register": register, "of_card": card, "tried": attempt}
    found = await session.execute(_FORGOTTEN, which, options=_UNSYNCHRONISED)
    if found.first() is None:
        return False
    await session.execute(_SETTLED_RIGHT, {"tried": attempt}, options=_UNSYNCHRONISED)
    return True


async def drop(session: Session, held: Held) -> None:
    """Forget a card that has nothing against it: when somebody last came is nobody's business here."""
    await session.execute(delete(PinCard).where(*_is(held.register, held.card)))


async def clear(session: Session, held: Held, *, but_open: bool) -> CardCount:
    """A right PIN or staff have cleared the card; tries that are not settled yet stay counted with `but_open`."""
    outcomes = [Outcome.WRONG.value] if but_open else list(_COUNTED)
    mine = (col(PinAttempt.register_id) == held.register, col(PinAttempt.card) == held.card)
    statement = update(PinAttempt).where(*mine, col(PinAttempt.outcome).in_(outcomes))
    await session.execute(statement.values(cleared=True))
    left = await session.all(
        select(PinAttempt).where(*mine, col(PinAttempt.outcome) == Outcome.OPEN.value, _uncleared())
    )
    dated = tuple(sorted(row.at for row in left))
    return CardCount(dated, len(dated), sum(row.sent for row in left))


async def clear_until(session: Session, held: Held, moment: datetime) -> CardCount:
    """A right PIN at a moment has cleared what was tried before it; what was tried since stays counted."""
    mine = (col(PinAttempt.register_id) == held.register, col(PinAttempt.card) == held.card)
    before = (col(PinAttempt.outcome) == Outcome.WRONG.value, col(PinAttempt.at) <= moment)
    await session.execute(update(PinAttempt).where(*mine, *before).values(cleared=True))
    dated = tuple(await _failures_of(session, held.register, held.card))
    # Those too old to be dated came before whatever is younger than them.
    undated = held.count.failures - len(held.count.dated) if moment <= session.now - LOOKS_BACK else 0
    return CardCount(dated, len(dated) + max(0, undated), held.count.in_a_row)


async def join(session: Session, held: Held, other: str) -> Held:
    """Count what is counted under another name of the account under this one, now and from now on."""
    found = await _locked(session, held.register, other, None)
    if other == held.card or found.same_as == held.card:
        return held
    await _rename(session, held.register, [other], held.card)
    await session.execute(
        update(PinCard).where(*_is(held.register, other)).values(same_as=held.card, failures=0, in_a_row=0)
    )
    # What branches were told of either, they are told the end of.
    held = replace(held, told=held.told or found.told, cleared=max(held.cleared, found.cleared))
    return await _with(session, held, found.failures, found.in_a_row)


async def gather(session: Session, keys: KeyRing, held: Held, number: CardNumber) -> Held:
    """Count what branches' journals alone have told of this card under its name."""
    names = await _stray_names(session, keys, held.register, number)
    found = await session.all(select(*_COLUMNS).where(*_among(held.register, names))) if names else []
    if not found:
        return held
    await _rename(session, held.register, names, held.card)
    await session.execute(delete(PinCard).where(*_among(held.register, names)))
    return await _with(session, held, sum(row.failures for row in found), sum(row.in_a_row for row in found))


def strays() -> ColumnElement[bool]:
    """Whether branches' journals alone have told of some card of the register that is given as `register`."""
    return exists().where(col(PinCard.register_id) == bindparam("register"), col(PinCard.branch_id).is_not(None))


def _uncleared() -> ColumnElement[bool]:
    return col(PinAttempt.cleared).is_(False)


# Built once: a door waits, and building them takes longer than asking them.
_OF_CARD = (col(PinCard.register_id) == bindparam("of_register"), col(PinCard.card) == bindparam("of_card"))
_FORGOTTEN = (
    delete(PinCard)
    .where(
        *_OF_CARD,
        col(PinCard.failures) == 1,
        col(PinCard.in_a_row) == 1,
        col(PinCard.cleared) == 0,
        col(PinCard.told).is_(False),
        exists().where(col(PinAttempt.id) == bindparam("tried"), _uncleared()),
    )
    .returning(col(PinCard.card))
)
_SETTLED_RIGHT = update(PinAttempt).where(col(PinAttempt.id) == bindparam("tried")).values(outcome=Outcome.RIGHT.value)
_FAILURES_OF = (
    select(col(PinAttempt.at))
    .where(
        col(PinAttempt.register_id) == bindparam("of_register"),
        col(PinAttempt.card) == bindparam("of_card"),
        col(PinAttempt.outcome).in_(_COUNTED),
        _uncleared(),
    )
    .order_by(col(PinAttempt.at))
)
_FAILURES_AT = (
    select(col(PinAttempt.at))
    .where(
        col(PinAttempt.device_id) == bindparam("device"),
        col(PinAttempt.at) > bindparam("since"),
        col(PinAttempt.outcome).in_(_COUNTED),
    )
    .order_by(col(PinAttempt.at))
)


async def failures_at(session: Session, device: str) -> list[datetime]:
    """When any card failed at a device in the last day, oldest first."""
    found = await session.execute(_FAILURES_AT, {"device": device, "since": session.now - DOOR_DAY})
    return list(found.scalars())


async def _names(session: Session, keys: KeyRing, register: str, number: CardNumber) -> list[str]:
    return [name_of(keys, register, number), *await _stray_names(session, keys, register, number)]


async def _stray_names(session: Session, keys: KeyRing, register: str, number: CardNumber) -> list[str]:
    waiting = select(col(PinCard.branch_id)).where(
        col(PinCard.register_id) == register, col(PinCard.branch_id).is_not(None)
    )
    names = []
    for branch in await session.all(waiting.distinct()):
        named = await branch_keys(session, keys, branch)
        if named is not None:
            names.append(name_at_branch(branch, named.subject(number)))
    return names


async def _locked(session: Session, register: str, card: str, branch: str | None, plus: int = 0) -> Row[Any]:
    values = {
        "consortium_id": session.scope.consortium, "register_id": register, "card": card, "branch_id": branch,
        "failures": plus, "in_a_row": plus, "cleared": 0, "told": False, "at": session.now,
    }  # fmt: skip
    return (await session.execute(session.built(_locking), values)).one()


def _locking(session: Session) -> Executable:
    statement = session.insert(PinCard)
    new = statement.excluded
    grown = {
        "failures": col(PinCard.failures) + new.failures,
        "in_a_row": col(PinCard.in_a_row) + new.in_a_row,
        "at": new.at,
    }
    return statement.on_conflict_do_update(index_elements=["register_id", "card"], set_=grown).returning(*_COLUMNS)


async def _failures_of(session: Session, register: str, card: str) -> Sequence[datetime]:
    found = await session.execute(_FAILURES_OF, {"of_register": register, "of_card": card})
    return found.scalars().all()


async def _rename(session: Session, register: str, names: Sequence[str], card: str) -> None:
    mine = (col(PinAttempt.register_id) == register, col(PinAttempt.card).in_(names))
    await session.execute(update(PinAttempt).where(*mine).values(card=card))


async def _with(session: Session, held: Held, failures: int, in_a_row: int) -> Held:
    dated = tuple(await _failures_of(session, held.register, held.card))
    count = CardCount(dated, held.count.failures + failures, held.count.in_a_row + in_a_row)
    joined = replace(held, count=count)
    await keep(session, joined)
    return joined


def _is(register: str, card: str) -> tuple[ColumnElement[bool], ...]:
    return col(PinCard.register_id) == register, col(PinCard.card) == card


def _among(register: str, cards: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return col(PinCard.register_id) == register, col(PinCard.card).in_(cards)
