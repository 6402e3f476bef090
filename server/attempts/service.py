"""Counting tries: durable before the register is asked, over every door, kiosk and page of a consortium."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.pin import CardLock, Outcome
from server.attempts.counting import CardCount, Sending, after, begun, sending
from server.attempts.doors import situation, watch
from server.attempts.locks import tell_branch, tell_branches
from server.attempts.models import PinAttempt
from server.attempts.rows import (
    Held,
    clear,
    clear_until,
    drop,
    gather,
    hold,
    is_counted,
    is_settled_right,
    join,
    keep,
    look,
    name_at_branch,
    name_of,
)
from server.db import Scope, Session
from server.keys import KeyRing

__all__ = ["Asked", "Heard", "Place", "Standing", "begin", "hear", "reset", "settle", "standing"]

_TRIED = insert(PinAttempt)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card is tried; `device` None: at the branch's public pages. The branch has this register."""

    consortium: str
    controller: str
    branch: str
    register: str
    device: str | None = None

    @property
    def scope(self) -> Scope:
        """The scope tries are counted in: a card is carried from municipality to municipality."""
        return Scope.of_consortium(self.consortium)


@dataclass(frozen=True, slots=True)
class Asked:
    """A try that was counted, or one that was not even looked at."""

    id: str
    card: str = field(repr=False)
    what: Sending
    agreed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What a journal tells of a try that was answered by what a device had learned."""

    device: str
    attempt: str
    subject: str
    at: datetime
    is_right: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a card stands, for staff. `withheld`: its register would not be sent a PIN no learned one agrees with."""

    failures: int
    in_a_row: int
    lock: CardLock | None
    withheld: bool


async def begin(
    session: Session, keys: KeyRing, place: Place, number: CardNumber, attempt: str, limit: int | None, *, agreed: bool
) -> Asked:
    """Count a try; only what is SENT may be asked of the register, and only when the session has committed."""
    name = name_of(keys, place.register, number)
    door, has_strays = await situation(session, place.device, place.register)
    held = await hold(session, place.register, name, opening=not has_strays)
    if has_strays:
        held = await gather(session, keys, held, number)
    from_afar = place.device is None
    what = sending(held.count, door, limit, agreed=agreed, now=session.now, from_afar=from_afar)
    asked = Asked(secrets.token_hex(16), held.card, what, agreed, session.now)
    if what is not Sending.REFUSED:
        await session.execute(_TRIED, _values(place, asked, attempt))
    if has_strays or what is not Sending.SENT:
        count = held.count if what is Sending.REFUSED else begun(held.count, what, session.now)
        await keep(session, replace(held, count=count))
    if what is Sending.WITHHELD:
        await _failed(session, keys, place, replace(held, count=begun(held.count, what, session.now)), [number])
    return asked


async def settle(
    session: Session,
    keys: KeyRing,
    place: Place,
    asked: Asked,
    numbers: list[CardNumber],
    outcome: Outcome,
    *,
    reached: bool,
) -> None:
    """Say how a try turned out that was sent. `numbers`: what was shown, then what the register calls the patron.

    `reached`: the register may have counted the PIN. Durable when the session has committed, which is before anybody
    is told.
    """
    is_usual = outcome is Outcome.RIGHT and len(numbers) == 1
    if is_usual and await is_settled_right(session, place.register, asked.card, asked.id):
        return
    held = await hold(session, place.register, asked.card)
    for other in numbers[1:]:
        held = await _one_account(session, keys, held, other)
    row = await session.scalar(select(PinAttempt).where(col(PinAttempt.id) == asked.id))
    if row.cleared:
        # Staff have begun the card's count anew while the register thought.
        return
    row.outcome = outcome.value
    await session.flush()
    if outcome is Outcome.RIGHT:
        await _right(session, keys, place, held, numbers)
        return
    held = replace(held, count=after(held.count, asked.at, outcome, reached=reached, agreed=asked.agreed))
    await keep(session, held)
    if outcome is Outcome.WRONG:
        await _failed(session, keys, place, held, numbers)


async def hear(session: Session, place: Place, heard: Heard) -> None:
    """Count what a device decided alone. A try the server knows, but could not get answered, is settled by it."""
    known = await _known(session, heard)
    name = known.card if known is not None else name_at_branch(place.branch, heard.subject)
    branch = None if known is not None else place.branch
    if heard.is_right:
        if await is_counted(session, place.register, name):
            await _right_at_a_door(session, await hold(session, place.register, name, branch=branch), heard.at)
        return
    if known is not None and known.outcome != Outcome.UNDECIDED.value:
        return
    if known is None:
        made = Asked(secrets.token_hex(16), name, Sending.WITHHELD, False, heard.at)
        await session.execute(_TRIED, _values(place, made, heard.attempt))
    else:
        known.outcome = Outcome.WRONG.value
        await session.flush()
    held = await hold(session, place.register, name, branch=branch)
    held = replace(held, count=replace(held.count, failures=held.count.failures + 1))
    lock = held.count.lock(session.now)
    if lock is not None:
        held = replace(held, told=True)
        tell_branch(session, place.consortium, place.branch, heard.subject, held, lock)
    await keep(session, held)
    await watch(session, place.controller, place.branch, heard.device)


async def reset(
    session: Session, keys: KeyRing, place: Place, numbers: Sequence[CardNumber], limit: int | None
) -> Standing:
    """Staff begin an account's count anew, here and at every door; how it stood. The caller writes the audit row."""
    stood = await standing(session, keys, place, numbers, limit)
    for number in numbers:
        held = await hold(session, place.register, name_of(keys, place.register, number))
        held = await gather(session, keys, held, number)
        await clear(session, held, but_open=False)
        held = replace(held, count=CardCount(), cleared=held.cleared + 1, told=False)
        await keep(session, held)
        await tell_branches(session, keys, place.consortium, [number], held, None)
    return stood


async def standing(
    session: Session, keys: KeyRing, place: Place, numbers: Sequence[CardNumber], limit: int | None
) -> Standing:
    """How an account stands that has these numbers. Reading it is reading about a person: the caller writes it down."""
    found = await look(session, keys, place.register, numbers)
    return _standing(found, limit, session.now)


def _standing(found: Sequence[Held], limit: int | None, now: datetime) -> Standing:
    in_a_row = sum(held.count.in_a_row for held in found)
    locks = [lock for held in found if (lock := held.count.lock(now)) is not None]
    longest = max(locks, key=lambda lock: (lock.until is None, lock.until or now), default=None)
    withheld = limit is not None and in_a_row >= limit - 1
    return Standing(sum(held.count.failures for held in found), in_a_row, longest, withheld)


async def _one_account(session: Session, keys: KeyRing, held: Held, other: CardNumber) -> Held:
    """What was shown is another name of the account the register speaks of: both are counted by the register's."""
    name = name_of(keys, held.register, other)
    if name == held.card:
        return held
    return await join(session, await hold(session, held.register, name), held.card)


async def _right(session: Session, keys: KeyRing, place: Place, held: Held, numbers: list[CardNumber]) -> None:
    told, count = held.told, await clear(session, held, but_open=True)
    held = replace(held, count=count, cleared=held.cleared + told, told=False)
    if held.cleared or count.failures:
        await keep(session, held)
    else:
        await drop(session, held)
    if told:
        await tell_branches(session, keys, place.consortium, numbers, held, None)


async def _right_at_a_door(session: Session, held: Held, at: datetime) -> None:
    """Somebody who knew the PIN came in without the register: what it may have counted in a row stands.

    So does what was tried since: a journal may come days later, and must give no guesses back.
    """
    await keep(session, replace(held, count=await clear_until(session, held, at)))


async def _known(session: Session, heard: Heard) -> PinAttempt | None:
    mine = (col(PinAttempt.device_id) == heard.device, col(PinAttempt.attempt) == heard.attempt)
    row = await session.scalar(select(PinAttempt).where(*mine).order_by(col(PinAttempt.at).desc()))
    assert row is None or isinstance(row, PinAttempt)  # noqa: S101 (narrowing)
    return row


async def _failed(session: Session, keys: KeyRing, place: Place, held: Held, numbers: list[CardNumber]) -> None:
    lock = held.count.lock(session.now)
    if lock is not None:
        held = replace(held, told=True)
        await keep(session, held)
        await tell_branches(session, keys, place.consortium, numbers, held, lock)
    if place.device is not None:
        await watch(session, place.controller, place.branch, place.device)


def _values(place: Place, asked: Asked, attempt: str) -> dict[str, object]:
    is_sent = asked.what is Sending.SENT
    return {
        "id": asked.id, "consortium_id": place.consortium, "register_id": place.register, "card": asked.card,
        "device_id": place.device, "branch_id": place.branch, "attempt": attempt, "at": asked.at,
        "outcome": (Outcome.OPEN if is_sent else Outcome.WRONG).value, "sent": is_sent, "agreed": asked.agreed,
        "cleared": False,
    }  # fmt: skip
