"""The device's append-only journal: what is written here is on disk, whole, and sent to the server exactly once."""

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from meroppet.device.errors import JournalFailed, StoreFailed
from meroppet.device.store import Store, Work
from meroppet.rules.events import KINDS, Event
from meroppet.runtime.clock import Clock
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.journal import BATCH, JournalReply, JournalRequest, Parked, Row

KEPT_AFTER_ACK = timedelta(days=7)
"""A server restored from a backup may ask for rows again."""
_INSERT = "INSERT INTO row (wall, monotonic, boot, clock, kind, subject, detail) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT seq, wall, monotonic, boot, clock, kind, subject, detail FROM row"
_PASSAGES = (
    "SELECT seq, kind, detail FROM row"
    " WHERE kind IN ('access.granted', 'door.exit', 'branch.state') AND seq > ? ORDER BY seq"
)
_HEX = frozenset("0123456789abcdef")


class Passage(NamedTuple):
    """A row of a grant, an exit or a state: its number, its kind and, of a state, which."""

    seq: int
    kind: str
    state: str


class Journal:
    """One journal file. `boot` names this run of the device in its rows."""

    def __init__(self, path: Path, clock: Clock, boot: str, machine: Machine = REAL) -> None:
        self._store = Store(path, "journal", machine)
        self._clock = clock
        self._boot = boot
        self._written: list[Callable[[], None]] = []

    def on_written(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each row that `write` has made durable."""
        self._written.append(callback)

    def append(self, event: Event, subject: str = "") -> int:
        """Write one row and return its number when it is on disk; JournalFailed otherwise.

        ValueError for what a journal may not hold: an event of no known kind, a subject that is no digest.
        """
        try:
            return self._store.run(self._insert(event, subject))
        except StoreFailed as error:
            raise JournalFailed(*error.args) from error

    async def write(self, event: Event, subject: str = "") -> int:
        """`append` from the event loop, in the order of the calls; JournalFailed too if the disk is silent."""
        try:
            number = await self._store.call(self._insert(event, subject))
        except StoreFailed as error:
            raise JournalFailed(*error.args) from error
        for callback in self._written:
            callback()
        return number

    async def unsent(self, limit: int = BATCH) -> JournalRequest | None:
        """The oldest rows the server has not acknowledged, at most `limit`, or None."""
        return await self._store.call(lambda connection: _unsent(connection, limit))

    async def unsent_count(self) -> int:
        """How many rows the server has not acknowledged."""
        return await self._store.call(_unsent_count)

    async def acked(self, sent: JournalRequest, reply: JournalReply) -> None:
        """Move the mark to what the server has made durable and remember which rows it parked."""
        await self._store.call(lambda connection: _acked(connection, sent, reply))

    async def answered(self, order: str) -> bool:
        """Whether an order of staff has been answered."""
        return await self._store.call(lambda connection: _answered(connection, order))

    async def has_let_in(self, subject: str) -> bool:
        """Whether this device has let in by this digest, as far as its rows go back."""
        return await self._store.call(lambda connection: _has_let_in(connection, subject))

    async def passages(self, after: int = 0) -> tuple[Passage, ...]:
        """What may say how many people are inside, oldest first: rows of grants, exits and states after a number."""
        return await self._store.call(lambda connection: _passages(connection, after))

    async def purge(self) -> int:
        """Delete acknowledged rows after KEPT_AFTER_ACK; how many. Unsent rows stay however old they are."""
        before = (self._clock.now() - KEPT_AFTER_ACK).isoformat()
        return await self._store.call(lambda connection: _purge(connection, before))

    def close(self) -> None:
        """Let go of the file after what was begun is done."""
        self._store.close()

    def _insert(self, event: Event, subject: str) -> Work[int]:
        if KINDS.get(event.kind) is not type(event):
            raise ValueError(f"{type(event).__name__} is no event a journal may hold")
        if subject and (len(subject) != 32 or not _HEX.issuperset(subject)):
            raise ValueError("a journal's subject is a digest of 32 hex digits or nothing")
        values = (
            self._clock.now().isoformat(),
            round(self._clock.monotonic(), 6),
            self._boot,
            self._clock.trust().value,
            event.kind,
            subject,
            json.dumps(event.detail(), separators=(",", ":")),
        )
        return lambda connection: int(connection.execute(_INSERT, values).lastrowid or 0)


def _mark(connection: sqlite3.Connection) -> tuple[str, int]:
    epoch, acked = connection.execute("SELECT epoch, acked FROM mark").fetchone()
    return str(epoch), int(acked)


def _unsent(connection: sqlite3.Connection, limit: int) -> JournalRequest | None:
    epoch, acked = _mark(connection)
    found = connection.execute(f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (acked, limit)).fetchall()
    return JournalRequest(epoch=epoch, rows=tuple(map(_row, found))) if found else None


def _row(found: tuple[int, str, float, str, str, str, str, str]) -> Row:
    names = ("seq", "wall", "monotonic", "boot", "clock", "kind", "subject")
    return Row(**dict(zip(names, found, strict=False)), detail=json.loads(found[-1]))


def _unsent_count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM row WHERE seq > (SELECT acked FROM mark)").fetchone()[0])


def _acked(connection: sqlite3.Connection, sent: JournalRequest, reply: JournalReply) -> None:
    epoch, _ = _mark(connection)
    if sent.epoch != epoch:
        return
    connection.execute("UPDATE mark SET acked = ?", (_reached(connection, sent, reply),))
    _park(connection, reply.parked)


def _reached(connection: sqlite3.Connection, sent: JournalRequest, reply: JournalReply) -> int:
    (oldest,) = connection.execute("SELECT min(seq) FROM row").fetchone()
    if oldest is None or reply.acked_through + 1 >= oldest:
        # May lie behind our mark: a server restored from a backup has lost rows, and they are still here.
        return min(reply.acked_through, sent.rows[-1].seq)
    # What it misses was purged here long ago; waiting for it would hold back everything after it.
    return sent.rows[-1].seq


def _park(connection: sqlite3.Connection, parked: tuple[Parked, ...]) -> None:
    connection.executemany("UPDATE row SET parked = ? WHERE seq = ?", [(each.why[:200], each.seq) for each in parked])


def _answered(connection: sqlite3.Connection, order: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM row WHERE kind = 'order.answered' AND json_extract(detail, '$.order') = ?", (order,)
    )
    return found.fetchone() is not None


def _has_let_in(connection: sqlite3.Connection, subject: str) -> bool:
    asked = "SELECT 1 FROM row WHERE kind = 'access.granted' AND subject = ? LIMIT 1"
    return connection.execute(asked, (subject,)).fetchone() is not None


def _passages(connection: sqlite3.Connection, after: int) -> tuple[Passage, ...]:
    rows = connection.execute(_PASSAGES, (after,)).fetchall()
    return tuple(Passage(seq, kind, str(json.loads(detail).get("state", ""))) for seq, kind, detail in rows)


def _purge(connection: sqlite3.Connection, before: str) -> int:
    deleted = connection.execute(
        "DELETE FROM row WHERE seq IN (SELECT seq FROM row WHERE seq <= (SELECT acked FROM mark) AND wall < ?"
        " AND parked IS NULL ORDER BY seq LIMIT 1000)",
        (before,),
    )
    return deleted.rowcount
