"""The journal's promises, one by one; crashes and full disks are in tests/faults/journal."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from meroppet.device.acknowledging import AT_ONCE
from meroppet.device.journal import KEPT_AFTER_ACK, Journal
from meroppet.rules.events import DoorShut, Event, LinkRestored, OrderAnswered
from meroppet.wire.journal import JournalReply, JournalRequest, Parked
from tests.fakes.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.db", clock, "b" * 32)
    yield made
    made.close()


async def _sent(journal: Journal) -> JournalRequest:
    sent = await journal.unsent()
    assert sent is not None
    return sent


async def test_a_row_holds_what_happened_when_and_how_far_the_clock_was_trusted(
    journal: Journal, clock: ManualClock
) -> None:
    number = await journal.write(LinkRestored(1.5), "ab" * 16)

    (row,) = (await _sent(journal)).rows
    assert (row.seq, row.kind, row.detail, row.subject) == (number, "link.restored", {"seconds": 1.5}, "ab" * 16)
    assert (row.wall, row.monotonic, row.clock, row.boot) == (clock.now().isoformat(), 1000.0, "ntp", "b" * 32)


async def test_rows_keep_the_order_in_which_they_were_begun(journal: Journal) -> None:
    numbers = [await journal.write(LinkRestored(float(number))) for number in range(20)]

    assert numbers == list(range(1, 21))
    assert [row.detail["seconds"] for row in (await _sent(journal)).rows] == list(range(20))


@pytest.mark.parametrize("subject", ["A1000001", "ab", "AB" * 16, "zz" * 16])
def test_a_subject_is_a_digest_or_nothing(journal: Journal, subject: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        journal.append(DoorShut(), subject)


def test_what_is_no_known_event_is_not_written(journal: Journal) -> None:
    @dataclass(frozen=True, slots=True)
    class Gossip(Event):
        kind = "door.shut"
        name: str = "Anna"

    with pytest.raises(ValueError, match="no event"):
        journal.append(Gossip())


async def test_what_was_acknowledged_is_not_sent_again(journal: Journal) -> None:
    for _ in range(3):
        await journal.write(DoorShut())
    await journal.acked(await _sent(journal), JournalReply(acked_through=2))

    assert [row.seq for row in (await _sent(journal)).rows] == [3]
    assert await journal.unsent_count() == 1


async def test_a_server_that_lost_rows_gets_them_again(journal: Journal) -> None:
    for _ in range(4):
        await journal.write(DoorShut())
    await journal.acked(await _sent(journal), JournalReply(acked_through=4))
    await journal.write(DoorShut())
    await journal.acked(await _sent(journal), JournalReply(acked_through=1))

    assert [row.seq for row in (await _sent(journal)).rows] == [2, 3, 4, 5]


async def test_a_gap_older_than_what_is_kept_holds_nothing_back(journal: Journal, clock: ManualClock) -> None:
    for _ in range(3):
        await journal.write(DoorShut())
    await journal.acked(await _sent(journal), JournalReply(acked_through=3))
    clock.advance(KEPT_AFTER_ACK + timedelta(seconds=1))
    await journal.purge()
    await journal.write(DoorShut())

    await journal.acked(await _sent(journal), JournalReply(acked_through=0))
    assert [row.seq for row in (await _sent(journal)).rows] == [3, 4]
    await journal.acked(await _sent(journal), JournalReply(acked_through=0))

    assert await journal.unsent() is None


async def test_a_server_that_lost_more_than_is_kept_gets_all_that_is(journal: Journal, clock: ManualClock) -> None:
    for _ in range(3):
        await journal.write(DoorShut())
    clock.advance(KEPT_AFTER_ACK)
    for _ in range(250):
        await journal.write(DoorShut())
    while sent := await journal.unsent():
        await journal.acked(sent, JournalReply(acked_through=sent.rows[-1].seq))
    clock.advance(timedelta(seconds=1))
    assert await journal.purge() == 3
    await journal.write(DoorShut())

    got: list[int] = []
    while sent := await journal.unsent():
        got += [row.seq for row in sent.rows]
        await journal.acked(sent, JournalReply(acked_through=1))

    assert got == [254, *range(4, 255)]


async def test_an_acknowledgement_never_reaches_beyond_what_was_sent(journal: Journal) -> None:
    await journal.write(DoorShut())
    sent = await _sent(journal)
    await journal.write(DoorShut())

    await journal.acked(sent, JournalReply(acked_through=99))

    assert [row.seq for row in (await _sent(journal)).rows] == [2]


async def test_purging_keeps_what_is_unsent_or_young_and_the_newest_row(journal: Journal, clock: ManualClock) -> None:
    for _ in range(3):
        await journal.write(DoorShut())
    await journal.acked(await _sent(journal), JournalReply(acked_through=2, parked=(Parked(seq=1, why="unclear"),)))
    assert await journal.purge() == 0

    clock.advance(KEPT_AFTER_ACK + timedelta(seconds=1))

    assert await journal.purge() == 2
    assert await journal.unsent_count() == 1
    await journal.acked(await _sent(journal), JournalReply(acked_through=3))
    assert await journal.purge() == 0
    assert await journal.write(DoorShut()) == 4


async def test_rows_of_a_clock_that_was_fast_do_not_stay_for_ever(journal: Journal, clock: ManualClock) -> None:
    clock.advance(timedelta(days=20_000))
    await journal.write(DoorShut())
    clock.advance(timedelta(days=-20_000))
    for _ in range(2):
        await journal.write(DoorShut())
    await journal.acked(await _sent(journal), JournalReply(acked_through=3))

    assert await journal.purge() == 1
    assert await journal.first_fault() is None


async def test_an_answered_order_is_remembered(journal: Journal) -> None:
    assert not await journal.answered("o1")

    await journal.write(OrderAnswered("o1", "open_once", done=True))

    assert await journal.answered("o1")
    assert not await journal.answered("o2")


async def test_numbers_go_on_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    first = Journal(tmp_path / "journal.db", clock, "b" * 32)
    await first.write(DoorShut())
    first.close()

    second = Journal(tmp_path / "journal.db", clock, "c" * 32)

    assert await second.write(DoorShut()) == 2
    second.close()


def test_only_its_owner_may_read_it(journal: Journal, tmp_path: Path) -> None:
    assert (tmp_path / "journal.db").stat().st_mode & 0o777 == 0o600


async def test_an_acknowledgement_is_on_disk_when_it_has_stood_for_a_heartbeat(
    journal: Journal, tmp_path: Path
) -> None:
    await journal.write(DoorShut())
    await journal.acked(await _sent(journal), JournalReply(acked_through=1))

    seen = []
    for _ in range(3):
        await journal.standing()
        with sqlite3.connect(tmp_path / "journal.db") as disk:
            seen.append(disk.execute("SELECT acked FROM mark").fetchone()[0])
        disk.close()

    assert seen[0] == 0
    assert seen[2] == 1
    assert await journal.unsent() is None


async def test_a_crash_makes_a_device_send_little_again_and_a_stop_nothing(tmp_path: Path, clock: ManualClock) -> None:
    first = Journal(tmp_path / "journal.db", clock, "b" * 32)
    for number in range(1, 51):
        await first.write(DoorShut())
        await first.acked(await _sent(first), JournalReply(acked_through=number))

    crashed = Journal(tmp_path / "journal.db", clock, "c" * 32)
    assert await crashed.unsent_count() < AT_ONCE
    crashed.close()
    first.close()

    stopped = Journal(tmp_path / "journal.db", clock, "d" * 32)
    assert await stopped.unsent_count() == 0
    stopped.close()
