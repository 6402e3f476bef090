"""Three hundred thousand patrons pass through a door's memory piece by piece."""

import asyncio
import sys
from pathlib import Path

from meroppet.wire.changes import RightDocument, write_snapshot

PATRONS = 300_000
PEAK = 85 * 1024
GROWTH = 10 * 1024
"""KiB. The snapshot itself is 7.6 MiB, and the database made of it more."""
FEW = RightDocument(permitted=True)


async def test_a_snapshot_of_300_000_patrons_is_never_whole_in_memory(tmp_path: Path) -> None:
    rights = ((f"{number:032x}", FEW) for number in range(PATRONS))
    (tmp_path / "replica.download").write_bytes(write_snapshot(9, [], rights))
    loading = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.sync.loader", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await loading.communicate()

    before, peak, cursor = map(int, said.split())

    assert (loading.returncode, cursor) == (0, 9)
    assert peak - before <= GROWTH
    assert peak <= PEAK
