"""A process that has everything imported and forks children to be killed, so that starting Python is paid once.

Each line of its standard input is the name of one of BROOD; the child's process number is said at once, its lines as
they come, each ended by END (a child may be killed in the middle of one), and DEAD when it has ended.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from door_controller.command import main as door
from hardware.lockd.__main__ import main as lockd
from hardware.lockd.client import LockdClient
from meroppet.device.journal import Journal
from meroppet.rules.events import AccessGranted, DoorReleased
from meroppet.runtime.clock import SystemClock
from meroppet.runtime.machine import REAL
from meroppet.wire.journal import JournalReply

END, DEAD = " .", "dead"
LEASE, REST = 0.05, 0.01
BOOT = "b" * 32


def say(words: str) -> None:
    """One whole line, or none that is taken for one."""
    sys.stdout.write(f"{words}{END}\n")
    sys.stdout.flush()


async def visits(folder: Path) -> None:
    """Let in somebody who does not exist, again and again: journal, then strike, then what the server acknowledges."""
    journal = Journal(folder / "journal.db", SystemClock(), BOOT)
    lock = LockdClient(folder / "lockd.sock")
    say("ready")
    while True:
        visit = REAL.ids()
        say(f"row {await journal.write(AccessGranted(visit, 'ils'))} {visit}")
        if await lock.release(visit, LEASE):
            say(f"released {visit}")
            say(f"row {await journal.write(DoorReleased(visit, 'granted'))} {visit}")
        sent = await journal.unsent()
        if sent is not None:
            for row in sent.rows:
                say(f"server {sent.epoch} {row.seq} {row.kind} {row.detail}")
            await journal.acked(sent, JournalReply(acked_through=sent.rows[-1].seq))
        await asyncio.sleep(LEASE + REST)


BROOD: dict[str, Callable[[Path], object]] = {
    "visits": lambda folder: asyncio.run(visits(folder)),
    "lockd": lambda folder: lockd(["--config", str(folder / "lockd.toml")]),
    "door": lambda folder: door(["--config", str(folder / "door.toml")]),
}


def hatch(folder: Path) -> None:
    """Fork a child for each line, and wait for its end."""
    say("nest")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                BROOD[line.strip()](folder)
            finally:
                os._exit(1)
        say(f"born {child}")
        os.waitpid(child, 0)
        # A child that was killed in the middle of a line has left no end of it.
        sys.stdout.write("\n")
        say(DEAD)


if __name__ == "__main__":
    hatch(Path(sys.argv[1]))
