"""What a journal has promised to whom, and whether the file a machine woke up with keeps it."""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from meroppet.device.acknowledging import AT_ONCE
from meroppet.device.journal import Journal
from meroppet.rules.events import DoorShut
from meroppet.runtime.clock import SystemClock
from meroppet.runtime.machine import REAL

NAME = "journal.db"
BOOT = "c" * 32


@dataclass(slots=True)
class Promised:
    """What anybody was told up to a moment."""

    rows: dict[int, str] = field(default_factory=dict)
    acked: int = 0
    purged: int = 0
    """Rows up to here may be gone."""

    def hear(self, word: str) -> None:
        """Take one promise."""
        match word.split(" ", 2):
            case ["row", seq, content]:
                self.rows[int(seq)] = content
            case ["acked", through]:
                self.acked = int(through)
            case ["purging"]:
                self.purged = self.acked


def promised(words: Iterable[str]) -> Promised:
    """All of it."""
    promise = Promised()
    for word in words:
        promise.hear(word)
    return promise


def broken(folder: Path, image: Mapping[str, bytes], promise: Promised) -> str:
    """Start a journal on an image; say which promise it breaks, or nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in image.items():
        (folder / name).write_bytes(content)
    journal = Journal(folder / NAME, SystemClock(), BOOT, REAL)
    try:
        if any("corrupt" in file.name for file in folder.iterdir()):
            return "the file was corrupt and set aside"
        found, acked = journal._store.run(_content)
        return _difference(found, acked, promise) or _next(journal, promise, found)
    finally:
        journal.close()


def _content(connection: sqlite3.Connection) -> tuple[dict[int, str], int]:
    rows = connection.execute("SELECT seq, kind, subject FROM row ORDER BY seq").fetchall()
    (acked,) = connection.execute("SELECT acked FROM mark").fetchone()
    return {seq: f"{kind} {subject}" for seq, kind, subject in rows}, acked


def _difference(found: Mapping[int, str], acked: int, promise: Promised) -> str:
    lost = [seq for seq, content in promise.rows.items() if seq > promise.purged and found.get(seq) != content]
    if lost:
        return f"rows {lost[:5]} are not as they were told to be on disk"
    kept = [seq for seq in found if seq > promise.purged]
    if kept and sorted(kept) != list(range(min(kept), max(kept) + 1)):
        return f"there is a hole in {sorted(kept)}"
    # The newest acknowledgements are not on disk yet: rows that are sent again do no harm.
    return f"acknowledged through {acked}, not {promise.acked}" if acked + AT_ONCE <= promise.acked else ""


def _next(journal: Journal, promise: Promised, found: Mapping[int, str]) -> str:
    seq = journal.append(DoorShut())
    highest = max([0, *promise.rows, *found])
    return "" if seq == highest + 1 else f"number {seq} follows {highest}"
