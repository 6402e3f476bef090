"""Taking rows in: each exactly once by (device, epoch, number), with what follows from it in the same transaction."""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.entry_vocabulary import LEARNED, PASS
from meroppet.rules.events import AccessGranted, AccessRefused, DoorForced, DoorHeld, OrderAnswered, ReleaseFailed
from meroppet.rules.house_events import (
    ArmRefused,
    ConfigRolledBack,
    ControllerCrashed,
    DoorOpenLocked,
    DoorQuiet,
    DoorTampered,
    DoorUnbonded,
    ExitStuck,
    FireBegan,
    Intrusion,
    JournalBegan,
    JournalFailed,
)
from meroppet.rules.reasons import Reason
from meroppet.wire.journal import JournalReply, Parked
from server.attempts.service import Heard, Place, hear
from server.db import Session
from server.devices.orders import answered
from server.devices.signing import Caller
from server.journal.continuing import (
    Journal,
    Sign,
    advance,
    broken_in,
    contradicted,
    fresh_in,
    locked,
    missed,
    signed,
)
from server.journal.models import DoorAlarm, JournalRow, ParkedRow
from server.journal.reading import HIGHEST, NotUnderstood, Push, Understood, is_epoch, read_row
from server.passes.service import used
from server.visits.service import RefusalRow, VisitRow, keep

ALARMS = frozenset(
    {
        DoorForced.kind, DoorHeld.kind, ReleaseFailed.kind, DoorOpenLocked.kind, DoorUnbonded.kind, DoorTampered.kind,
        ExitStuck.kind, FireBegan.kind, Intrusion.kind, ArmRefused.kind, JournalBegan.kind, JournalFailed.kind,
        ControllerCrashed.kind, ConfigRolledBack.kind, DoorQuiet.kind,
    }
)  # fmt: skip

_REASON_LONGEST = 64
PASSES = "-passes"
"""What the tries of tags' own PINs are counted under: no register has a name like it."""
_WRONG = frozenset({Reason.WRONG_PIN, Reason.UNKNOWN_CARD, Reason.PIN_NOT_VERIFIED})

logger = logging.getLogger(__name__)


async def take(
    session: Session, device: Caller, push: Push, *, register: str | None = None, sign: Sign | None = None
) -> JournalReply:
    """Everything in the push is durable when the session has committed; the answer says how far without a gap.

    `register` is the branch's, by which the PINs are counted that its devices checked alone; None: it has none. `sign`
    puts the server's word under what it holds. A push that is not the journal that is here is taken up to where it
    parts from it, staff are told, and the device begins anew.
    """
    journal = Journal(device.consortium, device.controller, device.branch, device.device, push.epoch)
    come = await locked(session, journal)
    broken = await broken_in(session, journal, push, come)
    if broken is not None:
        push = push.before(broken)
        await contradicted(session, journal, broken)
    new = await fresh_in(session, journal, push, come)
    fresh = [push.rows[seq] for seq in sorted(new)]
    understood = [row for row in fresh if isinstance(row, Understood)]
    await _keep(session, journal, understood)
    await _park(session, journal, [row for row in fresh if isinstance(row, NotUnderstood)])
    await _follow(session, journal, understood)
    if register is not None:
        await _hear_of_pins(session, journal, understood, register)
    come = await advance(session, journal, come, push)
    if fresh:
        session.wake(f"branch:{device.branch}")
    return JournalReply(
        acked_through=come.through if broken is None else broken - 1,
        parked=await _parked(session, journal, push),
        head=signed(journal, come.head, sign) if broken is None else None,
        begin_anew=broken is not None,
    )


async def read_again(session: Session, branch_id: str) -> int:
    """Take in the branch's rows that were kept aside and can be understood by now; how many.

    PINs are not counted by them any more: whoever typed them has gone long ago.
    """
    read = 0
    for aside in await session.all(select(ParkedRow).where(col(ParkedRow.branch_id) == branch_id)):
        row = read_row(json.loads(aside.raw))
        if isinstance(row, Understood):
            journal = Journal(aside.consortium_id, aside.controller_id, branch_id, aside.device_id, aside.epoch)
            await session.delete(aside)
            await session.flush()
            await _keep(session, journal, [row])
            await _follow(session, journal, [row])
            read += 1
    if read:
        session.wake(f"branch:{branch_id}")
    return read


async def _keep(session: Session, journal: Journal, rows: Iterable[Understood]) -> None:
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


async def _park(session: Session, journal: Journal, rows: Iterable[NotUnderstood]) -> None:
    values = [{**asdict(journal), **asdict(row), "received_at": session.now} for row in rows]
    if values:
        logger.warning("device=%s rows=%d could not be understood and are kept aside", journal.device_id, len(values))
        await session.execute(session.insert(ParkedRow), values)


async def _follow(session: Session, journal: Journal, rows: Iterable[Understood]) -> None:
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
            case JournalBegan.kind:
                await _began(session, journal, row, common)
            case kind if kind in ALARMS:
                await session.execute(
                    session.insert(DoorAlarm).values(**common, kind=kind, detail=json.dumps(row.row.detail))
                )
            case _:
                pass
    await keep(session, visits, refusals)
    await used(session, journal.branch_id, [visit.subject for visit in visits if visit.subject])


async def _hear_of_pins(session: Session, journal: Journal, rows: Iterable[Understood], register: str) -> None:
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


async def _began(session: Session, journal: Journal, row: Understood, common: dict[str, Any]) -> None:
    """A device goes on in another journal: what it wrote in the former one and never sent is missed, and staff know."""
    detail = row.row.detail
    previous, last = detail["previous"], detail["through"]
    if isinstance(previous, str) and is_epoch(previous) and type(last) is int and 0 < last <= HIGHEST:
        await missed(session, journal, previous, last)
    if detail["why"] != "contradicted":
        # Of that they were told when it was found.
        values = {**common, "kind": JournalBegan.kind, "detail": json.dumps(detail)}
        await session.execute(session.insert(DoorAlarm).values(**values))


async def _answer(session: Session, device: str, row: Understood) -> None:
    detail = row.row.detail
    reason = str(detail.get("reason") or "")[:_REASON_LONGEST]
    await answered(session, device, str(detail["order"]), done=detail["done"] is True, reason=reason)


async def _parked(session: Session, journal: Journal, push: Push) -> tuple[Parked, ...]:
    statement = select(col(ParkedRow.seq), col(ParkedRow.why)).where(
        col(ParkedRow.device_id) == journal.device_id,
        col(ParkedRow.epoch) == journal.epoch,
        col(ParkedRow.seq).in_(list(push.rows)),
    )
    rows = await session.all(statement.order_by(col(ParkedRow.seq)))
    return tuple(Parked(seq=seq, why=why) for seq, why in rows)
