"""Taking rows in: each exactly once by (device, epoch, number), with what follows from it in the same transaction."""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import select, update
from sqlmodel import col

from meroppet.rules.entry_vocabulary import LEARNED, PASS
from meroppet.rules.events import AccessGranted, AccessRefused, DoorForced, DoorHeld, OrderAnswered, ReleaseFailed
from meroppet.rules.reasons import Reason
from meroppet.wire.journal import JournalReply, Parked
from server.attempts.service import Heard, Place, hear
from server.db import Session
from server.devices.orders import answered
from server.devices.signing import Caller
from server.journal.models import DoorAlarm, JournalRow, JournalStream, ParkedRow
from server.journal.reading import NotUnderstood, Push, Understood
from server.passes.service import used
from server.visits.service import RefusalRow, VisitRow, keep

ALARMS = frozenset({DoorForced.kind, DoorHeld.kind, ReleaseFailed.kind})

_REASON_LONGEST = 64
PASSES = "-passes"
"""What the tries of tags' own PINs are counted under: no register has a name like it."""
_WRONG = frozenset({Reason.WRONG_PIN, Reason.UNKNOWN_CARD, Reason.PIN_NOT_VERIFIED})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Journal:
    """One journal: whose it is, and which."""

    consortium_id: str
    controller_id: str
    branch_id: str
    device_id: str
    epoch: str


async def take(session: Session, device: Caller, push: Push, *, register: str | None = None) -> JournalReply:
    """Everything in the push is durable when the session has committed; the answer says how far without a gap.

    `register` is the branch's, by which the PINs are counted that its devices checked alone; None: it has none.
    """
    journal = _Journal(device.consortium, device.controller, device.branch, device.device, push.epoch)
    through = await _locked(session, journal)
    fresh = await _fresh(session, journal, push, through)
    understood = [row for row in fresh if isinstance(row, Understood)]
    await _keep(session, journal, understood)
    await _park(session, journal, [row for row in fresh if isinstance(row, NotUnderstood)])
    await _follow(session, journal, understood)
    if register is not None:
        await _hear_of_pins(session, journal, understood, register)
    through = await advance(session, journal.device_id, journal.epoch, through)
    if fresh:
        session.wake(f"branch:{device.branch}")
    return JournalReply(acked_through=through, parked=await _parked(session, journal, push))


async def _locked(session: Session, journal: _Journal) -> int:
    """How far the journal has come; nobody else takes rows of it until this transaction ends."""
    statement = session.insert(JournalStream).values(
        **asdict(journal), through=0, highest=0, head=0, hash="", at=session.now
    )
    statement = statement.on_conflict_do_update(index_elements=["device_id", "epoch"], set_={"at": session.now})
    return int(await session.scalar(statement.returning(col(JournalStream.through))))


async def _fresh(session: Session, journal: _Journal, push: Push, through: int) -> list[Understood | NotUnderstood]:
    """The rows of the push that were never taken. Those up to `through` were, though they may be purged by now."""
    known = await _seen(session, journal.device_id, journal.epoch, through)
    return [row for seq, row in sorted(push.rows.items()) if seq > through and seq not in known]


async def advance(session: Session, device: str, epoch: str, through: int) -> int:
    """Move the mark over everything that follows without a gap; the new mark."""
    seen = await _seen(session, device, epoch, through)
    highest = max(seen, default=through)
    while through + 1 in seen:
        through += 1
    statement = update(JournalStream).where(col(JournalStream.device_id) == device, col(JournalStream.epoch) == epoch)
    await session.execute(statement.values(through=through, highest=highest))
    return through


async def _seen(session: Session, device: str, epoch: str, through: int) -> set[int]:
    """The numbers above the mark that have been taken."""
    seen: set[int] = set()
    for table in (JournalRow, ParkedRow):
        ours = (col(table.device_id) == device, col(table.epoch) == epoch, col(table.seq) > through)
        seen.update(await session.all(select(col(table.seq)).where(*ours)))
    return seen


async def _keep(session: Session, journal: _Journal, rows: Iterable[Understood]) -> None:
    values = [
        {
            **asdict(journal), "seq": row.seq, "at": row.at(session.now), "received_at": session.now, "wall": row.wall,
            "monotonic": row.row.monotonic, "boot": row.row.boot, "clock": row.row.clock, "kind": row.row.kind,
            "subject": row.row.subject, "detail": json.dumps(row.row.detail), "prev": row.row.prev,
            "hash": row.row.hash,
        }
        for row in rows
    ]  # fmt: skip
    if values:
        await session.execute(session.insert(JournalRow), values)


async def _park(session: Session, journal: _Journal, rows: Iterable[NotUnderstood]) -> None:
    values = [{**asdict(journal), **asdict(row), "received_at": session.now} for row in rows]
    if values:
        logger.warning("device=%s rows=%d could not be understood and are kept aside", journal.device_id, len(values))
        await session.execute(session.insert(ParkedRow), values)


async def _follow(session: Session, journal: _Journal, rows: Iterable[Understood]) -> None:
    """What the rows mean for others: visits, refusals, alarms, answers to orders, passes that are used up."""
    visits: list[VisitRow] = []
    refusals: list[RefusalRow] = []
    for row in rows:
        common = {
            **asdict(journal), "seq": row.seq, "at": row.at(session.now), "received_at": session.now,
        }  # fmt: skip
        match row.row.kind:
            case AccessGranted.kind:
                visits.append(VisitRow(**common, subject=row.row.subject))
            case AccessRefused.kind:
                reason = str(row.row.detail["reason"])[:_REASON_LONGEST]
                refusals.append(RefusalRow(**common, subject=row.row.subject, reason=reason))
            case OrderAnswered.kind:
                await _answer(session, journal.device_id, row)
            case kind if kind in ALARMS:
                await session.execute(
                    session.insert(DoorAlarm).values(**common, kind=kind, detail=json.dumps(row.row.detail))
                )
            case _:
                pass
    await keep(session, visits, refusals)
    await used(session, journal.branch_id, [visit.subject for visit in visits if visit.subject])


async def _hear_of_pins(session: Session, journal: _Journal, rows: Iterable[Understood], register: str) -> None:
    """Count the PINs that the device checked itself, by what it had learned or a tag's own: nobody else has."""
    for row in rows:
        is_right, detail = row.row.kind == AccessGranted.kind, row.row.detail
        is_wrong = row.row.kind == AccessRefused.kind and detail["reason"] in _WRONG
        counted_by = {LEARNED: register, PASS: PASSES}.get(str(detail.get("checked")))
        if counted_by is not None and row.row.subject and (is_right or is_wrong):
            place = Place(
                journal.consortium_id, journal.controller_id, journal.branch_id, counted_by, journal.device_id
            )
            attempt = str(detail["attempt"])
            await hear(
                session, place, Heard(journal.device_id, attempt, row.row.subject, row.at(session.now), is_right)
            )


async def _answer(session: Session, device: str, row: Understood) -> None:
    detail = row.row.detail
    reason = str(detail.get("reason") or "")[:_REASON_LONGEST]
    await answered(session, device, str(detail["order"]), done=detail["done"] is True, reason=reason)


async def _parked(session: Session, journal: _Journal, push: Push) -> tuple[Parked, ...]:
    statement = select(col(ParkedRow.seq), col(ParkedRow.why)).where(
        col(ParkedRow.device_id) == journal.device_id,
        col(ParkedRow.epoch) == journal.epoch,
        col(ParkedRow.seq).in_(list(push.rows)),
    )
    rows = await session.all(statement.order_by(col(ParkedRow.seq)))
    return tuple(Parked(seq=seq, why=why) for seq, why in rows)
