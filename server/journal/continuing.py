"""Whether what a device tells is the journal that is here, and how far it has come without a gap."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from meroppet.rules.chain import Head, Link, broken_at, origin
from meroppet.wire.journal import JournalHead
from meroppet.wire.signing import head_bytes
from server.db import Session
from server.journal.models import DoorAlarm, JournalRow, JournalStream, ParkedRow
from server.journal.reading import Push, claim_in

BROKEN = "journal.broken"
"""The alarm, beside those of rows: a device told something else than what is here. Its number is the row's, negative,
as the row itself may be an alarm."""

Sign = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Journal:
    """One journal: whose it is, and which."""

    consortium_id: str
    controller_id: str
    branch_id: str
    device_id: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Come:
    """How far a journal has come: without a gap that is waited for, and with them.

    `head` is the newest row before the first such gap whose hash is known, `skipped` are the gaps nobody waits for.
    """

    through: int
    highest: int
    head: Head
    skipped: tuple[tuple[int, int], ...] = ()

    def is_skipped(self, seq: int) -> bool:
        """Whether nobody waits for this row any more, though it may never have come."""
        return any(first <= seq <= last for first, last in self.skipped)


async def locked(session: Session, journal: Journal) -> Come:
    """How far the journal has come; nobody else takes rows of it until this transaction ends."""
    statement = session.insert(JournalStream).values(
        **asdict(journal), through=0, highest=0, head=0, hash="", skipped="[]", at=session.now
    )
    statement = statement.on_conflict_do_update(index_elements=["device_id", "epoch"], set_={"at": session.now})
    asked = statement.returning(
        col(JournalStream.through), col(JournalStream.highest), col(JournalStream.head), col(JournalStream.hash),
        col(JournalStream.skipped),
    )  # fmt: skip
    through, highest, head, row_hash, skipped = tuple((await session.execute(asked)).one())
    return Come(through, highest, Head(head, row_hash), tuple((first, last) for first, last in json.loads(skipped)))


async def broken_in(session: Session, journal: Journal, push: Push, come: Come) -> int | None:
    """The first number of the push at which it is not the journal that is here; None if all of it is."""
    told = {seq: row.link for seq, row in push.rows.items()}
    # Nearly always it goes on behind the head, of which all is known that counts.
    goes_on = min(told, default=1) > come.highest and (not come.head.hash or come.head.seq == come.highest)
    near = set() if goes_on else {beside for seq in told for beside in (seq - 1, seq, seq + 1)}
    kept = await _kept(session, journal, near) if near else {}
    return broken_at(journal.epoch, told, kept, come.head, come.is_skipped)


async def _kept(session: Session, journal: Journal, numbers: Iterable[int]) -> dict[int, Link]:
    """What is known of some rows."""
    asked = select(
        col(JournalRow.seq), col(JournalRow.prev), col(JournalRow.hash), col(JournalRow.boot), col(JournalRow.monotonic)
    ).where(
        col(JournalRow.device_id) == journal.device_id,
        col(JournalRow.epoch) == journal.epoch,
        col(JournalRow.seq).in_(list(numbers)),
    )
    kept = {
        seq: Link(prev, row_hash, "", origin(boot, monotonic))
        for seq, prev, row_hash, boot, monotonic in await session.all(asked)
    }
    aside = select(col(ParkedRow.seq), col(ParkedRow.raw)).where(
        col(ParkedRow.device_id) == journal.device_id,
        col(ParkedRow.epoch) == journal.epoch,
        col(ParkedRow.seq).in_(list(numbers)),
    )
    return kept | {seq: claim_in(raw) for seq, raw in await session.all(aside)}


async def contradicted(session: Session, journal: Journal, seq: int) -> None:
    """Raise the alarm that a device told another row under a number; once, however often it does."""
    values = {
        **asdict(journal), "seq": -seq, "kind": BROKEN, "detail": json.dumps({"seq": seq}), "at": session.now,
        "received_at": session.now,
    }  # fmt: skip
    alarm = session.insert(DoorAlarm).values(**values)
    await session.execute(alarm.on_conflict_do_nothing(index_elements=["device_id", "epoch", "seq"]))
    first = update(JournalStream).where(*_this(journal), col(JournalStream.broken).is_(None))
    await session.execute(first.values(broken=seq))
    session.wake(f"branch:{journal.branch_id}")


async def fresh_in(session: Session, journal: Journal, push: Push, come: Come) -> set[int]:
    """The numbers of the push that were never taken. Those up to the mark were, though they may be purged by now, but
    for those that nobody waited for.
    """
    maybe = {seq for seq in push.rows if seq > come.through or come.is_skipped(seq)}
    return maybe - (await _kept(session, journal, maybe)).keys() if min(maybe, default=1) <= come.highest else maybe


async def advance(session: Session, journal: Journal, come: Come, push: Push) -> Come:
    """Move the mark over everything that follows without a gap now that the push is kept."""
    numbers = sorted(push.rows)
    last = come.through + len(numbers)
    if come.highest == come.through and numbers == list(range(come.through + 1, last + 1)):
        # As nearly always: exactly what comes next, so that nothing need be looked for.
        row_hash = push.rows[last].link.hash if numbers else ""
        ahead = replace(come, through=last, highest=last, head=_head(come.head, last, row_hash))
        return await _moved(session, journal, come, ahead)
    return await _moved(session, journal, come, await _followed(session, journal, come))


async def skip(session: Session, journal: Journal, last: int) -> int:
    """Stop waiting for rows up to a number; how far the journal has come then."""
    come = await locked(session, journal)
    if last <= come.through:
        return come.through
    skipped = (*come.skipped, (come.through + 1, last))
    after = replace(come, through=last, highest=max(last, come.highest), skipped=skipped)
    return (await _moved(session, journal, come, await _followed(session, journal, after))).through


async def missed(session: Session, journal: Journal, epoch: str, last: int) -> None:
    """A device says that it wrote another journal up to a number: what never came of it is a gap."""
    former = replace(journal, epoch=epoch)
    come = await locked(session, former)
    await _moved(session, former, come, replace(come, highest=max(come.highest, last)))


async def _followed(session: Session, journal: Journal, come: Come) -> Come:
    """How far the rows go on from a mark."""
    seen = await _seen(session, journal, come.through)
    through = come.through
    while through + 1 in seen:
        through += 1
    found = (await _kept(session, journal, [through])).get(through, Link())
    highest = max([come.highest, *seen])
    return replace(come, through=through, highest=highest, head=_head(come.head, through, found.hash))


async def _moved(session: Session, journal: Journal, before: Come, after: Come) -> Come:
    if after != before:
        values = {
            "through": after.through, "highest": after.highest, "head": after.head.seq, "hash": after.head.hash,
            "skipped": json.dumps(after.skipped),
        }  # fmt: skip
        await session.execute(update(JournalStream).where(*_this(journal)).values(**values))
    return after


def signed(journal: Journal, head: Head, sign: Sign | None) -> JournalHead | None:
    """The server's word for the newest row it holds, for the device to keep; None where it has none to give."""
    if sign is None or not head.hash:
        return None
    said = head_bytes(device=journal.device_id, epoch=journal.epoch, seq=head.seq, row_hash=head.hash)
    return JournalHead(seq=head.seq, hash=head.hash, signature=sign(said))


async def _seen(session: Session, journal: Journal, through: int) -> set[int]:
    """The numbers above the mark that have been taken."""
    seen: set[int] = set()
    for table in (JournalRow, ParkedRow):
        ours = (col(table.device_id) == journal.device_id, col(table.epoch) == journal.epoch)
        seen.update(await session.all(select(col(table.seq)).where(*ours, col(table.seq) > through)))
    return seen


def _this(journal: Journal) -> tuple[ColumnElement[bool], ...]:
    return (col(JournalStream.device_id) == journal.device_id, col(JournalStream.epoch) == journal.epoch)


def _head(before: Head, seq: int, row_hash: str) -> Head:
    return Head(seq, row_hash) if row_hash else before
