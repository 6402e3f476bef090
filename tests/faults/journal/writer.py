"""A child that journals as fast as it can and says each number once it has been told that the row is on disk."""

import os
import sys
from pathlib import Path

from meroppet.device.errors import JournalFailed
from meroppet.device.journal import Journal
from meroppet.rules.events import DoorShut
from meroppet.runtime.clock import SystemClock


def main(path: str, rows: int) -> None:
    journal = Journal(Path(path), SystemClock(), "b" * 32)
    for _ in range(rows):
        try:
            sys.stdout.write(f"{journal.append(DoorShut())}\n")
        except JournalFailed as error:
            sys.stdout.write(f"failed {journal.storage}: {error}\n")
        sys.stdout.flush()


def fork_for_each_line(path: str) -> None:
    """For each line on standard input, fork a writer that says its number and then its rows, and wait for its end."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdout.write(f"{os.getpid()}\n")
            main(path, 1_000_000)
        os.waitpid(child, 0)
        sys.stdout.write("dead\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) == 2:
        fork_for_each_line(sys.argv[1])
    else:
        main(sys.argv[1], int(sys.argv[2]))
