"""Passes of a branch: making, approving, ending them, and telling its devices within a second.

A tag or code is kept as its digest under the branch's key and in no other way; a PIN as what it is checked by.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from meroppet.rules.credentials import Pin
from meroppet.rules.intervals import Window
from meroppet.rules.passes import BY_CODE, CODE_DIGITS, Pass, PassKind
from meroppet.rules.weak_pins import is_weak
from meroppet.rules.weekly import NEVER, Weekly
from meroppet.wire.digests import code_digest
from meroppet.wire.passes import pass_to_wire
from meroppet.wire.pin_verifier import SALT_BYTES, pin_verifier
from meroppet.wire.weekly import WeeklyDocument, weekly_to_wire
from server.audit.service import Data, record
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.passes.models import AccessPass
from server.patrons.telling import ready_branch
from server.policies.service import policy_of
from server.replication.service import publish

LONGEST_CODE = timedelta(days=31)
"""A code is told on, written on notes and forgotten: it ends soon."""
MOST_MINUTES_A_WEEK = 7 * 16 * 60
"""Own hours, which nobody else confirms; more of them are about every hour, and that takes two persons."""
_PIN_LENGTH = 4
"""Where a branch has no policy yet."""


class Ended(StrEnum):
    """Why a pass ended."""

    BY_STAFF = "by_staff"
    USED = "used"
    EXPIRED = "expired"
    KEYS_REPLACED = "keys_replaced"


class Wrong(StrEnum):
    """Why a pass is not made."""

    NO_PIN = "no_pin"
    PIN_LENGTH = "pin_length"
    WEAK_PIN = "weak_pin"
    NO_END = "no_end"
    END_TOO_LATE = "end_too_late"
    ENDS_BEFORE = "ends_before"
    MOST_OF_THE_WEEK = "most_of_the_week"


class Approved(StrEnum):
    """What became of an approval."""

    GIVEN = "given"
    OWN = "own"
    """Nobody approves what she asked for herself."""
    NOT_WAITING = "not_waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A pass somebody asks for. `pin`: of a tag; a code is asked for none."""

    kind: PassKind
    label: str
    windows: Weekly = NEVER
    always: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    once: bool = False
    pin: Pin | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """A new pass, and its code, which is shown now and never again."""

    id: str
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PassView:
    """A pass as staff see it; `held` is what the devices know of it or would."""

    held: Pass
    label: str
    has_tag: bool
    made_by: str
    made_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    ended_why: str

    @property
    def id(self) -> str:
        """Its id."""
        return self.held.id

    def last_day(self, zone: ZoneInfo) -> date | None:
        """The last local day on which it holds; an end at midnight is of the day before."""
        until = self.held.valid_until
        return None if until is None else (until.astimezone(zone) - timedelta(microseconds=1)).date()

    @property
    def own_hours(self) -> tuple[tuple[int, int, tuple[Window, ...]], ...]:
        """Its windows by stretches of days that have the same: first day, last day (Monday is 0), windows."""
        days = groupby(enumerate(self.held.windows), key=lambda day: day[1])
        stretches = [(windows, [number for number, _ in some]) for windows, some in days]
        return tuple((numbers[0], numbers[-1], windows) for windows, numbers in stretches if windows)

    @property
    def by_code(self) -> bool:
        """Whether it is a code and no tag."""
        return self.held.kind in BY_CODE

    @property
    def awaits_approval(self) -> bool:
        """Whether it opens nothing until another person has confirmed that it may at every hour."""
        return self.held.always and self.approved_at is None and self.ended_at is None


async def make_pass(session: Session, keys: KeyRing, branch: BranchView, wanted: Wanted, by: str) -> Made | Wrong:
    """A new pass. A code holds from now on; a tag once one is handed out, and `always` once another has approved it."""
    wrong = await _wrong(session, branch, wanted)
    if wrong is not None:
        return wrong
    row = _row(session, branch, wanted, by)
    code = ""
    if wanted.kind in BY_CODE:
        code, row.subject = await _new_code(session, keys, branch)
    elif wanted.pin is not None:
        row.verifier = await _verifier(session, keys, branch, row.id, wanted.pin)
    session.add(row)
    await session.flush()
    tell(session, branch, row)
    said: Data = {"pass": row.id, "kind": row.kind, "label": row.label, "always": row.always, "once": row.once}
    await record(session, "pass.made", by, branch.scope, said, branch=branch.id)
    return Made(row.id, code)


async def approve(session: Session, branch: BranchView, pass_id: str, by: str) -> Approved:
    """Confirm that a pass may open at every hour; only another than who asked for it may."""
    row = await standing_pass(session, branch, pass_id)
    if row is None or not row.always or row.approved_at is not None:
        return Approved.NOT_WAITING
    if row.made_by == by:
        return Approved.OWN
    row.approved_by, row.approved_at = by, session.now
    await session.flush()
    tell(session, branch, row)
    await record(session, "pass.approved", by, branch.scope, {"pass": row.id, "label": row.label}, branch=branch.id)
    return Approved.GIVEN


async def end_pass(session: Session, branch: BranchView, pass_id: str, by: str) -> bool:
    """End a pass now; the doors know within a second. False if it has ended already or there is none."""
    row = await standing_pass(session, branch, pass_id)
    if row is None:
        return False
    _end(session, row, Ended.BY_STAFF, by)
    await session.flush()
    await record(session, "pass.ended", by, branch.scope, {"pass": row.id, "label": row.label}, branch=branch.id)
    return True


async def put_tag(session: Session, branch: BranchView, row: AccessPass, subject: str, by: str) -> None:
    """Give a pass this tag; the one it had opens nothing from the same commit on."""
    if row.subject is not None and row.subject != subject:
        _withdraw(session, row)
    row.subject = subject
    await session.flush()
    tell(session, branch, row)
    said: Data = {"pass": row.id, "kind": row.kind, "label": row.label}
    await record(session, "pass.tag_given", by, branch.scope, said, branch=branch.id)


async def passes_of(session: Session, branch_id: str) -> list[PassView]:
    """The branch's passes: those in force by label, then those that ended, the newest first."""
    rows = await session.all(select(AccessPass).where(col(AccessPass.branch_id) == branch_id))
    views = sorted((view_of(row) for row in rows), key=lambda view: view.label.casefold())
    ended = [view for view in views if view.ended_at is not None]
    standing = [view for view in views if view.ended_at is None]
    return standing + sorted(ended, key=lambda view: view.ended_at or view.made_at, reverse=True)


async def pass_with(session: Session, branch_id: str, pass_id: str) -> PassView | None:
    """The branch's pass with this id."""
    statement = select(AccessPass).where(col(AccessPass.id) == pass_id, col(AccessPass.branch_id) == branch_id)
    row = await session.scalar(statement)
    return None if row is None else view_of(row)


async def standing_pass(session: Session, branch: BranchView, pass_id: str) -> AccessPass | None:
    """The branch's pass with this id, if it has not ended."""
    statement = select(AccessPass).where(col(AccessPass.id) == pass_id, *_standing(branch.id))
    row: AccessPass | None = await session.scalar(statement)
    return row


async def holder_of(session: Session, branch_id: str, subject: str) -> str | None:
    """The id of the branch's pass that has this tag or code."""
    statement = select(col(AccessPass.id)).where(col(AccessPass.subject) == subject, *_standing(branch_id))
    found: str | None = await session.scalar(statement)
    return found


async def used(session: Session, branch_id: str, subjects: Sequence[str]) -> int:
    """Doors opened by these: what was good for once has ended, at every door. How many."""
    if not subjects:
        return 0
    rows = await session.all(
        select(AccessPass).where(
            col(AccessPass.subject).in_(subjects), col(AccessPass.once).is_(True), *_standing(branch_id)
        )
    )
    for row in rows:
        _end(session, row, Ended.USED)
    await session.flush()
    return len(rows)


async def end_expired(session: Session) -> int:
    """End the passes whose last moment is past; how many. Needs an unscoped session."""
    late = (col(AccessPass.ended_at).is_(None), col(AccessPass.valid_until) <= session.now)
    rows = await session.all(select(AccessPass).where(*late))
    for row in rows:
        _end(session, row, Ended.EXPIRED)
    await session.flush()
    return len(rows)


async def forget_all(session: Session, branch: BranchView) -> int:
    """End every pass of a branch that gets other keys: a digest under the old one names no tag. How many."""
    rows = await session.all(select(AccessPass).where(*_standing(branch.id)))
    for row in rows:
        _end(session, row, Ended.KEYS_REPLACED)
    await session.flush()
    return len(rows)


def tell(session: Session, branch: BranchView, row: AccessPass) -> None:
    """Tell the branch's devices of a pass, once it has a tag or code and whoever must has approved it."""
    if row.subject is None or (row.always and row.approved_at is None):
        return
    value = pass_to_wire(view_of(row).held)
    publish(session, branch.consortium, audience=branch.id, kind="pass", key=row.subject, value=value)
    session.wake(f"branch:{branch.id}")


def view_of(row: AccessPass) -> PassView:
    """A pass as its row says it."""
    held = Pass(
        id=row.id,
        kind=PassKind(row.kind),
        windows=WeeklyDocument.model_validate_json(row.windows).meant(),
        always=row.always,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        once=row.once,
        verifier=row.verifier,
    )
    return PassView(
        held=held,
        label=row.label,
        has_tag=row.subject is not None,
        made_by=row.made_by,
        made_at=row.made_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        ended_why=row.ended_why,
    )


def _standing(branch_id: str) -> tuple[ColumnElement[bool], ...]:
    return col(AccessPass.branch_id) == branch_id, col(AccessPass.ended_at).is_(None)


def _end(session: Session, row: AccessPass, why: Ended, by: str = "") -> None:
    if row.subject is not None:
        _withdraw(session, row)
    row.ended_at, row.ended_by, row.ended_why = session.now, by, why.value
    row.subject, row.verifier = None, None
    session.wake(f"branch:{row.branch_id}")


def _withdraw(session: Session, row: AccessPass) -> None:
    if row.subject is not None:
        publish(session, row.consortium_id, audience=row.branch_id, kind="pass", key=row.subject, value=None)


async def _wrong(session: Session, branch: BranchView, wanted: Wanted) -> Wrong | None:
    begins = max(wanted.valid_from or session.now, session.now)
    if wanted.valid_until is not None and wanted.valid_until <= begins:
        return Wrong.ENDS_BEFORE
    if wanted.kind in BY_CODE:
        if wanted.valid_until is None:
            return Wrong.NO_END
        return Wrong.END_TOO_LATE if wanted.valid_until > begins + LONGEST_CODE else None
    if sum(window.end - window.start for day in wanted.windows for window in day) > MOST_MINUTES_A_WEEK:
        return Wrong.MOST_OF_THE_WEEK
    if wanted.pin is None:
        return Wrong.NO_PIN
    policy = await policy_of(session, branch.id)
    if len(wanted.pin.digits) != (policy.policy.pin_length if policy else _PIN_LENGTH):
        return Wrong.PIN_LENGTH
    return Wrong.WEAK_PIN if is_weak(wanted.pin, None) else None


def _row(session: Session, branch: BranchView, wanted: Wanted, by: str) -> AccessPass:
    row_id = secrets.token_hex(8)
    held = Pass(
        id=row_id,
        kind=wanted.kind,
        windows=wanted.windows,
        always=wanted.always,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        once=wanted.once,
    )
    return AccessPass(
        id=held.id,
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        branch_id=branch.id,
        kind=held.kind.value,
        label=wanted.label,
        windows=weekly_to_wire(held.windows).model_dump_json(),
        always=held.always,
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        once=held.once,
        made_by=by,
        made_at=session.now,
    )


async def _new_code(session: Session, keys: KeyRing, branch: BranchView) -> tuple[str, str]:
    named = await ready_branch(session, keys, branch)
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        subject = code_digest(named.digest, code)
        if await holder_of(session, branch.id, subject) is None:
            return code, subject


async def _verifier(session: Session, keys: KeyRing, branch: BranchView, pass_id: str, pin: Pin) -> bytes:
    # Bound to the pass and not to its tag: a new tag keeps the PIN.
    named = await ready_branch(session, keys, branch)
    return await asyncio.to_thread(pin_verifier, named.pin, pass_id, pin, secrets.token_bytes(SALT_BYTES))
