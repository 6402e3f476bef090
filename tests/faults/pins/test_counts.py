"""Counts of wrong PINs go down by a right PIN or by staff: not by a kill, not by a clock, not by another door."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from meroppet.device.attempts import Attempts
from meroppet.rules.pin import Outcome
from meroppet.rules.reasons import Reason
from meroppet.runtime.clock import SystemClock
from meroppet.wire.access import LockDocument
from server.attempts.rows import look
from server.db import Database, unscoped
from server.db.migrate import migrate
from server.keys import KeyRing
from server.organisations.service import add_branch, add_organisation
from tests.fakes.clocks import START, ManualClock
from tests.faults.pins.guesser import CARD, number, place

ROOT = Path(__file__).parents[3]
KILLS = 25


@contextmanager
def guessers(where: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """One process forks the guessers, so that starting Python is paid once."""
    command = [sys.executable, "-m", "tests.faults.pins.guesser", where, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True) as forks:
        yield forks
        assert forks.stdin is not None
        forks.stdin.close()


def killed_at_random(forks: "subprocess.Popen[str]", first: int, draw: random.Random) -> int:
    """The last try a guesser was told to be counted, before it was killed in the midst of it."""
    assert forks.stdin is not None
    assert forks.stdout is not None
    forks.stdin.write(f"{first}\n")
    forks.stdin.flush()
    process, last = int(forks.stdout.readline()), int(forks.stdout.readline())
    time.sleep(draw.uniform(0, 0.03))
    os.kill(process, signal.SIGKILL)
    for line in forks.stdout:
        if line == "dead\n":
            break
        last = int(line)
    return last


async def test_no_kill_of_a_door_forgets_a_try_that_was_counted(tmp_path: Path) -> None:
    draw, last = random.Random(5), 0
    with guessers("door", tmp_path) as forks:
        for _ in range(KILLS):
            last = killed_at_random(forks, last + 1, draw)
            attempts = Attempts(tmp_path / "attempts.db", SystemClock())
            assert len(await attempts.card_failures(CARD)) >= last
            assert len(await attempts.door_failures()) >= last
            attempts.close()
    assert last > KILLS


async def test_no_kill_of_the_server_forgets_a_try_that_was_counted(tmp_path: Path) -> None:
    database, keys = await founded(tmp_path)
    draw, last = random.Random(5), -1
    with guessers("server", tmp_path) as forks:
        for _ in range(KILLS):
            # Each begins where the last was killed: a card gets no try more by it.
            last = killed_at_random(forks, last + 1, draw)
            assert await counted(database, keys, last) >= last + 1
    await database.close()
    assert last > KILLS


async def counted(database: Database, keys: KeyRing, last: int) -> int:
    cards = list(dict.fromkeys(number(tried) for tried in range(last + 1)))
    async with database.reading(place().scope) as session:
        return sum(held.count.failures for held in await look(session, keys, place().register, cards))


async def founded(folder: Path) -> tuple[Database, KeyRing]:
    """A server's database and keys, with one branch."""
    clock = SystemClock()
    keys = KeyRing.open(folder / "keys", ("localhost",), datetime.now(UTC))
    database = Database(f"sqlite:///{folder / 'server.db'}", clock)
    await migrate(database)
    async with database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "vastmanland", "consortium", "Västmanland")
        await add_organisation(session, "vasteras", "municipality", "Västerås", parents=["vastmanland"])
        zone = "Europe/Stockholm"
        await add_branch(session, "skiljebo", "Skiljebo", "vasteras", zone, "021-390000", date(2026, 1, 1))
    return database, keys


@pytest.mark.parametrize("days", [-36_500, -365, -1, 0])
async def test_no_clock_that_is_set_back_lets_a_locked_card_try_again(tmp_path: Path, days: int) -> None:
    clock = ManualClock()
    attempts = Attempts(tmp_path / "attempts.db", clock)
    for tried in range(5):
        await attempts.count(f"try-{tried}", CARD)
        await attempts.settle(f"try-{tried}", Outcome.WRONG)
    assert await attempts.gate(CARD) is Reason.PIN_LOCKED
    clock.advance(timedelta(days=days))

    assert await attempts.gate(CARD) is Reason.PIN_LOCKED
    assert len(await attempts.card_failures(CARD)) == 5
    attempts.close()


async def test_no_step_of_the_clock_in_either_direction_takes_from_a_cards_count(tmp_path: Path) -> None:
    clock, draw = ManualClock(), random.Random(5)
    attempts = Attempts(tmp_path / "attempts.db", clock)
    for tried in range(1, 20):
        clock.advance(START + timedelta(days=draw.uniform(-3000, 3000)) - clock.now())
        await attempts.count(f"try-{tried}", CARD)
        await attempts.settle(f"try-{tried}", Outcome.WRONG)
        assert len(await attempts.card_failures(CARD)) == tried
    await attempts.count("try-20", CARD)
    clock.advance(START + timedelta(days=9000) - clock.now())

    assert await attempts.gate(CARD) is Reason.PIN_LOCKED
    attempts.close()


async def test_what_was_tried_at_another_door_is_told_here_and_takes_nothing_from_what_was_tried_here(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    attempts = Attempts(tmp_path / "attempts.db", clock)
    for tried in range(3):
        await attempts.count(f"try-{tried}", CARD)
    elsewhere = LockDocument(failures=2, locked_until=clock.now() + timedelta(minutes=15))

    assert await attempts.gate(CARD, elsewhere) is Reason.PIN_LOCKED
    assert len(await attempts.card_failures(CARD)) == 3
    assert await attempts.gate(CARD, LockDocument(failures=20, until_reset=True)) is Reason.PIN_LOCKED
    attempts.close()
