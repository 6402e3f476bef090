"""Reads the journals the processes keep, as anyone with the files could: read-only, never in a writer's way."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_LATEST = "SELECT seq, wall, kind, detail FROM row WHERE seq > ? ORDER BY seq DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One row of a device's journal."""

    seq: int
    wall: datetime
    kind: str
    detail: Mapping[str, object]

    @property
    def reason(self) -> str:
        """The reason's code, or ""."""
        return str(self.detail.get("reason", ""))


def latest(journal: Path, limit: int, after: int = 0) -> tuple[JournalRow, ...]:
    """The newest rows with numbers above `after`, newest first; none while there is no journal."""
    try:
        with closing(_connect(journal)) as connection:
            found = connection.execute(_LATEST, (after, limit)).fetchall()
    except sqlite3.OperationalError:
        # The device has not made its journal yet.
        return ()
    return tuple(
        JournalRow(seq, datetime.fromisoformat(wall), kind, json.loads(detail)) for seq, wall, kind, detail in found
    )


def epoch_and_acked(journal: Path) -> tuple[str, int]:
    """The journal's epoch and the last number the server has acknowledged. Raises sqlite3.OperationalError."""
    with closing(_connect(journal)) as connection:
        epoch, acked = connection.execute("SELECT epoch, acked FROM mark").fetchone()
    return str(epoch), int(acked)


def numbers(journal: Path) -> list[int]:
    """Every row's number, in order. Raises sqlite3.OperationalError."""
    with closing(_connect(journal)) as connection:
        return [int(seq) for (seq,) in connection.execute("SELECT seq FROM row ORDER BY seq")]


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
