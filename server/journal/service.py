"""What staff pages read of the journals: the last events, a card's decisions, alarms, gaps and what was kept aside."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.events import AccessGranted, AccessRefused, KioskIdentified, Scalar
from server.db import Session
from server.journal.continuing import Journal, skip
from server.journal.intake import read_again, take
from server.journal.models import DoorAlarm, JournalRow, JournalStream, ParkedRow
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.patrons.service import subjects_of

__all__ = [
    "AlarmView", "EventView", "Gap", "ParkedView", "accept_gap", "decisions_of_card", "gaps", "open_alarms", "parked",
    "read_again", "recent", "seen", "take", "taken",
]  # fmt: skip

DECISIONS = (AccessGranted.kind, AccessRefused.kind, KioskIdentified.kind)


@dataclass(frozen=True, slots=True)
class EventView:
    """One event as staff see it: nothing in it says who it was."""

    device: str
    epoch: str
    seq: int
    at: datetime
    received_at: datetime
    clock: str
    kind: str
    detail: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParkedView:
    """A row that was kept aside, and why."""

    device: str
    epoch: str
    seq: int
    received_at: datetime
    why: str
    raw: str


@dataclass(frozen=True, slots=True)
class AlarmView:
    """Something about a door that nobody has looked at yet."""

    device: str
    epoch: str
    seq: int
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows of a journal that never came though later ones did."""

    device: str
    epoch: str
    first: int
    last: int


async def recent(session: Session, branch_id: str, limit: int = 50, kinds: Sequence[str] = ()) -> list[EventView]:
    """The branch's newest events, newest first; of some kinds only, if given."""
    statement = select(JournalRow).where(col(JournalRow.branch_id) == branch_id)
    if kinds:
        statement = statement.where(col(JournalRow.kind).in_(kinds))
    newest_first = (col(JournalRow.at).desc(), col(JournalRow.received_at).desc(), col(JournalRow.seq).desc())
    return [_event(row) for row in await session.all(statement.order_by(*newest_first).limit(limit))]


async def decisions_of_card(
    session: Session,
    keys: KeyRing,
    branch: BranchView,
    card: CardNumber,
    *,
    register: str,
    between: tuple[datetime, datetime] | None = None,
    limit: int = 20,
) -> list[EventView]:
    """What was decided about a card at a branch, between two moments if given, newest first.

    The caller writes the audit row.
    """
    subjects = await subjects_of(session, keys, branch, card, register=register)
    statement = select(JournalRow).where(
        col(JournalRow.branch_id) == branch.id,
        col(JournalRow.subject).in_(subjects),
        col(JournalRow.kind).in_(DECISIONS),
    )
    if between is not None:
        statement = statement.where(col(JournalRow.at) >= between[0], col(JournalRow.at) <= between[1])
    newest_first = (col(JournalRow.at).desc(), col(JournalRow.seq).desc())
    return [_event(row) for row in await session.all(statement.order_by(*newest_first).limit(limit))]


async def taken(session: Session, device_id: str, epoch: str) -> list[int]:
    """The numbers of a journal that are here, in order: what a device sent can be counted against it."""
    statement = select(col(JournalRow.seq)).where(col(JournalRow.device_id) == device_id)
    return list(await session.all(statement.where(col(JournalRow.epoch) == epoch).order_by(col(JournalRow.seq))))


async def parked(session: Session, branch_id: str, limit: int = 50) -> list[ParkedView]:
    """The branch's rows that could not be understood, newest first."""
    statement = select(ParkedRow).where(col(ParkedRow.branch_id) == branch_id)
    rows = await session.all(statement.order_by(col(ParkedRow.received_at).desc()).limit(limit))
    return [ParkedView(row.device_id, row.epoch, row.seq, row.received_at, row.why, row.raw) for row in rows]


async def open_alarms(session: Session, branch_id: str) -> list[AlarmView]:
    """The branch's alarms nobody has looked at, newest first."""
    statement = select(DoorAlarm).where(col(DoorAlarm.branch_id) == branch_id, col(DoorAlarm.seen_at).is_(None))
    rows = await session.all(statement.order_by(col(DoorAlarm.at).desc()))
    return [AlarmView(row.device_id, row.epoch, row.seq, row.kind, row.at) for row in rows]


async def seen(session: Session, branch_id: str, by: str) -> None:
    """Staff have looked at all open alarms of a branch."""
    statement = update(DoorAlarm).where(col(DoorAlarm.branch_id) == branch_id, col(DoorAlarm.seen_at).is_(None))
    await session.execute(statement.values(seen_by=by, seen_at=session.now))
    session.wake(f"branch:{branch_id}")


async def gaps(session: Session, branch_id: str) -> list[Gap]:
    """Where rows of the branch's journals are missing."""
    statement = select(JournalStream).where(col(JournalStream.branch_id) == branch_id)
    rows = await session.all(statement.where(col(JournalStream.highest) > col(JournalStream.through)))
    found = []
    for row in rows:
        after = await _next_after(session, row.device_id, row.epoch, row.through)
        # Nothing may follow: the device only says that it had written more.
        found.append(Gap(row.device_id, row.epoch, row.through + 1, row.highest if after is None else after - 1))
    return found


async def accept_gap(session: Session, gap: Gap) -> None:
    """Stop waiting for rows that will never come; the caller writes the audit row that says so."""
    statement = select(JournalStream).where(col(JournalStream.device_id) == gap.device)
    row = await session.scalar(statement.where(col(JournalStream.epoch) == gap.epoch))
    if row is not None:
        journal = Journal(row.consortium_id, row.controller_id, row.branch_id, row.device_id, row.epoch)
        await skip(session, journal, gap.last)
        session.wake(f"branch:{row.branch_id}")


async def _next_after(session: Session, device: str, epoch: str, through: int) -> int | None:
    found = []
    for table in (JournalRow, ParkedRow):
        ours = (col(table.device_id) == device, col(table.epoch) == epoch, col(table.seq) > through)
        found.append(await session.scalar(select(func.min(col(table.seq))).where(*ours)))
    return min((number for number in found if number is not None), default=None)


def _event(row: JournalRow) -> EventView:
    return EventView(
        row.device_id, row.epoch, row.seq, row.at, row.received_at, row.clock, row.kind, json.loads(row.detail)
    )
