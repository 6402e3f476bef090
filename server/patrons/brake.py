"""The brake: what would take too many rights at once waits for a person, who releases or discards it with a reason.

A register that knows nobody any more, a half-read list and a slip of the hand look alike from here. None of them may
empty the doors; and a true change of that size can wait until somebody has looked.
"""

import logging
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, update
from sqlmodel import col

from server.audit.service import record
from server.db import Scope, Session
from server.patrons.models import HeldChange, PatronRight

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 500
MOST_PERCENT = 2
LATELY = timedelta(hours=1)
"""What is done in several goes within an hour is done at once."""


class HeldKind(StrEnum):
    """What was held."""

    MISSING = "missing"
    """A walk found patrons whom their register does not know any more."""
    FACTS = "facts"
    """A walk found facts against patrons for whom nothing stood in the way before."""
    BULK = "bulk"
    REKEY = "rekey"


class HeldState(StrEnum):
    """What became of it."""

    WAITING = "waiting"
    RELEASED = "released"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One operation that takes rights of a controller's: from how many patrons, of how many who have one.

    `before` is how many the same kind of operation took there within the last hour: many small ones are a large one.
    `payload` is what is needed to do it later: ids and days, and numbers only as the data key seals them.
    `by` is an account's id, or `walk`.
    """

    consortium: str
    controller: str
    kind: HeldKind
    by: str
    taken: int
    total: int
    before: int = 0
    source: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        """Whose affair it is."""
        return Scope.of_controller(self.consortium, self.controller)


@dataclass(frozen=True, slots=True)
class HeldView:
    """A held change as others see it."""

    id: str
    consortium: str
    controller: str
    kind: HeldKind
    source: str
    by: str
    taken: int
    total: int
    payload: Mapping[str, Any]
    made_at: datetime
    state: HeldState
    decided_by: str | None
    decided_at: datetime | None
    why: str | None

    @property
    def scope(self) -> Scope:
        """Whose affair it is."""
        return Scope.of_controller(self.consortium, self.controller)


def is_mass(taken: int, total: int) -> bool:
    """Whether so many of so many is too much at once: more than 500, or more than 2 %.

    One patron alone is no mass however small the place is, unless she is everybody.
    """
    if taken > MOST_AT_ONCE:
        return True
    return taken * 100 > total * MOST_PERCENT and (taken > 1 or total <= 1) and taken > 0


async def holders(session: Session, consortium: str, controller: str) -> int:
    """How many patrons have a right of this controller's that has not ended: of whom a taking is a part."""
    async with session.within(Scope.of_controller(consortium, controller)):
        return int(await session.scalar(_holding(controller, session.now)) or 0)


def _holding(controller: str, now: datetime) -> Select[Any]:
    counted = select(func.count(col(PatronRight.patron_id).distinct()))
    return counted.where(col(PatronRight.controller_id) == controller, living(now))


def living(now: datetime) -> ColumnElement[bool]:
    """The condition that a right lets somebody in as far as staff are concerned: permitted, and not ended."""
    until = col(PatronRight.valid_until)
    return and_(col(PatronRight.permitted).is_(true()), or_(until.is_(None), until >= now.date()))


async def held(session: Session, taking: Taking) -> HeldView | None:
    """None: go on. Else it is too much at once and was written down instead: do nothing of it, and say so.

    Of the same kind and source one waits at a time: a newer takes the place of an older.
    """
    if not taking.taken or not is_mass(taking.taken + taking.before, taking.total):
        return None
    async with session.within(taking.scope):
        if taking.kind in {HeldKind.MISSING, HeldKind.FACTS}:
            await _outdate(session, taking)
        row = _row(session, taking)
        session.add(row)
        await session.flush()
    session.wake(taking.consortium)
    said = {"kind": taking.kind.value, "taken": taking.taken, "total": taking.total, "controller": taking.controller}
    logger.warning("a change that takes too many rights at once is held", extra=said)
    return _view(row)


def _row(session: Session, taking: Taking) -> HeldChange:
    return HeldChange(
        consortium_id=taking.consortium,
        controller_id=taking.controller,
        id=secrets.token_hex(8),
        kind=taking.kind.value,
        source=taking.source,
        by=taking.by,
        taken=taking.taken,
        total=taking.total,
        payload=dict(taking.payload),
        made_at=session.now,
        state=HeldState.WAITING.value,
    )


async def _outdate(session: Session, taking: Taking) -> None:
    # A walk says the same every night; what it said last is what somebody should decide about.
    same = and_(
        col(HeldChange.controller_id) == taking.controller,
        col(HeldChange.kind) == taking.kind.value,
        col(HeldChange.source) == taking.source,
        col(HeldChange.state) == HeldState.WAITING.value,
    )
    values = {"state": HeldState.DISCARDED.value, "decided_at": session.now, "decided_by": taking.by}
    await session.execute(update(HeldChange).where(same).values(**values))


async def outdated(session: Session, consortium: str, controller: str, kind: HeldKind, source: str) -> None:
    """What a later and ordinary look makes of one that was held: nothing. It waits no longer."""
    taking = Taking(consortium=consortium, controller=controller, kind=kind, by="walk", taken=0, total=0, source=source)
    async with session.within(taking.scope):
        await _outdate(session, taking)


async def waiting(session: Session, controllers: Collection[str] | None = None) -> list[HeldView]:
    """What waits for a person within the session's scope, the oldest first; None: at every controller."""
    statement = select(HeldChange).where(col(HeldChange.state) == HeldState.WAITING.value)
    if controllers is not None:
        statement = statement.where(col(HeldChange.controller_id).in_(sorted(controllers)))
    return [_view(row) for row in await session.all(statement.order_by(col(HeldChange.made_at)))]


async def decided(session: Session, controllers: Collection[str], most: int = 20) -> list[HeldView]:
    """What was released or discarded at these controllers, the newest first."""
    there = col(HeldChange.controller_id).in_(sorted(controllers))
    done = and_(there, col(HeldChange.state) != HeldState.WAITING.value)
    rows = await session.all(select(HeldChange).where(done).order_by(col(HeldChange.decided_at).desc()).limit(most))
    return [_view(row) for row in rows]


async def one(session: Session, held_id: str) -> HeldView | None:
    """The held change with this id, or None if there is none in the session's scope."""
    row = await session.scalar(select(HeldChange).where(col(HeldChange.id) == held_id))
    return None if row is None else _view(row)


async def decide(session: Session, view: HeldView, state: HeldState, by: str, why: str) -> bool:
    """Write down that somebody released or discarded it and why; False if somebody else was first.

    Whoever releases it does it in the same transaction.
    """
    async with session.within(view.scope):
        first = update(HeldChange).where(
            col(HeldChange.id) == view.id, col(HeldChange.state) == HeldState.WAITING.value
        )
        values = {"state": state.value, "decided_by": by, "decided_at": session.now, "why": why}
        done = (await session.execute(first.values(**values).returning(col(HeldChange.id)))).all()
        if done:
            said = {"held": view.id, "kind": view.kind.value, "taken": view.taken, "total": view.total, "why": why}
            await record(session, f"brake.{state.value}", by, view.scope, {**said})
    session.wake(view.consortium)
    return bool(done)


def _view(row: HeldChange) -> HeldView:
    return HeldView(
        row.id,
        row.consortium_id,
        row.controller_id,
        HeldKind(row.kind),
        row.source,
        row.by,
        row.taken,
        row.total,
        row.payload,
        row.made_at,
        HeldState(row.state),
        row.decided_by,
        row.decided_at,
        row.why,
    )
