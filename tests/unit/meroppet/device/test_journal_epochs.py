"""A journal that is damaged, gone, contradicted or of an older version goes on, and says what became of the former."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from meroppet.device import sentinel
from meroppet.device.errors import JournalFailed
from meroppet.device.journal import Journal, Standing
from meroppet.rules.chain import Head, Link, broken_at, genesis
from meroppet.rules.events import AccessGranted, BranchChanged, DoorShut, LinkRestored, OrderAnswered, ReaderLost
from meroppet.rules.house_events import PassageCounted
from meroppet.wire.journal import JournalHead, JournalReply, JournalRequest, Row
from tests.fakes.clocks import ManualClock

SUBJECT = "ab" * 16


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path, clock: ManualClock) -> Iterator[Journal]:
    made = Journal(path, clock, "b" * 32)
    yield made
    made.close()


async def _sent(journal: Journal) -> JournalRequest:
    sent = await journal.unsent()
    assert sent is not None
    return sent


def _links(rows: tuple[Row, ...]) -> dict[int, Link]:
    return {row.seq: Link(row.prev, row.hash) for row in rows}


def _again(path: Path, clock: ManualClock) -> Journal:
    return Journal(path, clock, "c" * 32)


async def _written(journal: Journal, how_many: int) -> None:
    for number in range(how_many):
        await journal.write(LinkRestored(float(number)))


async def test_rows_are_chained_as_they_are_sent(journal: Journal) -> None:
    await _written(journal, 4)

    sent = await _sent(journal)
    assert sent.rows[0].prev == genesis(sent.epoch)
    assert [row.prev for row in sent.rows[1:]] == [row.hash for row in sent.rows[:-1]]
    assert broken_at(sent.epoch, _links(sent.rows), {}, Head()) is None
    assert await journal.first_fault() is None


async def test_what_the_server_contradicts_goes_on_in_a_new_epoch_and_nothing_is_left_out(journal: Journal) -> None:
    await _written(journal, 3)
    await journal.acked(await _sent(journal), JournalReply(acked_through=2))
    await _written(journal, 2)
    before = await _sent(journal)

    await journal.acked(before, JournalReply(acked_through=3, begin_anew=True))

    after = await _sent(journal)
    assert after.epoch != before.epoch
    assert [row.seq for row in after.rows] == [1, 2, 3]
    assert after.rows[0].kind == "journal.began"
    assert after.rows[0].detail == {"previous": before.epoch, "through": 3, "why": "contradicted"}
    assert [row.detail for row in after.rows[1:]] == [row.detail for row in before.rows[1:]]
    assert [row.wall for row in after.rows[1:]] == [row.wall for row in before.rows[1:]]
    assert after.rows[0].prev == genesis(after.epoch)
    assert await journal.first_fault() is None
    assert await journal.write(DoorShut()) == 4


async def test_a_new_epoch_takes_over_more_rows_than_are_read_at_once(journal: Journal) -> None:
    await _written(journal, 203)

    await journal.acked(await _sent(journal), JournalReply(acked_through=0, begin_anew=True))

    assert await journal.unsent_count() == 204
    assert await journal.first_fault() is None


async def test_an_answer_to_the_former_epoch_that_comes_late_changes_nothing(journal: Journal) -> None:
    await _written(journal, 2)
    before = await _sent(journal)
    await journal.acked(before, JournalReply(acked_through=0, begin_anew=True))

    await journal.acked(before, JournalReply(acked_through=2, begin_anew=True))

    assert [row.seq for row in (await _sent(journal)).rows] == [1, 2, 3]


async def test_who_was_let_in_and_what_was_answered_is_known_over_epochs(journal: Journal) -> None:
    await journal.write(AccessGranted("a1", "ils"), SUBJECT)
    await journal.write(OrderAnswered("o1", "open_once", done=True))
    await journal.acked(await _sent(journal), JournalReply(acked_through=1))

    await journal.acked(await _sent(journal), JournalReply(acked_through=1, begin_anew=True))

    assert await journal.has_let_in(SUBJECT)
    assert await journal.answered("o1")


async def test_who_counts_people_counts_nobody_twice_over_epochs(journal: Journal) -> None:
    for attempt in ("a1", "a2", "a3"):
        await journal.write(AccessGranted(attempt, "ils"), SUBJECT)
    seen = (await journal.passages())[-1].seq
    await journal.acked(await _sent(journal), JournalReply(acked_through=1, begin_anew=True))
    assert await journal.passages(seen) == ()

    await journal.write(AccessGranted("a4", "ils"), SUBJECT)

    assert len(await journal.passages(seen)) == 1
    assert len(await journal.passages()) == 4


async def test_passages_tell_states_directions_and_a_lost_counter_and_no_other_reader(journal: Journal) -> None:
    for event in (
        BranchChanged("closed"), PassageCounted("in"), ReaderLost("card"), ReaderLost("people_counter"), DoorShut(),
    ):  # fmt: skip
        await journal.write(event)

    found = [(passage.kind, passage.state) for passage in await journal.passages()]

    assert found == [("branch.state", "closed"), ("passage.counted", "in"), ("reader.lost", "people_counter")]


async def test_the_newest_rows_of_a_kind_are_told_oldest_first(journal: Journal) -> None:
    await _written(journal, 5)
    await journal.write(DoorShut())

    assert await journal.recent("link.restored", 2) == ({"seconds": 3.0}, {"seconds": 4.0})
    assert await journal.recent("door.forced") == ()


def _spoil(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 500)


def _obstruct(path: Path) -> Path:
    """Put something in the way that no database can be opened at."""
    path.mkdir()
    return path


def _clear(path: Path) -> None:
    path.rmdir()


async def test_a_journal_that_is_gone_is_missed(path: Path, clock: ManualClock) -> None:
    first = Journal(path, clock, "b" * 32)
    await _written(first, 3)
    await first.purge()
    former = await first.standing()
    first.close()
    for file in path.parent.glob("journal.db*"):
        file.unlink()

    second = _again(path, clock)

    sent = await _sent(second)
    assert sent.epoch != former.epoch
    assert sent.rows[0].detail == {"previous": former.epoch, "through": 3, "why": "missing"}
    assert await second.write(DoorShut()) == 2
    assert (await second.passages(0)) == ()
    second.close()


async def test_a_damaged_journal_is_told_as_such(path: Path, clock: ManualClock) -> None:
    first = Journal(path, clock, "b" * 32)
    former = await first.standing()
    first.close()
    _spoil(path)

    second = _again(path, clock)

    (row,) = (await _sent(second)).rows
    assert row.detail == {"previous": former.epoch, "through": 0, "why": "damaged"}
    second.close()


async def test_a_damaged_journal_of_which_nothing_was_written_down_is_told_too(path: Path, clock: ManualClock) -> None:
    _spoil(path)

    journal = Journal(path, clock, "b" * 32)

    (row,) = (await _sent(journal)).rows
    assert row.detail == {"previous": "", "through": None, "why": "damaged"}
    journal.close()


async def test_a_sentinel_that_cannot_be_read_still_says_that_there_was_a_journal(
    path: Path, clock: ManualClock
) -> None:
    path.with_name(sentinel.FILE).write_text("{", encoding="utf-8")

    journal = Journal(path, clock, "b" * 32)

    (row,) = (await _sent(journal)).rows
    assert row.detail == {"previous": "", "through": None, "why": "missing"}
    journal.close()


async def test_a_journal_that_is_there_is_not_missed_whatever_the_sentinel_says(path: Path, clock: ManualClock) -> None:
    first = Journal(path, clock, "b" * 32)
    await _written(first, 1)
    first.close()
    sentinel.write(path.with_name(sentinel.FILE), sentinel.Sentinel("another", 7, 99))

    second = _again(path, clock)

    assert await second.unsent_count() == 1
    assert sentinel.read(path.with_name(sentinel.FILE)) == sentinel.Sentinel((await _sent(second)).epoch, 0, 1)
    second.close()


async def test_a_folder_in_which_no_sentinel_can_be_kept_stops_nobody(path: Path, clock: ManualClock) -> None:
    path.with_name(f"{sentinel.FILE}.new").mkdir()

    journal = Journal(path, clock, "b" * 32)

    assert await journal.write(DoorShut()) == 1
    assert journal.storage == ""
    journal.close()


def _change(path: Path, statement: str, *values: str) -> None:
    with sqlite3.connect(path) as disk:
        disk.execute(statement, values)
    disk.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE row SET kind = 'door.shut' WHERE seq = 3",
        "UPDATE row SET hash = '' WHERE seq = 3",
        "DELETE FROM row WHERE seq = 3",
        "DELETE FROM row WHERE seq > 3",
        "UPDATE row SET detail = '[]' WHERE seq = 290",
    ],
)
async def test_what_was_changed_on_the_disk_is_told_within_the_hour(
    journal: Journal, path: Path, statement: str
) -> None:
    await _written(journal, 310)
    while sent := await journal.unsent():
        last = sent.rows[-1]
        await journal.acked(
            sent, JournalReply(acked_through=last.seq, head=JournalHead(seq=last.seq, hash=last.hash, signature=""))
        )
    await journal.purge()
    assert (await journal.standing()).storage == ""

    _change(path, statement)
    await journal.purge()

    assert (await journal.standing()).storage == "altered"


@pytest.mark.parametrize("detail", ["{", "[1]", '{"a":{"b":1}}'])
async def test_a_row_that_cannot_be_read_any_more_is_sent_all_the_same(
    journal: Journal, path: Path, detail: str
) -> None:
    await journal.write(OrderAnswered("o1", "open_once", done=True))
    await journal.write(BranchChanged("closed"))
    _change(path, "UPDATE row SET detail = ?, hash = 'x'", detail)

    row, _ = (await _sent(journal)).rows

    assert (row.detail, row.hash) == ({"unreadable": detail}, "")
    assert not await journal.answered("o1")
    assert [passage.state for passage in await journal.passages()] == [""]
    assert await journal.recent("branch.state") == ({"unreadable": detail},)


async def test_how_the_journal_is_is_told_and_how_long_its_oldest_row_has_waited(
    journal: Journal, clock: ManualClock, path: Path
) -> None:
    woken: list[int] = []
    journal.on_written(lambda: woken.append(1))
    await _written(journal, 2)
    clock.advance(timedelta(seconds=90))
    assert woken == [1, 1]

    epoch = (await _sent(journal)).epoch
    assert await journal.standing() == Standing(epoch, last=2, unsent=2, queue=90.0)
    _change(path, "UPDATE row SET wall = 'noon' WHERE seq = 1")
    _change(path, "UPDATE row SET wall = 'soon' WHERE seq = 2")
    assert (await journal.standing()).queue is None
    await journal.acked(await _sent(journal), JournalReply(acked_through=2))
    assert await journal.standing() == Standing(epoch, last=2)


async def test_a_disk_that_cannot_be_written_is_an_alarm_until_it_can_and_then_a_row(
    path: Path, clock: ManualClock
) -> None:
    journal = Journal(_obstruct(path), clock, "b" * 32)
    said: list[str] = []
    journal.on_trouble(said.append)
    for _ in range(2):
        with pytest.raises(JournalFailed):
            await journal.write(DoorShut())
    with pytest.raises(JournalFailed):
        journal.append(DoorShut())
    clock.advance(timedelta(seconds=30))
    assert (await journal.standing()).storage == journal.storage == "broken"
    assert said == ["broken"]

    _clear(path)

    assert (await journal.standing()).storage == ""
    assert said == ["broken", ""]
    (row,) = (await _sent(journal)).rows
    assert (row.kind, row.detail) == ("journal.failed", {"why": "broken", "seconds": 30.0})
    journal.close()


async def test_the_first_row_after_a_failure_ends_the_alarm_too(path: Path, clock: ManualClock) -> None:
    journal = Journal(_obstruct(path), clock, "b" * 32)
    with pytest.raises(JournalFailed):
        await journal.write(DoorShut())
    _clear(path)

    assert await journal.write(DoorShut()) == 1

    assert journal.storage == ""
    assert [row.kind for row in (await _sent(journal)).rows] == ["door.shut", "journal.failed"]
    journal.close()


async def test_a_table_whose_name_was_damaged_is_no_empty_journal(path: Path, clock: ManualClock) -> None:
    first = Journal(path, clock, "b" * 32)
    await _written(first, 2)
    await first.purge()
    first.close()
    _change(path, "ALTER TABLE row RENAME TO rov")

    second = _again(path, clock)

    assert [row.detail.get("through") for row in (await _sent(second)).rows] == [2]
    second.close()


async def test_text_that_was_damaged_is_sent_as_far_as_it_can_be_read(journal: Journal, path: Path) -> None:
    await _written(journal, 1)
    _change(path, "UPDATE row SET boot = CAST(x'62ff62' AS TEXT)")

    assert [row.boot for row in (await _sent(journal)).rows] == ["b\ufffdb"]


async def test_rows_that_are_written_together_after_a_failure_tell_of_it_once(path: Path, clock: ManualClock) -> None:
    journal = Journal(_obstruct(path), clock, "b" * 32)
    with pytest.raises(JournalFailed):
        await journal.write(DoorShut())
    _clear(path)

    await asyncio.gather(*(journal.write(DoorShut()) for _ in range(4)))

    kinds = [row.kind for row in (await _sent(journal)).rows]
    assert (kinds.count("door.shut"), kinds.count("journal.failed")) == (4, 1)
    journal.close()
