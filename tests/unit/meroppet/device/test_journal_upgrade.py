"""A journal that an older version has left is chained, under the numbers its rows have."""

import sqlite3
from pathlib import Path

import pytest

from meroppet.device.journal import Journal
from meroppet.rules.chain import genesis
from meroppet.rules.events import DoorShut
from meroppet.wire.journal import JournalRequest
from tests.fakes.clocks import ManualClock

OLD = """
CREATE TABLE row (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, wall TEXT NOT NULL, monotonic REAL NOT NULL, boot TEXT NOT NULL,
    clock TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, parked TEXT
) STRICT;
CREATE INDEX row_answers ON row (kind) WHERE kind = 'order.answered';
CREATE INDEX row_granted ON row (subject) WHERE kind = 'access.granted';
CREATE INDEX row_passages ON row (seq) WHERE kind IN ('access.granted', 'door.exit', 'branch.state');
CREATE TABLE mark (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, acked INTEGER NOT NULL) STRICT;
"""
"""A journal's file as versions before the chain made it."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


async def _sent(journal: Journal) -> JournalRequest:
    sent = await journal.unsent()
    assert sent is not None
    return sent


def _old_file(path: Path, rows: list[tuple[int, str | None]], acked: int, used: int) -> None:
    with sqlite3.connect(path) as old:
        old.executescript(OLD)
        for seq, parked in rows:
            old.execute(
                "INSERT INTO row VALUES (?, '2026-11-23T11:00:00+00:00', ?, 'b1', 'ntp', 'link.restored', '', ?, ?)",
                (seq, float(seq), f'{{"seconds":{seq}}}', parked),
            )
        old.execute("INSERT OR REPLACE INTO sqlite_sequence (name, seq) VALUES ('row', ?)", (used,))
        old.execute("INSERT INTO mark VALUES (1, 'e1', ?)", (acked,))
    old.close()


def _tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as seen:
        found = seen.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {name for (name,) in found}


async def test_a_journal_of_an_older_version_is_chained_under_its_numbers(path: Path, clock: ManualClock) -> None:
    _old_file(path, [(2, "kept"), *((seq, None) for seq in range(5, 9)), (9, "why")], acked=6, used=9)

    journal = Journal(path, clock, "c" * 32)
    await journal.write(DoorShut())

    sent = await _sent(journal)
    assert (sent.epoch, [row.seq for row in sent.rows]) == ("e1", [7, 8, 9, 10])
    assert [row.prev for row in sent.rows[1:]] == [row.hash for row in sent.rows[:-1]]
    assert await journal.first_fault() is None
    assert _tables(path) == {"row", "mark"}
    journal.close()


async def test_a_journal_of_an_older_version_chained_from_its_first_row_begins_at_its_epoch(
    path: Path, clock: ManualClock
) -> None:
    _old_file(path, [(1, None), (2, None)], acked=0, used=2)

    journal = Journal(path, clock, "c" * 32)

    assert (await _sent(journal)).rows[0].prev == genesis("e1")
    journal.close()


async def test_an_older_journal_whose_rows_are_all_gone_goes_on_with_its_numbers(
    path: Path, clock: ManualClock
) -> None:
    _old_file(path, [], acked=57, used=57)

    journal = Journal(path, clock, "c" * 32)

    assert await journal.write(DoorShut()) == 58
    assert (await _sent(journal)).rows[0].prev == ""
    assert await journal.first_fault() is None
    journal.close()
