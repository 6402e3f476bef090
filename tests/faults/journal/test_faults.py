"""What a journal keeps when its process is killed, its disk is full or read-only, or its file is damaged."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meroppet.device.errors import JournalFailed, StoreFailed
from meroppet.device.journal import Journal
from meroppet.device.store import ANSWERS_WITHIN
from meroppet.rules.events import DoorShut, LinkLost
from meroppet.runtime.clock import SystemClock

WRITER = [sys.executable, "-m", "tests.faults.journal.writer"]
ROOT = Path(__file__).parents[3]
KILLS = 50
FLIPS = 300


def _rows(path: Path) -> list[int]:
    journal = Journal(path, SystemClock(), "b" * 32)
    found = journal._store.run(lambda connection: connection.execute("SELECT seq FROM row ORDER BY seq").fetchall())
    journal.close()
    return [seq for (seq,) in found]


def test_fifty_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    # One process forks the writers, so that starting Python is paid once.
    with subprocess.Popen(
        [*WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as forks:
        promised = [_killed_at_random(forks) for _ in range(KILLS)]
        assert forks.stdin is not None
        forks.stdin.close()

    kept = _rows(path)
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= max(promised) > KILLS
    assert not list(tmp_path.glob("*.corrupt*"))


def _killed_at_random(forks: "subprocess.Popen[str]") -> int:
    """The last number a writer was told before it was killed in the midst of writing."""
    assert forks.stdin is not None
    assert forks.stdout is not None
    forks.stdin.write("next\n")
    forks.stdin.flush()
    process, last = int(forks.stdout.readline()), int(forks.stdout.readline())
    time.sleep(random.uniform(0, 0.02))
    os.kill(process, signal.SIGKILL)
    for line in forks.stdout:
        if line.endswith("dead\n"):
            return last
        last = int(line)
    return last


def _in_a_small_world(tmp_path: Path, script: str) -> list[str]:
    """Run a shell script in a mount namespace of its own, where `$DISK` is an empty folder to mount on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    # Root may mount as it is, also where a user namespace is refused (in a chroot); others become root in one.
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        ["unshare", *as_root, "--mount", "sh", "-ec", script],
        env={"DISK": str(disk), "PYTHON": sys.executable, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_full_disk_is_said_and_never_mistaken_for_a_written_row(tmp_path: Path) -> None:
    said = _in_a_small_world(
        tmp_path,
        'mount -t tmpfs -o size=256k none "$DISK"\n'
        '"$PYTHON" -m tests.faults.journal.writer "$DISK/journal.db" 3000\n'
        'echo kept; "$PYTHON" -m tests.faults.journal.reader "$DISK/journal.db"',
    )

    promised = [int(line) for line in said[: said.index("kept")] if line.isdigit()]
    kept = [int(line) for line in said[said.index("kept") + 1 :]]
    assert any(line.startswith("failed full:") for line in said)
    assert set(promised) <= set(kept)


def test_a_read_only_disk_is_said_and_never_mistaken_for_a_written_row(tmp_path: Path) -> None:
    said = _in_a_small_world(
        tmp_path,
        'mount -t tmpfs -o size=4m none "$DISK"\n'
        '"$PYTHON" -m tests.faults.journal.writer "$DISK/journal.db" 3\n'
        'mount -o remount,ro "$DISK"\n'
        '"$PYTHON" -m tests.faults.journal.writer "$DISK/journal.db" 2',
    )

    assert said[:3] == ["1", "2", "3"]
    assert len(said) == 5
    assert all(line.startswith("failed read_only:") for line in said[3:])


def test_a_damaged_journal_is_set_aside_and_a_new_epoch_begins(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    before = Journal(path, SystemClock(), "b" * 32)
    for _ in range(50):
        before.append(DoorShut())
    epoch = _epoch(before)
    before.close()
    whole = bytearray(path.read_bytes())
    whole[4096:8192] = bytes(4096)
    path.write_bytes(whole)

    after = Journal(path, SystemClock(), "b" * 32)
    number = after.append(LinkLost())

    # The first row of the new epoch says that it is one.
    assert number == 2
    assert _epoch(after) != epoch
    assert (tmp_path / "journal.db.corrupt-1").exists()
    after.close()


def test_no_byte_of_the_file_can_be_wrong_without_being_found(tmp_path: Path) -> None:
    """Where a journal was changed it is set aside, or the server is told by the chain; else no row is another."""
    path = tmp_path / "journal.db"
    before = Journal(path, SystemClock(), "b" * 32)
    for _ in range(60):
        before.append(DoorShut())
    rows = _contents(before)
    before.close()
    whole = path.read_bytes()
    dice = random.Random(12)

    found = [_found_by(tmp_path, whole, dice, rows, number) for number in range(FLIPS)]

    assert set(found) == {"set aside", "chain", "nothing changed"}


def _found_by(folder: Path, whole: bytes, dice: random.Random, rows: list[tuple[object, ...]], number: int) -> str:
    place = dice.randrange(len(whole))
    path = folder / str(number) / "journal.db"
    path.parent.mkdir()
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << dice.randrange(8)]) + whole[place + 1 :])
    journal = Journal(path, SystemClock(), "c" * 32)
    try:
        if list(path.parent.glob("*.corrupt*")):
            return "set aside"
        if _contents(journal) == rows:
            return "nothing changed"
        return "chain" if asyncio.run(journal.first_fault()) is not None else f"silent at {place}"
    except StoreFailed:
        return "set aside"
    finally:
        journal.close()


def _contents(journal: Journal) -> list[tuple[object, ...]]:
    return journal._store.run(
        lambda connection: connection.execute("SELECT row.*, mark.epoch FROM row, mark ORDER BY row.seq").fetchall()
    )


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all" * 500)

    journal = Journal(path, SystemClock(), "b" * 32)

    assert journal.append(LinkLost()) == 2
    journal.close()


async def test_a_disk_that_hangs_is_given_up_and_what_waited_is_not_written_later(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", SystemClock(), "b" * 32)
    began = time.monotonic()
    journal._store._thread.submit(time.sleep, ANSWERS_WITHIN + 0.5)

    with pytest.raises(JournalFailed):
        await journal.write(DoorShut())
    took = time.monotonic() - began
    journal.close()

    assert took < ANSWERS_WITHIN + 0.4
    assert _rows(tmp_path / "journal.db") == []


def _epoch(journal: Journal) -> str:
    return str(journal._store.run(lambda connection: connection.execute("SELECT epoch FROM mark").fetchone()[0]))


def test_three_hundred_visits_a_day_write_little_and_the_log_stays_small(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.journal.visits", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    written, largest_log = map(int, done.stdout.split())
    assert written <= 25 * 1024 * 1024
    assert largest_log <= 16 * 1024 * 1024
