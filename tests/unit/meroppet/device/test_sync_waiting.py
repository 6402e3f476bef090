"""Who waits for whom at the door's side, and what is told of clock and journal."""

import asyncio
from datetime import timedelta

import pytest

from meroppet.device import sync as under_test
from meroppet.device.errors import HeadRefused, StoreFailed
from meroppet.device.journal import Standing
from meroppet.rules.branch import ClockTrust
from meroppet.rules.events import DoorShut, Event
from meroppet.wire.journal import JournalReply, JournalRequest
from tests.fakes.clocks import ManualClock
from tests.fakes.syncing import Device, page, until


async def test_what_is_known_after_a_question_is_waited_for_and_no_longer(device: Device) -> None:
    device.server.change = 1
    await device.known()
    assert await device.sync.wait_for_change(1, 0.0)
    assert not await device.sync.wait_for_change(2, 0.05)

    device.server.change, device.server.pages = 3, [page(3)]

    assert await device.sync.wait_for_change(3, 10.0)
    assert not await device.sync.wait_for_change(4, -1.0)


async def test_who_is_behind_waits_until_all_is_known_or_the_time_is_over(device: Device) -> None:
    device.server.change = 1
    await device.known()
    await until(lambda: not device.sync.is_behind)
    assert await device.sync.catch_up(0.0)
    device.server.holds.clear()
    device.sync.pull_now()
    assert not await device.sync.catch_up(0.05)

    waiting = asyncio.create_task(device.sync.catch_up(10.0))
    device.server.holds.set()

    assert await waiting


async def test_what_can_wait_gives_way_to_whoever_is_identified_for_a_while(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "HELD_BACK", 0.5)
    await device.known()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    holding = asyncio.create_task(hold(device))
    await device.journal.write(DoorShut())

    await until(lambda: device.server.pushed)
    holding.cancel()

    # Though somebody goes on typing.
    assert loop.time() - begun >= 0.45


async def hold(device: Device) -> None:
    while True:
        device.sync.hold_back()
        await asyncio.sleep(0.05)


async def test_nobody_at_the_door_any_more_lets_the_rest_go_on(device: Device) -> None:
    device.sync.hold_back()

    device.sync.let_go()
    await asyncio.wait_for(device.sync._give_way(), 1.0)


async def test_that_the_clock_is_believed_no_longer_is_told_and_asked_about(device: Device) -> None:
    await device.known()
    await until(lambda: device.server.health_said)

    device.server.clock = ManualClock()
    device.machine_clock.turn(timedelta(hours=2))
    assert device.clock.trust() is ClockTrust.NONE

    await until(lambda: "clock.changed" in device.pushed_kinds())
    await until(lambda: device.server.health_said[-1].clock == "none")
    await until(lambda: device.server.health_said[-1].clock_ahead == 7200.0)


async def test_a_journal_that_cannot_be_written_is_told_whatever_else_would_be_written(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await device.known()

    async def broken(_event: Event) -> int:
        raise StoreFailed("the disk does not answer")

    async def standing() -> Standing:
        return Standing("e1", 7, 3, 60.0, "broken")

    monkeypatch.setattr(device.journal, "write", broken)
    monkeypatch.setattr(device.journal, "standing", standing)
    device.server.clock = ManualClock()
    device.machine_clock.turn(timedelta(hours=2))
    assert device.clock.trust() is ClockTrust.NONE

    await until(lambda: device.server.health_said[-1:] and device.server.health_said[-1].storage == "broken")
    said = device.server.health_said[-1]
    assert (said.epoch, said.last, said.unsent, said.queue, said.clock) == ("e1", 7, 3, 60.0, "none")


async def test_a_head_that_the_server_did_not_sign_asks_for_its_keys_anew(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await device.known()
    acked, refused = device.journal.acked, [HeadRefused("not signed"), HeadRefused("not signed")]

    async def once_refused(sent: JournalRequest, reply: JournalReply) -> None:
        if refused:
            raise refused.pop()
        await acked(sent, reply)

    monkeypatch.setattr(device.journal, "acked", once_refused)
    await device.journal.write(DoorShut())

    await until(lambda: device.server.boots == 3)
    assert device.sync.keys is not None


async def test_rows_that_may_go_are_purged_piece_by_piece(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [1000, 500, 0, 0]

    async def purge() -> int:
        return pieces.pop(0) if pieces else 0

    monkeypatch.setattr(device.journal, "purge", purge)
    await device.known()

    await until(lambda: not pieces)
