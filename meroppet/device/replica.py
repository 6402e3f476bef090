"""What the server has told this device of its branch: documents and rights, by change number, ready to decide with.

A file is replaced only by a whole one: a snapshot is loaded into `replica-<n+1>` and takes over by its name. However
many rights it holds, no more than a piece of it is in memory at a time.
"""

import json
import logging
import os
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, TypeVar

from meroppet.device.errors import StoreFailed
from meroppet.device.store import open_database
from meroppet.device.timetable import Timetable
from meroppet.rules.card_formats import CardFormats
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.hours import Hours
from meroppet.rules.passes import Pass
from meroppet.rules.pin import CARD_TOTAL
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.access import AcknowledgedDocument, LockDocument, PassDocument
from meroppet.wire.cards import CardsDocument, cards_from_wire
from meroppet.wire.changes import (
    RECORD,
    SUBJECT_BYTES,
    BranchDocument,
    ChangesReply,
    PolicyDocument,
    RightDocument,
    SnapshotHeader,
    Tombstone,
    Upsert,
    pack_right,
    unpack_rights,
)
from meroppet.wire.convert import policy_from_wire, right_from_wire
from meroppet.wire.passes import pass_from_wire

T = TypeVar("T")
ONLY = "-"
"""The key of what a branch has one of."""
logger = logging.getLogger(__name__)

_NAME = re.compile(r"replica-([0-9]+)\.db")
_UPSERT_RIGHT = 'INSERT OR REPLACE INTO "right" (subject, record) VALUES (?, ?)'
_FEW = "SELECT kind, key, value FROM document WHERE kind NOT IN ('pass', 'lock')"
_LOCKED_FOR_GOOD = LockDocument(failures=CARD_TOTAL, until_reset=True)
_NO_FILE = -1
_PIECE = 4096
"""Records of a snapshot that are read at a time."""
_UPSERT_DOCUMENT = "INSERT OR REPLACE INTO document (kind, key, value) VALUES (?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A snapshot in a file of its own, whole, on disk under its name and not yet gone by."""

    number: int
    connection: sqlite3.Connection


class Replica:
    """The newest known state of the branch.

    `write`, `prepare` and `clear_away` wait for the disk and belong in a thread beside the event loop, one at a time;
    everything else belongs in the loop. `refresh` follows `write` and `take_over`.
    """

    def __init__(self, folder: Path, machine: Machine = REAL) -> None:
        self._folder, self._connect = folder, machine.connect
        self._schema = files("meroppet.device").joinpath("schema", "replica.sql").read_text(encoding="utf-8")
        self._changed: list[Callable[[], None]] = []
        self._branch: BranchDocument | None = None
        self._policy: Policy | None = None
        self._cards: CardFormats | None = None
        self._timetable = Timetable()
        self._cursor = 0
        self._number, self._connection = self._opened()
        # One to read with and one to write with: who reads a WAL never waits for the writer's disk.
        self._writer: sqlite3.Connection | None = None
        self._retired: list[sqlite3.Connection] = []
        self._is_outdated = False
        self.refresh()
        # What another version of this software stored and this one cannot mean is asked for anew, once a start.
        self._is_outdated = not self._timetable.is_understood

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each change was applied."""
        self._changed.append(callback)

    def cursor(self) -> int:
        """The change number up to which everything is known; 0 when a snapshot is needed."""
        return 0 if self._is_outdated else self._cursor

    def branch(self) -> BranchDocument | None:
        """What is known of the branch itself."""
        return self._branch

    def policy(self) -> Policy | None:
        """The branch's policy, or None if there is none this version understands."""
        return self._policy

    def hours(self) -> Hours | None:
        """The branch's hours, or None if there are none this version understands: then it is closed."""
        return self._timetable.hours

    def why_no_hours(self) -> str:
        """One sentence on why `hours` is None; empty while it is not."""
        return self._timetable.why_none

    def listed(self, key: str) -> frozenset[str]:
        """The digests of those on a list: "staff", or an exception's id. Nobody is on a list that is not there."""
        return self._timetable.listed(key)

    def right(self, subject: str) -> Right | None:
        """A patron's right by subject digest, or None. Raises StoreFailed if it cannot be looked up."""
        raw = bytes.fromhex(subject)
        record = self._one('SELECT record FROM "right" WHERE subject = ?', raw)
        return None if record is None else right_from_wire(next(unpack_rights(raw + record))[1])

    def held_pass(self, digest: str) -> Pass | None:
        """The tag or code of this digest, or None; one this version cannot mean opens nothing. Raises StoreFailed."""
        return _understood(
            self._document("pass", digest), lambda text: pass_from_wire(PassDocument.model_validate_json(text))
        )

    def lock(self, subject: str) -> LockDocument | None:
        """What the server says of wrong PINs at a card; what is not understood locks it. Raises StoreFailed."""
        text = self._document("lock", subject)
        return None if text is None else _understood(text, LockDocument.model_validate_json) or _LOCKED_FOR_GOOD

    def acknowledged(self, device: str) -> datetime | None:
        """When staff last saw to this device's alarm, or None. Raises StoreFailed."""
        seen = _understood(self._document("acknowledged", device), AcknowledgedDocument.model_validate_json)
        return None if seen is None else seen.at

    def cards(self) -> CardFormats | None:
        """The consortium's card formats; None: it has named none. Formats that are not understood fit no card."""
        return self._cards

    def write(self, reply: ChangesReply) -> None:
        """Store one page and its number in one transaction; a page older than what is known changes nothing.

        Raises StoreFailed if it is not stored, ValueError for a page that cannot be understood; then nothing of it is.
        """
        if reply.next <= self._cursor:
            return
        if self._number == _NO_FILE:
            raise StoreFailed("replica: the disk holds none")
        try:
            writer = self._writer = self._writer or self._database(self._path(self._number))
            with writer:
                _upsert(writer, reply.upserts)
                _bury(writer, reply.tombstones)
                writer.execute("UPDATE mark SET change = ?", (reply.next,))
        except sqlite3.Error as error:
            raise StoreFailed(f"replica: {error}") from error

    @property
    def download(self) -> Path:
        """Where a snapshot is put together before it is prepared."""
        return self._folder / "replica.download"

    def prepare(self, snapshot: Path, at_least: int = 0) -> Prepared:
        """Load a snapshot into a file of its own, which is what the next start opens.

        ValueError if it is not whole or older than `at_least`, StoreFailed if it is not stored; then nothing changes.
        """
        try:
            with snapshot.open("rb") as opened:
                unfinished = self._load(opened, at_least)
            number = max(self._numbers(), default=0) + 1
            _delete(self._path(number))
            # Named by its number only when it is whole, so that a power cut leaves the old file or the new one.
            unfinished.replace(self._path(number))
            _sync_folder(self._folder)
            snapshot.unlink()
            return Prepared(number, self._database(self._path(number)))
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(f"replica: {error}") from error

    def take_over(self, prepared: Prepared) -> None:
        """Go by what was prepared from now on."""
        self._retired += [self._connection, *([self._writer] if self._writer is not None else [])]
        self._connection, self._writer, self._number = prepared.connection, None, prepared.number
        self._is_outdated = False

    def clear_away(self) -> None:
        """Let go of the files that were taken over from."""
        while self._retired:
            self._retired.pop().close()
        for number in self._numbers():
            if number < self._number:
                _delete(self._path(number))

    def refresh(self) -> None:
        """Take in what was stored, and tell those who wanted to know."""
        (self._cursor,) = self._connection.execute("SELECT change FROM mark").fetchone()
        rows = self._connection.execute(_FEW)
        documents = {(kind, key): text for kind, key, text in rows}
        self._branch = _understood(documents.get(("branch", ONLY)), BranchDocument.model_validate_json)
        self._policy = _understood(
            documents.get(("policy", ONLY)), lambda text: policy_from_wire(PolicyDocument.model_validate_json(text))
        )
        self._cards = _card_formats(documents.get(("cards", ONLY)))
        self._timetable.take(documents)
        for callback in self._changed:
            callback()

    def close(self) -> None:
        """Let go of the file."""
        for connection in (self._connection, self._writer, *self._retired):
            if connection is not None:
                connection.close()

    def _load(self, snapshot: IO[bytes], at_least: int) -> Path:
        unfinished = self._folder / "replica.loading"
        _delete(unfinished)
        connection = self._database(unfinished)
        try:
            with connection:
                _fill(connection, snapshot, at_least)
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            connection.close()
        return unfinished

    def _document(self, kind: str, key: str) -> str | None:
        text: str | None = self._one("SELECT value FROM document WHERE kind = ? AND key = ?", kind, key)
        return text

    def _one(self, question: str, *names: object) -> Any:
        try:
            found = self._connection.execute(question, names).fetchone()
        except sqlite3.Error as error:
            raise StoreFailed(f"replica: {error}") from error
        return None if found is None else found[0]

    def _database(self, path: Path) -> sqlite3.Connection:
        return open_database(path, self._schema, self._connect)

    def _path(self, number: int) -> Path:
        return self._folder / f"replica-{number}.db"

    def _opened(self) -> tuple[int, sqlite3.Connection]:
        try:
            return self._open()
        except (sqlite3.Error, OSError) as error:
            # The way out must work on a device with a broken disk. Nothing is known, so nobody is let in, and what is
            # fetched goes to the disk as soon as that takes it.
            logger.error("the replica cannot be opened", extra={"why": error})
            nothing = sqlite3.connect(":memory:", check_same_thread=False)
            nothing.executescript(self._schema)
            return _NO_FILE, nothing

    def _open(self) -> tuple[int, sqlite3.Connection]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        numbers = self._numbers()
        for number in numbers:
            try:
                opened = self._open_whole(number)
            except sqlite3.Error as error:
                # Everything in it can be fetched again; nothing in it may be guessed.
                logger.error("a replica cannot be used and is thrown away", extra={"file": number, "why": error})
                _delete(self._path(number))
                continue
            for older in numbers[numbers.index(number) + 1 :]:
                _delete(self._path(older))
            return number, opened
        fresh = max(numbers, default=0) + 1
        return fresh, self._database(self._path(fresh))

    def _numbers(self) -> list[int]:
        files = (_NAME.fullmatch(file.name) for file in self._folder.iterdir())
        return sorted((int(found[1]) for found in files if found), reverse=True)

    def _open_whole(self, number: int) -> sqlite3.Connection:
        opened = self._database(self._path(number))
        try:
            # An older version of this software kept less of a right.
            opened.execute('SELECT record FROM "right" LIMIT 0')
        except sqlite3.Error:
            opened.close()
            raise
        return opened


def _understood(text: str | None, parse: Callable[[str], T]) -> T | None:
    if text is None:
        return None
    try:
        return parse(text)
    except (ValueError, TypeError, KeyError) as error:
        # A document from a newer server that this version cannot mean is no document: the door then says no.
        logger.error("a document cannot be understood", extra={"why": error})
        return None


def _card_formats(text: str | None) -> CardFormats | None:
    if text is None:
        return None
    meant = _understood(text, lambda known: cards_from_wire(CardsDocument.model_validate_json(known)))
    return CardFormats() if meant is None else meant


def _fill(connection: sqlite3.Connection, snapshot: IO[bytes], at_least: int) -> None:
    header = SnapshotHeader.model_validate_json(_line(snapshot))
    if header.change < at_least:
        raise ValueError(f"the snapshot is of change {header.change}, and {at_least} is known already")
    _upsert(connection, (Upsert.model_validate_json(_line(snapshot)) for _ in range(header.documents)))
    filled = 0
    while piece := snapshot.read(RECORD.size * _PIECE):
        filled += _fill_in(connection, piece)
    if filled != header.rights:
        raise ValueError(f"the snapshot says {header.rights} rights but holds {filled}")
    connection.execute("UPDATE mark SET change = ?", (header.change,))


def _fill_in(connection: sqlite3.Connection, records: bytes) -> int:
    for _ in unpack_rights(records):
        # Read once before it is stored: a record that means nothing is refused here and not at somebody's card.
        pass
    rows = [records[start : start + RECORD.size] for start in range(0, len(records), RECORD.size)]
    connection.executemany(_UPSERT_RIGHT, ((row[:SUBJECT_BYTES], row[SUBJECT_BYTES:]) for row in rows))
    return len(rows)


def _line(snapshot: IO[bytes]) -> bytes:
    line = snapshot.readline()
    if not line.endswith(b"\n"):
        raise ValueError("the snapshot is cut short in a line")
    return line


def _upsert(connection: sqlite3.Connection, upserts: Iterable[Upsert]) -> None:
    for upsert in upserts:
        if upsert.kind == "right":
            packed = pack_right(upsert.key, RightDocument.model_validate(upsert.value))
            connection.execute(_UPSERT_RIGHT, (packed[:SUBJECT_BYTES], packed[SUBJECT_BYTES:]))
        else:
            connection.execute(_UPSERT_DOCUMENT, (upsert.kind, upsert.key, json.dumps(upsert.value)))


def _bury(connection: sqlite3.Connection, tombstones: Iterable[Tombstone]) -> None:
    for tombstone in tombstones:
        if tombstone.kind == "right":
            connection.execute('DELETE FROM "right" WHERE subject = ?', (bytes.fromhex(tombstone.key),))
        else:
            connection.execute("DELETE FROM document WHERE kind = ? AND key = ?", (tombstone.kind, tombstone.key))


def _delete(path: Path) -> None:
    for part in ("", "-wal", "-shm"):
        path.with_name(path.name + part).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
