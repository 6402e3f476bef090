"""The books of the check: what devices wrote against what the server has, number by number."""

import sqlite3
from contextlib import closing
from pathlib import Path

from demo.journals import epoch_and_acked, numbers

_AT_SERVER = "SELECT seq FROM journal_row WHERE epoch = ? UNION ALL SELECT seq FROM parked_row WHERE epoch = ?"


def exactly_once(journal: Path, database: Path) -> bool | None:
    """True when the server has every row of the device's journal once and none besides; None while it has not."""
    try:
        epoch, acked = epoch_and_acked(journal)
        written = numbers(journal)
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            arrived = sorted(int(seq) for (seq,) in connection.execute(_AT_SERVER, (epoch, epoch)))
    except sqlite3.OperationalError:
        return None
    return True if arrived == written and acked == written[-1] else None
