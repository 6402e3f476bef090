"""One SQLite file of a device, written durably by one thread; a handle that failed once is never used again.

A failed fsync is not to be retried on the same pages (USENIX ATC'20), so a reopened file is checkpointed whole before
anything new rests on it.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from errno import ENOSPC, EROFS
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, TypeVar

from meroppet.device.errors import StoreFailed
from meroppet.runtime.machine import REAL, Connect, Machine

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

logger = logging.getLogger(__name__)

ANSWERS_WITHIN = 2.0
"""Seconds the disk has for one piece of work; a door cannot wait longer and then says no."""
SLOW, BROKEN = "slow", "broken"
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_TROUBLES: dict[int, str] = {sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_READONLY: "read_only"}
_ERRNOS = {ENOSPC: "full", EROFS: "read_only"}
_MASK = 0xFF
"""An extended result code of SQLite holds the primary one in its lowest byte."""
_PRAGMAS = (
    "journal_mode = WAL", "synchronous = FULL", "cache_size = -512", "secure_delete = ON",
    # What a long reader or a burst has made of the log is given back at its next reset.
    "journal_size_limit = 4194304",
    "wal_checkpoint(TRUNCATE)",
)  # fmt: skip


class Steps(NamedTuple):
    """What a store does beside its schema whenever it opens its file, in the schema's transaction.

    `before` makes way for the schema in a file of an older version. `after` fills a new file; it is told which damaged
    file was set aside for it, if one was.
    """

    before: Callable[[sqlite3.Connection], None]
    after: Callable[[sqlite3.Connection, Path | None], None]


def _nothing(_: sqlite3.Connection, __: Path | None = None) -> None:
    return None


NO_STEPS = Steps(_nothing, _nothing)


class Store:
    """A file with a schema (`schema/<name>.sql`). Opened at once if it can be, and again after a failure when used."""

    def __init__(self, path: Path, schema: str, machine: Machine = REAL, steps: Steps = NO_STEPS) -> None:
        self.path = path
        self.trouble = ""
        """Why the last piece of work failed, in one word: full, read_only, broken or slow; empty if it did not."""
        self._steps = steps
        self._schema = files("meroppet.device").joinpath("schema", f"{schema}.sql").read_text(encoding="utf-8")
        self._turn = threading.Lock()
        self._connect = machine.connect
        self._thread = machine.executor(schema)
        self._stuck: Future[object] | None = None
        self._connection: sqlite3.Connection | None = None
        try:
            self.run(lambda _: None)
        except StoreFailed as error:
            # The way out must work on a device with a broken disk: what needs this store will be refused instead.
            logger.error("a store cannot be opened", extra={"why": error})

    def run(self, work: Work[T]) -> T:
        """Do `work` in one transaction and return when it is on disk; StoreFailed otherwise, then nothing is."""
        with self._turn:
            try:
                connection = self._connection or self._open()
                with connection:
                    done = work(connection)
            except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
                # The last where damage shows in what SQLite says of it.
                self._drop()
                self.trouble = _trouble(error)
                raise StoreFailed(f"{self.path.name}: {error}") from error
            self.trouble = ""
            return done

    async def call(self, work: Work[T]) -> T:
        """`run` in the store's own thread, in the order of the calls; StoreFailed also if the disk does not answer."""
        if self._stuck is not None and not self._stuck.done():
            raise StoreFailed(f"{self.path.name}: the disk still has not answered")
        begun = self._thread.submit(self.run, work)
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                return await asyncio.wrap_future(begun)
        except TimeoutError as error:
            # What has not begun was cancelled with the wait; what has begun may end any time, and nobody builds on it.
            self._stuck = begun  # type: ignore[assignment]
            self.trouble = SLOW
            raise StoreFailed(f"{self.path.name}: the disk did not answer within {ANSWERS_WITHIN} s") from error

    def close(self) -> None:
        """Let go of file and thread; what was called before is done first."""
        self._thread.shutdown(wait=True)
        with self._turn:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                connection.close()
            except sqlite3.Error as error:
                logger.warning("a failed store does not close", extra={"why": error})

    def _open(self) -> sqlite3.Connection:
        try:
            self._connection = open_database(self.path, self._schema, self._connect, self._steps)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & _MASK not in _CORRUPT:
                raise
            aside = set_aside(self.path)
            logger.error("a store was corrupt and set aside", extra={"store": self.path.name, "aside": aside.name})
            self._connection = open_database(self.path, self._schema, self._connect, self._steps, aside)
        return self._connection


def open_database(
    path: Path, schema: str, connect: Connect = REAL.connect, steps: Steps = NO_STEPS, aside: Path | None = None
) -> sqlite3.Connection:
    """The whole, durable database at `path`; sqlite3.DatabaseError with SQLITE_CORRUPT if it is not whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = connect(path, ANSWERS_WITHIN)
    try:
        path.chmod(0o600)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        _require_whole(connection)
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            steps.before(connection)
            for statement in _statements(schema):
                connection.execute(statement)
            steps.after(connection, aside)
    except BaseException:
        connection.close()
        raise
    return connection


def _statements(schema: str) -> Iterator[str]:
    """The schema's statements one by one: a whole script would end the transaction it is run in."""
    statement = ""
    for line in schema.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _trouble(error: Exception) -> str:
    if isinstance(error, OSError):
        return _ERRNOS.get(error.errno or 0, BROKEN)
    return _TROUBLES.get(getattr(error, "sqlite_errorcode", 0) & _MASK, BROKEN)


def _require_whole(connection: sqlite3.Connection) -> None:
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise damaged(str(found))


def damaged(why: str) -> sqlite3.DatabaseError:
    """What is raised while a file is opened that is not what it was, so that it is set aside."""
    error = sqlite3.DatabaseError(f"the file is damaged: {why}")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def set_aside(path: Path) -> Path:
    """Rename a database and what belongs to it, so that it can be looked at; the new name."""
    number = next(number for number in range(1, 1_000_000) if not _aside(path, number).exists())
    for part in ("-wal", "-shm", ""):
        old = path.with_name(path.name + part)
        if old.exists():
            old.rename(_aside(path, number).with_name(_aside(path, number).name + part))
    return _aside(path, number)


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.corrupt-{number}")
