"""Attempt counters: down by a right PIN, by nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from meroppet.device.attempts import Attempts
from meroppet.rules.pin import KNOWN_CARDS_FROM, OFF_FROM, DoorMode, Outcome
from meroppet.rules.reasons import Reason
from meroppet.wire.access import LockDocument
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


async def wrong(attempts: Attempts, card: str, times: int = 1) -> None:
    for _ in range(times):
        attempt = f"{card}-{len(await attempts.door_failures())}"
        await attempts.count(attempt, card)
        await attempts.settle(attempt, Outcome.WRONG)


async def right(attempts: Attempts, card: str) -> None:
    await attempts.count("right", card)
    await attempts.settle("right", Outcome.RIGHT)


async def test_a_card_is_asked_until_it_was_wrong_too_often(attempts: Attempts, clock: ManualClock) -> None:
    await wrong(attempts, "anna", 4)
    assert await attempts.gate("anna") is None
    await wrong(attempts, "anna")
    assert await attempts.gate("anna") is Reason.PIN_LOCKED
    clock.advance(timedelta(minutes=15))
    assert await attempts.gate("anna") is None


async def test_what_the_server_told_of_other_doors_locks_here(attempts: Attempts, clock: ManualClock) -> None:
    until = clock.now() + timedelta(minutes=1)
    assert await attempts.gate("anna", LockDocument(failures=5, locked_until=until)) is Reason.PIN_LOCKED
    assert await attempts.gate("anna", LockDocument(failures=20, until_reset=True)) is Reason.PIN_LOCKED
    clock.advance(timedelta(minutes=1))
    assert await attempts.gate("anna", LockDocument(failures=5, locked_until=until)) is None


async def test_a_reset_by_staff_clears_what_was_counted_here_and_only_once(
    attempts: Attempts, clock: ManualClock
) -> None:
    await wrong(attempts, "anna", 5)
    reset = LockDocument(failures=0, cleared=1)

    assert await attempts.gate("anna", reset) is None
    clock.advance(timedelta(minutes=11))
    await wrong(attempts, "anna", 5)
    assert await attempts.gate("anna", reset) is Reason.PIN_LOCKED
    assert await attempts.gate("anna", LockDocument(failures=0, cleared=2)) is None


async def test_after_thirty_failures_only_cards_that_were_right_here_lately_are_asked(
    attempts: Attempts, clock: ManualClock
) -> None:
    await right(attempts, "known")
    for number in range(KNOWN_CARDS_FROM):
        await wrong(attempts, f"stranger{number}")
    clock.advance(timedelta(minutes=15))

    assert await attempts.gate("anna") is Reason.DOOR_KNOWN_CARDS
    assert await attempts.gate("known") is None
    assert (await attempts.door()).mode is DoorMode.KNOWN_CARDS
    assert await attempts.gate("anna", acknowledged_at=clock.now()) is None
    clock.advance(timedelta(days=30))
    assert not await attempts.known("known")


async def test_after_a_hundred_failures_nobody_is_asked_until_staff_have_said_so(
    attempts: Attempts, clock: ManualClock, tmp_path: Path
) -> None:
    await right(attempts, "known")
    for number in range(OFF_FROM):
        await wrong(attempts, f"stranger{number}")
    attempts.close()
    clock.advance(timedelta(days=20))

    again = Attempts(tmp_path / "attempts.db", clock)

    assert await again.gate("known") is Reason.DOOR_LOCKED_OUT
    assert await again.gate("known", acknowledged_at=clock.now()) is None
    assert await again.gate("known") is None
    again.close()


async def test_the_hundredth_attempt_locks_no_door_if_it_is_right(attempts: Attempts, clock: ManualClock) -> None:
    for number in range(OFF_FROM - 1):
        await wrong(attempts, f"stranger{number}")
    await right(attempts, "anna")
    clock.advance(timedelta(minutes=15))

    assert (await attempts.door()).mode is DoorMode.KNOWN_CARDS
