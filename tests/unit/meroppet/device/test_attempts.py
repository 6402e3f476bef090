"""Attempt counters: down by a right PIN, by nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from meroppet.device.attempts import Attempts
from meroppet.rules.pin import Outcome
from tests.fakes.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def attempts(tmp_path: Path, clock: ManualClock) -> Iterator[Attempts]:
    made = Attempts(tmp_path / "attempts.db", clock)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [(Outcome.OPEN, 1), (Outcome.WRONG, 1), (Outcome.UNDECIDED, 0), (Outcome.RIGHT, 0)],
)
async def test_what_counts_against_a_card(attempts: Attempts, outcome: Outcome, counts: int) -> None:
    await attempts.count("t1", "card")
    await attempts.settle("t1", outcome)

    assert len(await attempts.card_failures("card")) == counts


async def test_an_attempt_cut_short_counts_after_a_restart(
    attempts: Attempts, tmp_path: Path, clock: ManualClock
) -> None:
    await attempts.count("t1", "card")
    attempts.close()

    again = Attempts(tmp_path / "attempts.db", clock)

    assert len(await again.card_failures("card")) == 1
    again.close()


async def test_a_right_pin_clears_its_card_and_not_the_door(attempts: Attempts) -> None:
    for number, card in enumerate(["anna", "anna", "bertil"]):
        await attempts.count(f"t{number}", card)
        await attempts.settle(f"t{number}", Outcome.WRONG)
    await attempts.count("t9", "anna")
    await attempts.settle("t9", Outcome.RIGHT)

    assert len(await attempts.card_failures("anna")) == 0
    assert len(await attempts.card_failures("bertil")) == 1
    assert len(await attempts.door_failures()) == 3


async def test_a_cards_failures_outlast_every_night_and_the_doors_one_day(
    attempts: Attempts, clock: ManualClock
) -> None:
    await attempts.count("t1", "card")
    clock.advance(timedelta(days=60))
    await attempts.count("t2", "other")
    await attempts.settle("t2", Outcome.WRONG)

    assert len(await attempts.card_failures("card")) == 1
    assert len(await attempts.door_failures()) == 1


async def test_what_no_count_needs_is_forgotten(attempts: Attempts, clock: ManualClock) -> None:
    await attempts.count("t1", "anna")
    await attempts.settle("t1", Outcome.RIGHT)
    clock.advance(timedelta(days=3))
    await attempts.count("t2", "bertil")
    await attempts.settle("t2", Outcome.WRONG)

    kept = attempts._store.run(lambda connection: connection.execute("SELECT attempt FROM attempt").fetchall())
    assert kept == [("t2",)]
