"""What a device's disk went through, the server finds at the next contact: nothing is lost silently, nothing twice."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from meroppet.device import sentinel
from meroppet.device.errors import HeadRefused
from meroppet.rules.events import DoorForced
from server.journal.models import JournalRow, JournalStream
from server.journal.service import AlarmView, Gap, accept_gap, gaps, open_alarms

from .conftest import House
from .journal_door import Door
from .test_journal import here, push, row


@pytest.fixture
async def door(house: House, tmp_path: Path) -> Any:
    made = Door(house, await house.device(), tmp_path / "door")
    await made.boot("boot-2")
    yield made
    made.journal.close()


async def told(house: House) -> Counter[float]:
    """The marks of all rows at the server, over all epochs, with how often each is there."""
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        details = await session.all(select(col(JournalRow.detail)).where(col(JournalRow.kind) == "link.restored"))
    return Counter(float(detail.partition(":")[2].strip(" }")) for detail in details)


async def alarms(house: House) -> list[AlarmView]:
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        return await open_alarms(session, "skiljebo")


async def missing(house: House) -> list[Gap]:
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        return await gaps(session, "skiljebo")


def once(*marks: int) -> Counter[float]:
    return Counter({float(mark): 1 for mark in marks})


async def test_the_head_of_what_the_server_holds_is_signed_and_kept(house: House, door: Door) -> None:
    await door.write(1, 2, 3)

    (reply,) = await door.sync()

    assert reply.head is not None
    assert (reply.head.seq, reply.begin_anew) == (3, False)
    assert await door.journal.first_fault() is None
    await door.journal.purge()
    kept = door.journal._store.run(lambda disk: disk.execute("SELECT head, hash, signature FROM mark").fetchone())
    assert kept == (reply.head.seq, reply.head.hash, reply.head.signature)
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        (stream,) = await session.all(select(JournalStream))
    assert (stream.head, stream.hash, stream.broken) == (3, reply.head.hash, None)


async def test_a_copy_of_the_disk_that_is_put_back_loses_nothing_and_staff_know(house: House, door: Door) -> None:
    await door.write(1, 2, 3, 4, 5)
    await door.sync()
    image = door.image("image")
    await door.write(6, 7, 8, 9, 10)
    await door.sync()
    former = (await door.journal.standing()).epoch

    door.put_back(image)
    await door.write(11, 12, 13, 14)
    replies = await door.sync()

    assert [reply.begin_anew for reply in replies] == [True, False]
    assert await told(house) == once(*range(1, 15))
    anew = (await door.journal.standing()).epoch
    assert (anew != former, await here(house, door.signing, anew)) == (True, [1, 2, 3, 4, 5])
    assert [(alarm.kind, alarm.epoch, alarm.seq) for alarm in await alarms(house)] == [("journal.broken", former, -6)]
    assert await missing(house) == []
    assert await door.journal.unsent_count() == 0


async def test_rows_that_the_copy_had_not_sent_and_the_other_had_do_not_come_twice(house: House, door: Door) -> None:
    await door.write(1, 2, 3, 4, 5)
    await door.sync()
    await door.write(6, 7, 8)
    image = door.image("image")
    await door.write(9, 10)
    await door.sync()

    door.put_back(image)
    await door.write(11)
    await door.sync()

    assert await told(house) == once(*range(1, 12))
    anew = (await door.journal.standing()).epoch
    assert await here(house, door.signing, anew) == [1, 2]


async def test_a_copy_that_only_misses_what_nobody_had_seen_goes_on_as_it_was(house: House, door: Door) -> None:
    await door.write(1, 2)
    image = door.image("image")
    await door.write(3)

    door.put_back(image)
    await door.write(4)
    replies = await door.sync()

    assert [reply.begin_anew for reply in replies] == [False]
    assert await told(house) == once(1, 2, 4)


async def test_a_copy_older_than_what_the_server_remembers_is_found_by_the_head(house: House, door: Door) -> None:
    await door.write(*range(1, 6))
    await door.sync()
    image = door.image("image")
    await door.write(*range(6, 11))
    await door.sync()
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        await session.execute(delete(JournalRow).where(col(JournalRow.device_id) == door.signing.device))

    door.put_back(image)
    await door.write(11, 12)
    replies = await door.sync()

    assert [reply.begin_anew for reply in replies] == [True, False]
    assert await told(house) == once(11, 12)


async def test_an_answer_that_was_lost_is_no_copy_even_when_the_server_has_forgotten_the_rows(
    house: House, door: Door
) -> None:
    await door.write(*range(1, 6))
    sent = await door.journal.unsent()
    assert sent is not None
    await door.signing.ask("POST", "/journal", sent.model_dump(mode="json"))
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        await session.execute(delete(JournalRow).where(col(JournalRow.device_id) == door.signing.device))

    await door.write(6)
    replies = await door.sync()

    assert [(reply.begin_anew, reply.acked_through) for reply in replies] == [(False, 6)]
    assert await told(house) == once(6)


async def test_two_disks_of_one_device_do_not_take_each_others_numbers(house: House, door: Door) -> None:
    await door.write(1, 2)
    await door.sync()
    image = door.image("image")
    await door.write(3)
    await door.sync()
    twin = Door(house, door.signing, image)
    twin.key = door.key

    await twin.write(4)
    await twin.sync()
    await door.write(5)
    await door.sync()
    await twin.write(6)
    await twin.sync()
    twin.journal.close()

    assert await told(house) == once(1, 2, 3, 4, 5, 6)


async def test_a_journal_that_was_deleted_is_told_with_what_is_missing_of_it(house: House, door: Door) -> None:
    await door.write(1, 2, 3)
    await door.sync()
    await door.write(4, 5)
    await door.journal.purge()
    former = (await door.journal.standing()).epoch
    door.journal.close()
    for file in door.folder.glob("journal.db*"):
        file.unlink()

    door.open()
    await door.write(6)
    await door.sync()

    assert await told(house) == once(1, 2, 3, 6)
    (gap,) = await missing(house)
    assert (gap.epoch, gap.first, gap.last) == (former, 4, 5)
    assert [alarm.kind for alarm in await alarms(house)] == ["journal.began"]
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        await accept_gap(session, gap)
    assert await missing(house) == []


async def test_a_journal_nobody_had_heard_of_is_missed_too(house: House, door: Door) -> None:
    door.journal.close()
    for file in door.folder.glob("journal.db*"):
        file.unlink()
    sentinel.write(door.folder / sentinel.FILE, sentinel.Sentinel("never-sent", 3, 7))

    door.open()
    await door.sync()

    assert [(gap.epoch, gap.first, gap.last) for gap in await missing(house)] == [("never-sent", 1, 7)]


@pytest.mark.parametrize(
    ("previous", "through"), [("", None), ("e0", 0), ("e0", True), ("no epoch", 3), (7, 3), ("e0", 2**63)]
)
async def test_what_a_device_says_of_a_former_journal_is_believed_only_if_it_can_be(
    house: House, previous: Any, through: Any
) -> None:
    door = await house.device()

    reply = await push(door, row(house, 1, "journal.began", previous=previous, through=through, why="missing"))

    assert (reply.acked_through, reply.parked) == (1, ())
    assert await missing(house) == []
    assert [alarm.kind for alarm in await alarms(house)] == ["journal.began"]


async def test_a_server_that_was_put_back_gets_its_rows_again_in_the_same_epoch(house: House, door: Door) -> None:
    await door.write(*range(1, 11))
    await door.sync()
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        (fifth,) = await session.all(select(col(JournalRow.hash)).where(col(JournalRow.seq) == 5))
        await session.execute(delete(JournalRow).where(col(JournalRow.seq) > 5))
        await session.execute(update(JournalStream).values(through=5, highest=5, head=5, hash=fifth))

    await door.write(11)
    replies = await door.sync()

    assert not any(reply.begin_anew for reply in replies)
    assert await told(house) == once(*range(1, 12))
    assert await missing(house) == []
    assert await alarms(house) == []


async def test_a_row_that_changed_on_the_disk_before_it_was_sent_is_an_alarm_and_comes_as_it_is(
    house: House, door: Door
) -> None:
    await door.write(1, 2, 3)
    door.journal._store.run(lambda disk: disk.execute("UPDATE row SET clock = 'none' WHERE seq = 2"))

    await door.sync()

    assert await told(house) == once(1, 2, 3)
    assert [alarm.kind for alarm in await alarms(house)] == ["journal.broken"]


async def test_a_row_that_cannot_be_read_any_more_is_kept_aside_for_staff(house: House, door: Door) -> None:
    await door.write(1, 2, 3)
    door.journal._store.run(lambda disk: disk.execute("UPDATE row SET detail = '{' WHERE seq = 2"))

    replies = await door.sync()

    assert await told(house) == once(1, 3)
    assert [aside.why for aside in replies[-1].parked] == ["detail: without seconds"]


async def test_rows_of_a_newer_version_are_kept_aside_and_the_chain_goes_on_over_them(house: House, door: Door) -> None:
    await door.write(1)
    door.journal._store.run(lambda disk: disk.execute("UPDATE row SET kind = 'door.sang'"))
    assert await door.journal.first_fault() == 1
    # Chained anew, as a newer version would have written it.
    await door.sync()
    await door.write(2)
    await door.sync()

    epoch = (await door.journal.standing()).epoch
    assert await here(house, door.signing, epoch) == [1, 3]
    sent = (await door.signing.ask("POST", "/journal", _strange(house, epoch, door))).json()
    assert (sent["acked_through"], sent["begin_anew"]) == (4, False)
    assert [aside["seq"] for aside in sent["parked"]] == [4]


def _strange(house: House, epoch: str, door: Door) -> dict[str, Any]:
    (last,) = door.journal._store.run(lambda disk: disk.execute("SELECT hash FROM row ORDER BY seq DESC").fetchone())
    strange = {**row(house, 4), "prev": last, "hash": "ab" * 32, "mood": "good"}
    return {"epoch": epoch, "rows": [strange]}


async def test_an_older_device_whose_copy_was_put_back_is_told_so_and_nothing_is_taken_for_known(house: House) -> None:
    door = await house.device()
    await push(door, *(row(house, seq) for seq in range(1, 6)))

    reply = await push(door, {**row(house, 4), "boot": "b2"}, {**row(house, 5), "boot": "b2"})

    assert (reply.begin_anew, reply.acked_through, reply.head) == (True, 3, None)
    assert [(alarm.kind, alarm.seq) for alarm in await alarms(house)] == [("journal.broken", -4)]


async def test_a_journal_that_was_chained_stays_so(house: House, door: Door) -> None:
    await door.write(1, 2)
    await door.sync()
    epoch = (await door.journal.standing()).epoch

    reply = await push(door.signing, row(house, 3), epoch=epoch)

    assert (reply.begin_anew, reply.acked_through) == (True, 2)


async def test_the_alarm_of_a_contradiction_is_raised_once_and_beside_that_of_the_row(house: House, door: Door) -> None:
    await door.journal.write(DoorForced())
    await door.sync()
    epoch = (await door.journal.standing()).epoch

    for _ in range(3):
        await push(door.signing, row(house, 1, "door.forced"), epoch=epoch)

    assert {(alarm.kind, alarm.seq) for alarm in await alarms(house)} == {("door.forced", 1), ("journal.broken", -1)}


async def test_what_staff_no_longer_waited_for_is_taken_when_it_comes_after_all(house: House, door: Door) -> None:
    await door.write(*range(1, 6))
    sent = await door.journal.unsent()
    assert sent is not None
    rows = [each.model_dump(mode="json") for each in sent.rows]
    await push(door.signing, rows[0], rows[3], epoch=sent.epoch)
    (gap,) = await missing(house)
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        await accept_gap(session, gap)
        await accept_gap(session, gap)

    reply = await push(door.signing, *rows[1:3], epoch=sent.epoch)

    assert (reply.acked_through, reply.begin_anew) == (4, False)
    assert await told(house) == once(1, 2, 3, 4)
    assert (await push(door.signing, rows[4], epoch=sent.epoch)).acked_through == 5


async def test_a_gap_of_a_device_nobody_knows_is_nothing_to_accept(house: House) -> None:
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        await accept_gap(session, Gap("nobody", "e1", 1, 2))

    assert await missing(house) == []


async def test_a_device_believes_no_head_but_its_servers(house: House, door: Door, tmp_path: Path) -> None:
    door.journal.trust_heads("another-device", door.key)
    await door.write(1)

    with pytest.raises(HeadRefused):
        await door.push()
    await door.boot("boot-3")
    await door.sync()

    assert await told(house) == once(1)
