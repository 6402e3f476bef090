"""Power is cut after every write of the journal's, the disk wakes up with whatever it may: nothing promised is lost.

Recorded by a VFS of apsw's under the journal's own code; every image is started by the real journal on the real SQLite.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from meroppet.runtime.machine import REAL, Machine
from tests.faults.power.cuts import cuts, outcomes, places
from tests.faults.power.disk import Op, Told
from tests.faults.power.promises import NAME, promised
from tests.faults.power.recorder import RecordingVFS, connecting
from tests.faults.power.workload import live

IMAGES = 10_000
CONTROL = 600
SESSIONS, WRITES = 7, 30


def recording(ops: list[Op], change: Callable[[str], str] = str) -> tuple[RecordingVFS, Machine]:
    """The real machine, but for a file system that tells."""
    vfs = RecordingVFS("recording", ops.append)
    return vfs, replace(REAL, connect=connecting("recording", change))


async def recorded(folder: Path, change: Callable[[str], str] = str, *, sessions: int, writes: int) -> list[Op]:
    """All that a journal wrote, synced and promised."""
    ops: list[Op] = []
    vfs, machine = recording(ops, change)
    (folder / "run").mkdir()
    await live(
        folder / "run" / NAME, machine, lambda what: ops.append(Told(what)), sessions=sessions, writes=writes, seed=6
    )
    vfs.unregister()
    return ops


async def test_no_power_cut_loses_a_row_that_was_told_to_be_on_disk(memory: Path) -> None:
    ops = await recorded(memory, sessions=SESSIONS, writes=WRITES)
    wanted = cuts(ops, IMAGES)

    lost = [(cut, what) for cut, what in outcomes(memory, ops, wanted) if what]

    assert len(wanted) == IMAGES
    assert {cut.after for cut in wanted} == set(places(ops)), "power is cut at every write"
    assert lost == []


async def test_the_same_cuts_find_a_journal_that_does_not_sync_each_row(memory: Path) -> None:
    changed = []

    def sloppy(sql: str) -> str:
        changed.append("synchronous = FULL" in sql)
        return sql.replace("synchronous = FULL", "synchronous = NORMAL")

    ops = await recorded(memory, sloppy, sessions=3, writes=35)

    lost = [what for _, what in outcomes(memory, ops, cuts(ops, CONTROL)) if what]

    assert any(changed)
    assert len(lost) > CONTROL / 10


async def test_the_recording_holds_every_kind_of_write_a_journal_does(memory: Path) -> None:
    ops = await recorded(memory, sessions=SESSIONS, writes=WRITES)
    promise = promised(op.what for op in ops if isinstance(op, Told))

    assert len(promise.rows) > 150
    assert 0 < promise.purged <= promise.acked
    assert {type(op).__name__ for op in ops} >= {"Write", "Resize", "Sync", "SyncFolder", "Delete", "Told"}
    assert {name for op in ops if (name := getattr(op, "name", ""))} == {NAME, f"{NAME}-wal", f"{NAME}-journal"}
