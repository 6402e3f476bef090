"""An unmodified process on a disk that forgets what was not synced: Python's own SQLite, its syncs as they are."""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.power.cuts import cuts, outcomes
from tests.faults.power.disk import Op, Sync, Told
from tests.faults.power.promises import NAME, promised

ROOT = Path(__file__).parents[3]
IMAGES, CONTROL = 500, 100
SESSIONS, WRITES = "4", "40"


def mounted(folder: Path) -> "subprocess.Popen[bytes]":
    """Our file system at a folder, once it is there."""
    command = [sys.executable, "-m", "tests.faults.power.forgetful", str(folder / "disk"), str(folder / "log")]
    serving = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    end = time.monotonic() + 30
    while not os.path.ismount(folder / "disk"):
        assert serving.poll() is None, serving.communicate()[1].decode()
        assert time.monotonic() < end
        time.sleep(0.01)
    return serving


@pytest.fixture
def written(memory: Path) -> list[Op]:
    """All that a process wrote, synced and promised on that disk."""
    (memory / "disk").mkdir()
    serving = mounted(memory)
    writer = [sys.executable, "-m", "tests.faults.power.writer", str(memory / "disk"), SESSIONS, WRITES, "6"]
    try:
        subprocess.run(writer, cwd=ROOT, check=True, timeout=120)
    finally:
        subprocess.run(["fusermount3", "-u", str(memory / "disk")], check=True, timeout=30)
        _, said = serving.communicate(timeout=30)
    assert serving.returncode == 0, said.decode()
    ops: list[Op] = pickle.loads((memory / "log").read_bytes())  # noqa: S301 (our own file)
    return ops


def test_an_unmodified_process_on_a_disk_that_forgets_loses_nothing_it_was_told(
    memory: Path, written: list[Op]
) -> None:
    assert len(promised(op.what for op in written if isinstance(op, Told)).rows) > 120
    assert {name for op in written if (name := getattr(op, "name", ""))} >= {NAME, f"{NAME}-wal"}

    lost = [(cut, what) for cut, what in outcomes(memory, written, cuts(written, IMAGES)) if what]

    assert lost == []


def test_the_same_cuts_find_a_disk_that_lies_about_its_syncs(memory: Path, written: list[Op]) -> None:
    lying: list[Op] = [op for op in written if not isinstance(op, Sync)]

    lost = [what for _, what in outcomes(memory, lying, cuts(lying, CONTROL)) if what]

    assert len(lost) > CONTROL / 10
