"""A child that journals a day of 300 visits as a door does, and says how many bytes it wrote to its disk."""

import asyncio
import sys
from pathlib import Path

from meroppet.device.attempts import Attempts
from meroppet.device.journal import Journal
from meroppet.rules.events import AccessGranted, DoorOpened, DoorReleased, DoorShut, ExitPressed
from meroppet.rules.pin import Outcome
from meroppet.runtime.clock import SystemClock
from meroppet.wire.journal import JournalHead, JournalReply

VISITS = 300


def written() -> int:
    """Bytes this process has asked the kernel to write, to whatever file system."""
    counted = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines())
    return int(counted["wchar"])


async def visit(journal: Journal, attempts: Attempts, number: int) -> None:
    """One visit: its PIN is counted, five rows are written, and each is acknowledged by itself as on a fast line."""
    attempt, card = f"{number:032x}", f"{number % 100:032x}"
    await attempts.count(attempt, card)
    for event in (
        AccessGranted(attempt, "ils"), DoorReleased("l" * 32, "granted"), DoorOpened(), DoorShut(), ExitPressed(),
    ):  # fmt: skip
        await journal.write(event, card if isinstance(event, AccessGranted) else "")
        sent = await journal.unsent()
        assert sent is not None
        last = sent.rows[-1]
        head = JournalHead(seq=last.seq, hash=last.hash, signature="s" * 88)
        await journal.acked(sent, JournalReply(acked_through=last.seq, head=head))
    await attempts.settle(attempt, Outcome.RIGHT)


async def main(folder: Path) -> None:
    """The day."""
    clock = SystemClock()
    journal = Journal(folder / "journal.db", clock, "b" * 32)
    attempts = Attempts(folder / "attempts.db", clock)
    before, largest = written(), 0
    for number in range(VISITS):
        await visit(journal, attempts, number)
        largest = max(largest, (folder / "journal.db-wal").stat().st_size)
    await journal.purge()
    sys.stdout.write(f"{written() - before} {largest}\n")
    journal.close()
    attempts.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
