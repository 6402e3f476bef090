"""What a device takes from the machine it runs on."""

import sqlite3
from pathlib import Path

import pytest

from meroppet.runtime.machine import REAL


def test_a_store_has_one_thread_and_does_what_it_is_given_in_order() -> None:
    done: list[int] = []
    with REAL.executor("journal") as thread:
        for number in range(20):
            thread.submit(done.append, number)

    assert done == list(range(20))


def test_names_are_32_hex_digits_and_never_the_same() -> None:
    names = {REAL.ids() for _ in range(100)}

    assert len(names) == 100
    assert all(len(bytes.fromhex(name)) == 16 for name in names)


def test_a_database_that_cannot_be_opened_is_an_error_of_sqlite(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        REAL.connect(tmp_path / "nowhere" / "journal.db", 0.1)


def test_monotonic_time_does_not_go_back() -> None:
    assert REAL.monotonic() <= REAL.monotonic()
