"""The journal's own code over a SQLite that tells every write and sync: connections as the `sqlite3` module has them.

apsw brings a SQLite of its own, of another version than Python's. What it records is what the journal's statements
and pragmas make SQLite do; that the shipped one does so too is shown on a disk of its own (`forgetful`).
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import apsw

from tests.faults.power.disk import Delete, Op, Resize, Sync, SyncFolder, Write

DURABLE_NAMES = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL
"""What SQLite syncs the folder for, when it first syncs what it has made (os_unix.c, UNIXFILE_DIRSYNC)."""
CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class RecordingVFS(apsw.VFS):
    """The ordinary file system, and a list of what was done to it."""

    def __init__(self, name: str, tell: Callable[[Op], object]) -> None:
        super().__init__(name, "unix")
        self._tell = tell

    def xOpen(self, name: Any, flags: list[int]) -> "RecordingFile":  # noqa: N802 (apsw's name)
        """A file that tells what is done to it."""
        return RecordingFile(name, flags, self._tell)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 (apsw's name)
        """A name is gone."""
        super().xDelete(filename, syncdir)
        self._tell(Delete(Path(filename).name))
        if syncdir:
            self._tell(SyncFolder())


class RecordingFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, name: Any, flags: list[int], tell: Callable[[Op], object]) -> None:
        filename = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name, self._tell = Path(filename or "").name, tell
        is_new = bool(filename) and not Path(filename).exists()
        self._syncs_folder = is_new and bool(flags[0] & DURABLE_NAMES)
        super().__init__("unix", name, flags)
        if is_new:
            self._tell(Resize(self._name, 0))

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 (apsw's name)
        """Bytes at a place."""
        super().xWrite(data, offset)
        self._tell(Write(self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 (apsw's name)
        """Cut the end off."""
        super().xTruncate(newsize)
        self._tell(Resize(self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802 (apsw's name)
        """Make it durable."""
        super().xSync(flags)
        self._tell(Sync(self._name))
        if self._syncs_folder:
            self._syncs_folder = False
            self._tell(SyncFolder())


class Cursor:
    """What `sqlite3.Connection.execute` returns."""

    def __init__(self, connection: apsw.Connection, found: Iterable[tuple[Any, ...]]) -> None:
        self._found = iter(found)
        self.lastrowid, self.rowcount = connection.last_insert_rowid(), connection.changes()

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""
        return next(self._found, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows that are left."""
        return list(self._found)

    def __iter__(self) -> "Cursor":
        return self

    def __next__(self) -> tuple[Any, ...]:
        return next(self._found)


class Connection:
    """As much of `sqlite3.Connection`, with its implicit transactions, as a device's store uses."""

    def __init__(self, path: Path, waits: float, vfs: str, change: Callable[[str], str]) -> None:
        with _as_sqlite3():
            self._apsw = apsw.Connection(str(path), vfs=vfs)
        self._apsw.set_busy_timeout(int(waits * 1000))
        # Soon, so that a short run meets many checkpoints.
        self._apsw.wal_autocheckpoint(24)
        self._change = change

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._apsw.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        """One statement; a change begins a transaction."""
        with _as_sqlite3():
            if sql.lstrip().upper().startswith(CHANGES) and not self._apsw.in_transaction:
                self._apsw.execute("BEGIN")
            return Cursor(self._apsw, self._apsw.execute(self._change(sql), tuple(values)).fetchall())

    def executemany(self, sql: str, each: Iterable[Sequence[Any]]) -> None:
        """One statement for each."""
        for values in each:
            self.execute(sql, values)

    def executescript(self, script: str) -> None:
        """Statements that mind their transactions themselves."""
        with _as_sqlite3():
            if self._apsw.in_transaction:
                self._apsw.execute("COMMIT")
            self._apsw.execute(self._change(script)).fetchall()

    def commit(self) -> None:
        """End the transaction."""
        with _as_sqlite3():
            if self._apsw.in_transaction:
                self._apsw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction."""
        with _as_sqlite3():
            if self._apsw.in_transaction:
                self._apsw.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        with _as_sqlite3():
            self._apsw.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()


def connecting(vfs: str, change: Callable[[str], str] = str) -> Callable[[Path, float], sqlite3.Connection]:
    """What a machine's `connect` is, over a recording file system; `change` may alter what is said to SQLite."""
    return lambda path, waits: cast(sqlite3.Connection, Connection(path, waits, vfs, change))


@contextmanager
def _as_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        told = sqlite3.DatabaseError(str(error))
        told.sqlite_errorcode = getattr(error, "result", sqlite3.SQLITE_ERROR)
        raise told from error
