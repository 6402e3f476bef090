"""The device's append-only journal: what is written here is on disk, whole, and sent to the server exactly once.

Rows are chained (meroppet.rules.chain, docs/journal.md). What the server finds to be another journal than the one it
holds, what is damaged and what is gone goes on as a new epoch, whose first row says so.
"""

import base64
import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from meroppet.device import sentinel
from meroppet.device.acknowledging import CONTRADICTED, DAMAGED, MISSING, NOTHING_REACHED, keep, settle
from meroppet.device.chained import (
    PART,
    Cells,
    Mark,
    add,
    begin,
    detail_of,
    head_of,
    links,
    make_way,
    mark_of,
    newest,
    require_tables,
    rows_after,
    take_over,
)
from meroppet.device.errors import HeadRefused, JournalFailed, StoreFailed
from meroppet.device.sentinel import Sentinel
from meroppet.device.store import BROKEN, Steps, Store, Work
from meroppet.rules.chain import Head, Link, Scalar, first_fault
from meroppet.rules.events import KINDS, Event
from meroppet.rules.house_events import JournalBegan
from meroppet.rules.house_events import JournalFailed as FailedForATime
from meroppet.runtime.clock import Clock
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.journal import BATCH, JournalHead, JournalReply, JournalRequest
from meroppet.wire.signing import head_bytes

logger = logging.getLogger(__name__)

KEPT_AFTER_ACK = timedelta(days=7)
"""A server restored from a backup may ask for rows again."""
ALTERED = "altered"
PEOPLE_COUNTER = "people_counter"
_AHEAD = timedelta(days=1)
"""A row dated later than this was written by a wrong clock, and is not younger than the others for it."""
_PASSAGES = (
    "SELECT seq, kind, detail FROM row WHERE kind IN"
    " ('access.granted', 'door.exit', 'branch.state', 'passage.counted', 'reader.lost') AND seq > ? ORDER BY seq"
)
_PURGE = """DELETE FROM row WHERE seq IN (
    SELECT seq FROM row WHERE seq <= (SELECT acked FROM mark) AND seq < (SELECT max(seq) FROM row)
        AND seq < coalesce((SELECT seq FROM row WHERE wall >= ? AND wall < ? ORDER BY seq LIMIT 1), 9223372036854775807)
    ORDER BY seq LIMIT 1000)"""
_UNSENT = "SELECT count(*), min(wall) FROM row WHERE seq > ?"
_HEX = frozenset("0123456789abcdef")


class Passage(NamedTuple):
    """A row that may say how many people are inside: its place, its kind, and the state or direction it tells of."""

    seq: int
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the journal is. `queue`: seconds the oldest unsent row has waited. `storage`: why nothing can be written
    (full, read_only, broken, slow), or that rows are not what was written (altered); empty if all is well.
    """

    epoch: str = ""
    last: int = 0
    unsent: int = 0
    queue: float | None = None
    storage: str = ""


class Journal:
    """One journal file. `boot` names this run of the device in its rows."""

    def __init__(self, path: Path, clock: Clock, boot: str, machine: Machine = REAL) -> None:
        self._clock, self._boot, self._ids = clock, boot, machine.ids
        self._beside = path.with_name(sentinel.FILE)
        self._remembered: Sentinel | None = None
        self._signer: tuple[str, Ed25519PublicKey] | None = None
        self._failing: tuple[str, float] | None = None
        self._is_recovering = False
        self._standing, self._is_altered = Standing(), False
        self._reached = self._lately = NOTHING_REACHED
        self._written: list[Callable[[], None]] = []
        self._troubled: list[Callable[[str], None]] = []
        self._store = Store(path, "journal", machine, Steps(make_way, self._opened))
        self._remember()

    @property
    def storage(self) -> str:
        """Why nothing could be written the last time it was tried, in one word; empty if it could."""
        return "" if self._failing is None else self._failing[0]

    def on_written(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each row that `write` has made durable."""
        self._written.append(callback)

    def on_trouble(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called with `storage` whenever that changes: an alarm, and its end."""
        self._troubled.append(callback)

    def append(self, event: Event, subject: str = "") -> int:
        """Write one row and return its number when it is on disk; JournalFailed otherwise.

        ValueError for what a journal may not hold: an event of no known kind, a subject that is no digest.
        """
        try:
            return self._store.run(self._insert(event, subject))
        except StoreFailed as error:
            self._fail()
            raise JournalFailed(*error.args) from error

    async def write(self, event: Event, subject: str = "") -> int:
        """`append` from the event loop, in the order of the calls; JournalFailed too if the disk is silent."""
        try:
            number = await self._store.call(self._insert(event, subject))
        except StoreFailed as error:
            self._fail()
            raise JournalFailed(*error.args) from error
        await self._recover()
        for callback in self._written:
            callback()
        return number

    async def unsent(self, limit: int = BATCH) -> JournalRequest | None:
        """The oldest rows the server has not acknowledged, at most `limit`, or None."""
        return await self._store.call(partial(self._unsent, limit=limit))

    async def unsent_count(self) -> int:
        """How many rows the server has not acknowledged."""
        return (await self._store.call(self._waiting))[0]

    def trust_heads(self, device: str, key: str) -> None:
        """From now on believe only acknowledgements whose head is signed by this key (Ed25519, base64; empty: any).

        ValueError if it is no key.
        """
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True)) if key else None
        self._signer = None if public is None else (device, public)

    async def acked(self, sent: JournalRequest, reply: JournalReply) -> None:
        """Move the mark to what the server has made durable and remember which rows it parked, and its word for it.

        Where the server holds another journal under this epoch, everything it does not hold goes on in a new one.
        Raises HeadRefused if the head is not signed by the server: then nothing is acknowledged.
        """
        self._require_signed(sent.epoch, reply.head)
        epoch = self._ids()
        why = JournalBegan(sent.epoch, min(reply.acked_through, sent.rows[-1].seq), CONTRADICTED)
        began = self._cells(why, "")
        reached = await self._store.call(lambda connection: settle(connection, sent, reply, epoch, began))
        self._reached = reached or NOTHING_REACHED
        if reached is None:
            logger.error("the server holds another journal of this device: a new epoch begins", extra={"epoch": epoch})
            await self._store.call(self._note)

    async def standing(self) -> Standing:
        """How the journal is, also where it cannot be read. Tries whether it can be written, if it could not."""
        await self._recover()
        try:
            self._standing = await self._store.call(self._look)
        except StoreFailed:
            self._fail()
        known = self._standing
        storage = self.storage or (ALTERED if self._is_altered else "")
        return Standing(known.epoch, known.last, known.unsent, known.queue, storage)

    async def answered(self, order: str) -> bool:
        """Whether an order of staff has been answered."""
        return await self._store.call(lambda connection: _answered(connection, order))

    async def has_let_in(self, subject: str) -> bool:
        """Whether this device has let in by this digest, as far as its rows go back."""
        return await self._store.call(lambda connection: _has_let_in(connection, subject))

    async def passages(self, after: int = 0) -> tuple[Passage, ...]:
        """What may say how many people are inside, oldest first, after the place of a row that was seen before."""
        return await self._store.call(lambda connection: _passages(connection, after))

    async def recent(self, kind: str, limit: int = 50) -> tuple[dict[str, Scalar], ...]:
        """What the newest rows of a kind tell, oldest first."""
        asked = "SELECT detail FROM row WHERE kind = ? ORDER BY seq DESC LIMIT ?"
        found = await self._store.call(lambda connection: connection.execute(asked, (kind, limit)).fetchall())
        return tuple(detail_of(detail) for (detail,) in reversed(found))

    async def purge(self) -> int:
        """Delete acknowledged rows after KEPT_AFTER_ACK, oldest first; how many. The newest row always stays.

        When nothing is left to delete, the rows that are here are looked at: what was changed on the disk is told.
        """
        now = self._clock.now()
        between = ((now - KEPT_AFTER_ACK).isoformat(), (now + _AHEAD).isoformat())
        deleted = await self._store.call(lambda connection: self._purge(connection, between))
        if not deleted:
            await self._store.call(self._note)
            self._is_altered = await self.first_fault() is not None
        return deleted

    async def first_fault(self) -> int | None:
        """The first number of the epoch at which the rows are not what was written or the server signed for."""
        mark = await self._store.call(mark_of)
        head, last = head_of(mark), 0
        rows: list[tuple[int, Link]] = []
        # Few at a time: whoever stands at the door must not wait for the end of it.
        while more := await self._store.call(partial(links, mark=mark, after=last)):
            rows, last = rows[-1:] + more, more[-1][0]
            fault = first_fault(mark.epoch, rows, head if rows[0][0] <= head.seq <= last else Head())
            if fault is not None:
                return fault
        return last + 1 if last < head.seq else None

    def close(self) -> None:
        """Let go of the file after what was begun is done."""
        with suppress(StoreFailed):
            self._store.run(self._settle)
        self._store.close()

    def _opened(self, connection: sqlite3.Connection, aside: Path | None) -> None:
        """Fill a file that is new: the first epoch of a device, or what comes after a journal that is gone."""
        if take_over(connection):
            return
        require_tables(connection)
        if connection.execute("SELECT 1 FROM mark").fetchone() is not None:
            return
        former = sentinel.read(self._beside)
        if former is None and aside is None:
            begin(connection, self._ids(), 0)
            return
        former = former or Sentinel("", 0, 0)
        begin(connection, self._ids(), (former.part + 1) * PART)
        why = MISSING if aside is None else DAMAGED
        add(connection, self._cells(JournalBegan(former.epoch, former.last if former.epoch else None, why), ""))

    def _remember(self) -> None:
        # What cannot be opened was said by the store; everything that needs it will be refused.
        with suppress(StoreFailed):
            self._store.run(self._note)

    def _note(self, connection: sqlite3.Connection) -> None:
        """Write down beside the journal which one it is, if that is not what stands there."""
        mark = mark_of(connection)
        now = Sentinel(mark.epoch, mark.base // PART, newest(connection) - mark.base)
        if now != self._remembered:
            try:
                sentinel.write(self._beside, now)
                self._remembered = now
            except OSError as error:
                logger.warning("which journal this is cannot be written down", extra={"why": error})

    def _look(self, connection: sqlite3.Connection) -> Standing:
        if self._reached == self._lately:
            self._settle(connection)
        self._lately = self._reached
        mark, (unsent, oldest) = mark_of(connection), self._waiting(connection)
        last = newest(connection) - mark.base
        return Standing(mark.epoch, last, unsent, _waited(oldest, self._clock.now()))

    def _acked(self, mark: Mark) -> int:
        """Behind which row nothing was acknowledged, though it may not be written down yet."""
        return max(mark.acked, self._reached.acked)

    def _unsent(self, connection: sqlite3.Connection, limit: int) -> JournalRequest | None:
        mark = mark_of(connection)
        rows = rows_after(connection, mark, self._acked(mark), limit)
        return JournalRequest(epoch=mark.epoch, rows=rows) if rows else None

    def _waiting(self, connection: sqlite3.Connection) -> tuple[int, str | None]:
        """How many rows are not acknowledged, and when the oldest was written."""
        unsent, oldest = connection.execute(_UNSENT, (self._acked(mark_of(connection)),)).fetchone()
        return int(unsent), oldest

    def _settle(self, connection: sqlite3.Connection) -> None:
        """Write down what was acknowledged, if it is not."""
        if self._reached.acked > mark_of(connection).acked:
            keep(connection, self._reached)

    def _purge(self, connection: sqlite3.Connection, between: tuple[str, str]) -> int:
        self._settle(connection)
        return connection.execute(_PURGE, between).rowcount

    def _insert(self, event: Event, subject: str) -> Work[int]:
        if KINDS.get(event.kind) is not type(event):
            raise ValueError(f"{type(event).__name__} is no event a journal may hold")
        if subject and (len(subject) != 32 or not _HEX.issuperset(subject)):
            raise ValueError("a journal's subject is a digest of 32 hex digits or nothing")
        cells = self._cells(event, subject)
        return lambda connection: add(connection, cells)

    def _cells(self, event: Event, subject: str) -> Cells:
        return Cells(
            wall=self._clock.now().isoformat(),
            monotonic=round(self._clock.monotonic(), 6),
            boot=self._boot,
            clock=self._clock.trust().value,
            kind=event.kind,
            subject=subject,
            detail=json.dumps(event.detail(), separators=(",", ":")),
        )

    def _fail(self) -> None:
        why = self._store.trouble or BROKEN
        known = self.storage
        self._failing = (why, self._clock.monotonic() if self._failing is None else self._failing[1])
        if why != known:
            logger.error("nothing can be journalled", extra={"why": why})
            self._tell()

    async def _recover(self) -> None:
        """After a failure: write for how long nothing could be written, which shows whether it can be again."""
        if self._failing is None or self._is_recovering:
            # Two writes that succeed in the same moment tell it once.
            return
        why, since = self._failing
        told = self._insert(FailedForATime(why, round(self._clock.monotonic() - since, 1)), "")
        self._is_recovering = True
        try:
            await self._store.call(told)
        except StoreFailed:
            self._fail()
            return
        finally:
            self._is_recovering = False
        self._failing = None
        logger.warning("the journal can be written again", extra={"why": why})
        self._tell()

    def _tell(self) -> None:
        for callback in self._troubled:
            callback(self.storage)

    def _require_signed(self, epoch: str, head: JournalHead | None) -> None:
        if self._signer is None or head is None:
            return
        device, key = self._signer
        said = head_bytes(device=device, epoch=epoch, seq=head.seq, row_hash=head.hash)
        try:
            key.verify(base64.b64decode(head.signature, validate=True), said)
        except (InvalidSignature, ValueError) as error:
            raise HeadRefused("the server's word for what it holds is not signed by it") from error


def _waited(oldest: str | None, now: datetime) -> float | None:
    """Seconds since a row was written, as far as clocks say; None: there is no such row, or its time is none."""
    try:
        return None if oldest is None else max(0.0, (now - datetime.fromisoformat(oldest)).total_seconds())
    except (ValueError, TypeError):
        return None


def _answered(connection: sqlite3.Connection, order: str) -> bool:
    asked = "SELECT detail FROM row WHERE kind = 'order.answered' ORDER BY seq DESC"
    return any(detail_of(detail).get("order") == order for (detail,) in connection.execute(asked))


def _has_let_in(connection: sqlite3.Connection, subject: str) -> bool:
    asked = "SELECT 1 FROM row WHERE kind = 'access.granted' AND subject = ? LIMIT 1"
    return connection.execute(asked, (subject,)).fetchone() is not None


def _passages(connection: sqlite3.Connection, after: int) -> tuple[Passage, ...]:
    mark = mark_of(connection)
    if mark.began < after < mark.base:
        # The row that was seen last has moved into the epoch that began since.
        after = mark.base + 1 + after - mark.began
    rows = connection.execute(_PASSAGES, (after,)).fetchall()
    told = (Passage(seq, kind, _told(kind, detail)) for seq, kind, detail in rows)
    return tuple(passage for passage in told if passage.kind != "reader.lost" or passage.state == PEOPLE_COUNTER)


def _told(kind: str, detail: str) -> str:
    name = {"branch.state": "state", "passage.counted": "direction", "reader.lost": "port"}.get(kind, "")
    return str(detail_of(detail).get(name, ""))
