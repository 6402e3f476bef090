"""The nightly walk over a register's right-holders: each is asked about once, without a PIN and at a polite pace.

Registers with SIP2 alone tell nothing by themselves, so that somebody was deleted or is barred by now is found by
asking. A walk goes on where it stopped, whatever stopped it, and nothing it found counts before all of it is judged.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlmodel import col

from meroppet.ils.ports import Ils, PatronAnswer, PatronReason
from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.policy import Policy
from server.db import Database, Scope, Session, unscoped
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patrons.facts import note_known, note_missing, stands_until
from server.patrons.judging import judge
from server.patrons.models import Patron, RegisterWalk
from server.patrons.telling import number_in
from server.policies.service import policy_of
from server.registers.service import Registers

logger = logging.getLogger(__name__)

EVERYBODY = unscoped("the walk is the server's own housekeeping")
BEGINS = range(1, 6)
"""The local hours in which a walk begins. One that is under way goes on by day, at the same pace."""
GIVEN_UP_AFTER = timedelta(hours=20)
SILENT_IN_A_ROW = 3
A_PAGE = 20


class WalkState(StrEnum):
    """How a walk is, or how it ended."""

    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    INCOMPLETE = "incomplete"
    """Too many questions were not answered: nobody's right was ended by it."""
    DISBELIEVED = "disbelieved"
    """The register knew a number that nobody has: nothing it said counts."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a register is asked, and how many questions until other jobs have their turn."""

    per_second: float = 5.0
    at_once: int = 100

    async def rest(self) -> None:
        """Between two questions."""
        await asyncio.sleep(1 / self.per_second)


@dataclass(frozen=True, slots=True)
class WalkView:
    """A walk as others see it."""

    consortium: str
    register: str
    state: WalkState
    started_at: datetime
    finished_at: datetime | None
    total: int
    known: int
    unknown: int
    silent: int

    @property
    def is_odd(self) -> bool:
        """Whether the register answered so that somebody should look at it."""
        return self.state in {WalkState.INCOMPLETE, WalkState.DISBELIEVED}

    @property
    def asked(self) -> int:
        """How many questions were put."""
        return self.known + self.unknown + self.silent


@dataclass(frozen=True, slots=True)
class Round:
    """One register's part of one consortium."""

    consortium: str
    register: str
    branches: tuple[BranchView, ...]

    @property
    def scope(self) -> Scope:
        """Whose patrons are asked about."""
        return Scope.of_consortium(self.consortium)


async def walks(session: Session) -> list[WalkView]:
    """The walks within the session's scope, by register."""
    rows = await session.all(select(RegisterWalk).order_by(col(RegisterWalk.register_id)))
    return [
        WalkView(
            row.consortium_id, row.register_id, WalkState(row.state), row.started_at, row.finished_at,
            row.total, row.known, row.unknown, row.silent,
        )
        for row in rows
    ]  # fmt: skip


class Walk:
    """The job. Each `step` asks some questions of every register whose walk is due, and goes on there next time."""

    def __init__(self, database: Database, keys: KeyRing, registers: Registers, pace: Pace | None = None) -> None:
        self._database = database
        self._keys = keys
        self._registers = registers
        self._pace = pace or Pace()

    async def step(self) -> None:
        """Some questions to each register. A register that is silent is left alone until the next step."""
        for one in await self._rounds():
            ils = self._registers.ils(one.branches[0].id)
            if ils is not None:
                await self._step_of(one, ils)

    async def _rounds(self) -> list[Round]:
        async with self._database.reading(EVERYBODY) as session:
            everywhere = await branches(session)
        found: dict[tuple[str, str], list[BranchView]] = {}
        for branch in everywhere:
            register = self._registers.of(branch.id)
            if register is not None:
                found.setdefault((branch.consortium, register), []).append(branch)
        return [Round(*names, tuple(there)) for names, there in sorted(found.items())]

    async def _step_of(self, one: Round, ils: Ils) -> None:
        row = await self._under_way(one)
        if row is None or (row.after == "" and not await self._is_believed(one, ils)):
            return
        left = self._pace.at_once
        while left > 0:
            asked = await self._page(one, ils)
            if asked is None:
                return
            if asked == 0:
                if await self._is_believed(one, ils):
                    await self._finish(one)
                return
            left -= asked

    async def _under_way(self, one: Round) -> RegisterWalk | None:
        """The walk to go on with, begun now if tonight's is due; None: nothing is due."""
        async with self._database.session(one.scope) as session:
            row = await _row(session, one)
            if row is not None and row.state == WalkState.RUNNING and session.now - row.started_at < GIVEN_UP_AFTER:
                return row
            local = session.now.astimezone(one.branches[0].wall)
            last = row.started_at.astimezone(one.branches[0].wall).date() if row else None
            if local.hour not in BEGINS or last == local.date():
                return None
            return await _begun(session, one)

    async def _is_believed(self, one: Round, ils: Ils) -> bool:
        """Whether the register answers, and says that it does not know a number which nobody has."""
        answer = await ils.patron(f"NOBODY{secrets.token_hex(6).upper()}", None)
        if answer.reason is PatronReason.NO_SUCH_CARD or (answer.facts is not None and not answer.facts.valid):
            return True
        if answer.facts is not None:
            await self._end(one, WalkState.DISBELIEVED)
            said = {"register": one.register}
            logger.error("a register knows a card that nobody has; nothing it says of patrons is kept", extra=said)
        return False

    async def _page(self, one: Round, ils: Ils) -> int | None:
        """How many of the next patrons were asked about; None: the register is silent, or another process was here."""
        async with self._database.reading(one.scope) as session:
            row = await _row(session, one)
            if row is None:
                return None
            patrons = await session.all(_next(one, row.after))
        answers: list[tuple[Patron, PatronAnswer]] = []
        silent = 0
        for patron in patrons:
            number = number_in(self._keys, patron)
            answers.append((patron, await self._asked(ils, number)))
            silent = silent + 1 if answers[-1][1].cause else 0
            if silent == min(SILENT_IN_A_ROW, len(patrons)):
                # It is the register and not these patrons: they have their turn when it answers again.
                answers = answers[:-silent]
                break
        await self._keep(one, row.after, answers)
        return None if len(answers) < len(patrons) else len(answers)

    async def _asked(self, ils: Ils, number: CardNumber) -> PatronAnswer:
        answer = await ils.patron(number.value, None)
        await self._pace.rest()
        return answer

    async def _keep(self, one: Round, after: str, answers: Sequence[tuple[Patron, PatronAnswer]]) -> None:
        if not answers:
            return
        async with self._database.session(one.scope) as session:
            policies = [(branch, await policy_of(session, branch.id)) for branch in one.branches]
            offline = [(branch, view.policy) for branch, view in policies if view is not None]
            counts = {"known": 0, "unknown": 0, "silent": 0}
            for patron, answer in answers:
                counts[await self._note(session, one, offline, patron, answer)] += 1
            columns = {name: col(getattr(RegisterWalk, name)) + count for name, count in counts.items()}
            mine = update(RegisterWalk).where(*_of(one), col(RegisterWalk.after) == after)
            await session.execute(mine.values(after=answers[-1][0].id, **columns))

    async def _note(
        self,
        session: Session,
        one: Round,
        policies: Sequence[tuple[BranchView, Policy]],
        patron: Patron,
        answer: PatronAnswer,
    ) -> str:
        named = card_from_text(answer.patron_id or "")
        if answer.reason is PatronReason.NO_SUCH_CARD:
            await note_missing(session, patron.id, one.consortium, one.register)
            return "unknown"
        if answer.facts is None or (named is not None and named != number_in(self._keys, patron)):
            return "silent"
        days = [(branch, stands_until(answer.facts, policy, branch, session.now)) for branch, policy in policies]
        standing = [(branch, until) for branch, until in days if until is not None]
        await note_known(session, patron.id, one.consortium, standing)
        return "known"

    async def _finish(self, one: Round) -> None:
        async with self._database.session(one.scope) as session:
            row = await _row(session, one)
            if row is None:
                return
            asked = row.known + row.unknown + row.silent
            is_whole = asked * 10 >= row.total * 9 and row.silent * 10 <= asked
            is_held = await judge(
                session, self._keys, one.consortium, one.register, one.branches, row.started_at, is_whole=is_whole
            )
            state = WalkState.HELD if is_held else WalkState.DONE if is_whole else WalkState.INCOMPLETE
            row.state, row.finished_at = state.value, session.now
        logger.info("a register's right-holders were walked over", extra={"register": one.register, "state": state})

    async def _end(self, one: Round, state: WalkState) -> None:
        async with self._database.session(one.scope) as session:
            row = await _row(session, one)
            if row is not None:
                row.state, row.finished_at = state.value, session.now


async def _row(session: Session, one: Round) -> RegisterWalk | None:
    row: RegisterWalk | None = await session.scalar(select(RegisterWalk).where(*_of(one)))
    return row


def _of(one: Round) -> tuple[ColumnElement[bool], ...]:
    return col(RegisterWalk.consortium_id) == one.consortium, col(RegisterWalk.register_id) == one.register


def _next(one: Round, after: str) -> Select[Patron]:
    own = select(Patron).where(col(Patron.register_id) == one.register, col(Patron.id) > after)
    return own.order_by(col(Patron.id)).limit(A_PAGE)


async def _begun(session: Session, one: Round) -> RegisterWalk:
    total = await session.scalar(select(func.count(col(Patron.id))).where(col(Patron.register_id) == one.register))
    fresh = {
        "state": WalkState.RUNNING.value, "started_at": session.now, "finished_at": None, "after": "",
        "total": int(total or 0), "known": 0, "unknown": 0, "silent": 0,
    }  # fmt: skip
    row = session.insert(RegisterWalk).values(consortium_id=one.consortium, register_id=one.register, **fresh)
    await session.execute(row.on_conflict_do_update(index_elements=["consortium_id", "register_id"], set_=fresh))
    found = await _row(session, one)
    if found is None:
        raise LookupError("the walk's row vanished within one transaction")
    return found
