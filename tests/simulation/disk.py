"""A simulated disk under real SQLite files: it fails, fills up, loses power, and is fenced by death."""

import re
import shutil
import sqlite3
import weakref
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

from tests.simulation.loop import Process, current

_SYNCHRONOUS = re.compile(r"synchronous\s*=\s*(\w+)", re.IGNORECASE)
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|BEGIN|PRAGMA (wal|journal))", re.IGNORECASE)


class DiskState(StrEnum):
    """What a disk can be like."""

    WELL = "well"
    FULL = "full"
    READ_ONLY = "read-only"
    FAILING = "failing"


_ERRORS = {
    DiskState.FULL: (sqlite3.SQLITE_FULL, "database or disk is full"),
    DiskState.READ_ONLY: (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    DiskState.FAILING: (sqlite3.SQLITE_IOERR, "disk I/O error"),
}


Image = dict[Path, tuple[bytes, bytes]]
"""Of each database what its file and its log hold."""


class Killed(BaseException):
    """The process that runs now was killed in the middle of what it does."""


class Disk:
    """The disk of one machine. `on_commit` is told of each connection that has committed."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder = folder
        self.state = DiskState.WELL
        self.on_commit: Callable[[SimConnection], None] = lambda _connection: None
        self._random = random
        self._open: dict[SimConnection, None] = {}
        self._synced: dict[Path, int] = {}
        self._trap: tuple[int, Callable[[], None]] | None = None

    def connect(self, path: Path, waits: float) -> sqlite3.Connection:
        """A database of this disk for the process that asks; see `meroppet.runtime.machine`."""
        self.before("PRAGMA open")
        connection = sqlite3.connect(path, check_same_thread=False, timeout=min(waits, 0.2), factory=SimConnection)
        connection.disk, connection.process, connection.path = self, current(), path
        self._open[connection] = None
        # What an earlier process has left in the log is as durable as it was then.
        self._synced.setdefault(path, _length(_wal(path)))
        return connection

    def trap(self, after: int, kill: Callable[[], None]) -> None:
        """Have a process killed after so many more steps of this disk."""
        self._trap = (after, kill)

    def before(self, statement: str) -> None:
        """A step is about to be taken; raises sqlite3.OperationalError as the disk is, Killed in a trap."""
        self._count_down()
        code, words = _ERRORS.get(self.state, (0, ""))
        if code and (self.state is DiskState.FAILING or _WRITES.match(statement)):
            error = sqlite3.OperationalError(words)
            error.sqlite_errorcode, error.sqlite_errorname = code, words
            raise error

    def after_commit(self, connection: "SimConnection") -> None:
        """A transaction is on its way to the platter; with synchronous=FULL it has arrived."""
        if connection.synchronous == "FULL":
            self._synced[connection.path] = _length(_wal(connection.path))
        self.on_commit(connection)
        self._count_down()

    def forget(self, connection: "SimConnection") -> None:
        """A connection was closed."""
        self._open.pop(connection, None)

    def abandon(self, process: Process) -> None:
        """A process died: the kernel closes its files, and what it had not committed is gone."""
        for connection in [each for each in self._open if each.process is process]:
            self._open.pop(connection, None)
            connection.drop()

    def platter(self) -> Image:
        """What is on the platter at this moment, and of the rest as much as chance has it."""
        return {path: (path.read_bytes(), self._surviving(path)) for path in self._synced if path.exists()}

    def lose_power(self, image: Image) -> None:
        """Be as the platter was when the power went; whoever used the disk must be dead."""
        for path, (data, wal) in image.items():
            for part in (path, _wal(path), path.with_name(path.name + "-shm")):
                part.unlink(missing_ok=True)
            path.write_bytes(data)
            _wal(path).write_bytes(wal)
        self._synced.clear()

    def copy(self, to: Path) -> None:
        """An image of the disk as it lies in a drawer; whoever used it must be dead."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to)

    def put_back(self, image: Path) -> None:
        """The image is put in, in place of what was there."""
        shutil.rmtree(self.folder)
        shutil.copytree(image, self.folder)
        self._synced.clear()

    def _surviving(self, path: Path) -> bytes:
        wal = _wal(path).read_bytes() if _wal(path).exists() else b""
        synced = min(self._synced[path], len(wal))
        return wal[: self._random.randint(synced, len(wal))]

    def _count_down(self) -> None:
        if self._trap is None:
            return
        left, kill = self._trap
        self._trap = (left - 1, kill) if left > 0 else None
        if left <= 0:
            kill()
            process = current()
            if process is not None and not process.alive:
                raise Killed


class SimConnection(sqlite3.Connection):
    """A connection to a database on a simulated disk. `look` asks it without a step of the disk."""

    disk: Disk
    process: Process | None = None
    path: Path
    synchronous = "FULL"
    _cursors: "weakref.WeakSet[sqlite3.Cursor]"

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._cursors = weakref.WeakSet()

    def execute(self, sql: str, /, *args: Any) -> sqlite3.Cursor:
        """See sqlite3."""
        self._before(sql)
        self._mind_syncing(sql)
        made = super().execute(sql, *args)
        self._cursors.add(made)
        return made

    def cursor(self, *args: Any) -> sqlite3.Cursor:  # type: ignore[override]
        """See sqlite3."""
        made: sqlite3.Cursor = super().cursor(*args)
        self._cursors.add(made)
        return made

    def drop(self) -> None:
        """As the kernel closes what a dead process had open.

        A statement that is not at its end would keep the file open, and delete another's log when it is collected.
        """
        for cursor in tuple(self._cursors):
            cursor.close()
        super().close()

    def executemany(self, sql: str, /, *args: Any) -> sqlite3.Cursor:
        """See sqlite3."""
        self._before(sql)
        return super().executemany(sql, *args)

    def executescript(self, script: str, /) -> sqlite3.Cursor:
        """See sqlite3."""
        self._before(script)
        self._mind_syncing(script)
        return super().executescript(script)

    def look(self, question: str, *values: object) -> list[Any]:
        """What the oracle reads: no fault meets it."""
        return super().execute(question, values).fetchall()

    def commit(self) -> None:
        """See sqlite3."""
        self._before("COMMIT")
        super().commit()
        self.disk.after_commit(self)

    def close(self) -> None:
        """See sqlite3."""
        if hasattr(self, "disk"):
            self.disk.forget(self)
        super().close()

    def __exit__(self, kind: Any, *error: Any) -> Any:
        writing = kind is None and self.in_transaction
        if writing:
            self._before("COMMIT")
        done = super().__exit__(kind, *error)
        if writing:
            self.disk.after_commit(self)
        return done

    def _mind_syncing(self, sql: str) -> None:
        if found := _SYNCHRONOUS.search(sql):
            self.synchronous = found[1].upper()

    def _before(self, statement: str) -> None:
        if self.process is not None and not self.process.alive:
            raise Killed
        self.disk.before(statement)


def _wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
