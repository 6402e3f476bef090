"""A process with a real journal, unmodified; what it is told is written to a file beside the journal's."""

import asyncio
import os
import sys
from pathlib import Path

from meroppet.runtime.machine import REAL
from tests.faults.power.forgetful import TOLD
from tests.faults.power.promises import NAME
from tests.faults.power.workload import live


def main(folder: str, sessions: int, writes: int, seed: int) -> None:
    """Live for so many starts, with so many writes each."""
    told = os.open(Path(folder) / TOLD, os.O_WRONLY | os.O_CREAT, 0o600)
    tell = lambda what: os.write(told, f"{what}\n".encode())  # noqa: E731
    asyncio.run(live(Path(folder) / NAME, REAL, tell, sessions=sessions, writes=writes, seed=seed))
    os.close(told)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
