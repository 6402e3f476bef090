"""A device's store: what is said to be stored is, and a handle that failed is never used again."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from errno import EIO, ENOSPC, EROFS
from pathlib import Path
from typing import Any

import pytest

from meroppet.device import store as stores
from meroppet.device.errors import StoreFailed
from meroppet.device.store import Store, set_aside
from meroppet.runtime.machine import REAL, Machine, one_thread

COUNT = "SELECT count(*) FROM known"
KEEP = "INSERT INTO known (card, at) VALUES (hex(randomblob(8)), 'now')"


class Failing(sqlite3.Connection):
    """A connection that fails when it is told to, as SQLite does when the disk does."""

    why: Exception | None = None
    stays_open = False

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        if self.why is not None and statement[0] == KEEP:
            raise self.why
        return super().execute(*statement)

    def close(self) -> None:
        super().close()
        if self.stays_open:
            raise sqlite3.OperationalError("unable to close")


class Disk:
    """Hands out connections, and remembers them."""

    def __init__(self) -> None:
        self.handles: list[Failing] = []

    def connect(self, path: Path, waits: float) -> sqlite3.Connection:
        made = sqlite3.connect(path, check_same_thread=False, timeout=waits, factory=Failing)
        self.handles.append(made)
        return made

    @property
    def machine(self) -> Machine:
        return replace(REAL, connect=self.connect)


def failure(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as the disk would")
    error.sqlite_errorcode = code
    return error


def keep(connection: sqlite3.Connection) -> None:
    connection.execute(KEEP)


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute(COUNT).fetchone()[0])


@pytest.mark.parametrize(
    ("why", "word"),
    [
        (failure(sqlite3.SQLITE_FULL), "full"),
        (failure(sqlite3.SQLITE_READONLY), "read_only"),
        (failure(sqlite3.SQLITE_READONLY | 4 << 8), "read_only"),
        (failure(sqlite3.SQLITE_IOERR | 4 << 8), "broken"),
        (sqlite3.ProgrammingError("no code"), "broken"),
        (OSError(ENOSPC, "no space"), "full"),
        (OSError(EROFS, "read only"), "read_only"),
        (OSError(EIO, "input output"), "broken"),
        (OSError("no number"), "broken"),
    ],
    ids=repr,
)
def test_a_failure_is_said_in_one_word_and_its_handle_is_not_used_again(
    tmp_path: Path, why: Exception, word: str
) -> None:
    disk = Disk()
    store = Store(tmp_path / "a.db", "attempts", disk.machine)
    disk.handles[0].why = why
    disk.handles[0].stays_open = True

    with pytest.raises(StoreFailed):
        store.run(keep)

    assert store.trouble == word
    store.run(keep)
    assert (store.trouble, store.run(count), len(disk.handles)) == ("", 1, 2)
    store.close()


def test_what_fails_half_way_is_not_stored(tmp_path: Path) -> None:
    disk = Disk()
    store = Store(tmp_path / "a.db", "attempts", disk.machine)

    def twice(connection: sqlite3.Connection) -> None:
        keep(connection)
        disk.handles[0].why = failure(sqlite3.SQLITE_IOERR)
        keep(connection)

    with pytest.raises(StoreFailed):
        store.run(twice)

    assert store.run(count) == 0
    store.close()


def test_a_mistake_of_the_caller_is_no_failure_of_the_disk(tmp_path: Path) -> None:
    disk = Disk()
    store = Store(tmp_path / "a.db", "attempts", disk.machine)

    def mistaken(connection: sqlite3.Connection) -> None:
        keep(connection)
        raise ValueError("not what was meant")

    with pytest.raises(ValueError, match="not what was meant"):
        store.run(mistaken)

    assert (store.run(count), store.trouble, len(disk.handles)) == (0, "", 1)
    store.close()


def test_a_file_that_cannot_be_opened_is_tried_again_with_the_next_work(tmp_path: Path) -> None:
    (tmp_path / "a.db").mkdir()
    store = Store(tmp_path / "a.db", "attempts")
    with pytest.raises(StoreFailed):
        store.run(keep)
    (tmp_path / "a.db").rmdir()

    store.run(keep)

    assert store.run(count) == 1
    store.close()


def test_a_damaged_file_is_set_aside_with_all_that_belongs_to_it_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for _ in range(2):
        path.write_bytes(b"not a database at all" * 500)
        store = Store(path, "attempts")
        store.run(keep)
        store.close()
    path.with_name("a.db-wal").write_bytes(b"the log of what has become unreadable")
    set_aside(path)

    assert {file.name for file in tmp_path.iterdir()} == {
        "a.db.corrupt-1", "a.db.corrupt-2", "a.db.corrupt-3", "a.db.corrupt-3-wal",
    }  # fmt: skip


def test_a_page_that_does_not_fit_is_found_when_the_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = Store(path, "attempts")
    for _ in range(400):
        store.run(keep)
    store.close()
    whole = bytearray(path.read_bytes())
    whole[-4096:] = bytes(4096)
    path.write_bytes(whole)

    again = Store(path, "attempts")

    assert again.run(count) == 0
    assert (tmp_path / "a.db.corrupt-1").exists()
    again.close()


async def test_a_disk_that_hangs_is_given_up_until_it_has_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "ANSWERS_WITHIN", 0.2)
    hangs = threading.Event()
    threads: list[Executor] = []

    def executor(name: str) -> Executor:
        threads.append(one_thread(name))
        return threads[-1]

    store = Store(tmp_path / "a.db", "attempts", replace(REAL, executor=executor))

    def hang(_: sqlite3.Connection) -> None:
        hangs.wait(30)

    with pytest.raises(StoreFailed, match="did not answer"):
        await store.call(hang)
    assert store.trouble == "slow"
    with pytest.raises(StoreFailed, match="still has not"):
        await store.call(keep)

    hangs.set()
    threads[0].submit(lambda: None).result(30)
    await store.call(keep)

    assert (await store.call(count), store.trouble) == (1, "")
    store.close()


def test_the_log_beside_a_file_is_bounded(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db", "attempts")

    def pragma(name: str) -> Callable[[sqlite3.Connection], Any]:
        return lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert store.run(pragma("journal_mode")) == "wal"
    assert store.run(pragma("synchronous")) == 2
    assert store.run(pragma("journal_size_limit")) == 4 * 1024 * 1024
    assert store.run(pragma("wal_autocheckpoint")) == 1000
    store.close()
