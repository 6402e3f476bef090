"""The sync, every way it can go: against a server in the test's hand, with the real journal and replica."""

import asyncio
from datetime import timedelta

import pytest

from meroppet.device.errors import ChannelDown, NotUnderstood, StoreFailed
from meroppet.device.events_stream import Heartbeat
from meroppet.device.keys import Keys
from meroppet.rules.branch import ClockTrust
from meroppet.rules.events import DoorShut
from meroppet.wire.commands import StrangeOrder, WakeUp
from meroppet.wire.problems import ProblemCode
from tests.fakes.syncing import ANNA, ORDER, Device, page, refusal, until


async def test_a_start_brings_keys_a_snapshot_and_the_hour(device: Device) -> None:
    keys: list[Keys] = []

    async def take(found: Keys) -> None:
        keys.append(found)

    device.sync.on_keys(take)
    device.server.change = 7
    await device.known()

    assert keys == [device.sync.keys]
    assert (device.replica.cursor(), device.server.snapshots) == (7, 1)
    assert device.clock.trust() is ClockTrust.SIGNED
    assert device.link.is_up
    await until(lambda: not device.sync.is_behind)


async def test_health_says_how_the_device_is(device: Device) -> None:
    await device.known()
    await until(lambda: device.server.health_said)

    said = device.server.health_said[0]

    assert (said.locked, said.door, said.readers_lost, said.inside) == (True, "shut", ("keypad",), 3)
    assert (said.clock, said.version, said.hours_until) == ("signed", "1", "")
    assert said.clock_ahead == 0.0


async def test_rows_go_up_as_they_are_written(device: Device) -> None:
    await device.known()

    await device.journal.write(DoorShut())
    await until(lambda: device.server.pushed)

    assert [row.kind for request in device.server.pushed for row in request.rows] == ["door.shut"]


async def test_a_server_that_misses_older_rows_gets_them_after_a_pause(device: Device) -> None:
    await device.known()
    device.server.short = 1

    await device.journal.write(DoorShut())
    await until(lambda: len(device.server.pushed) > 1)

    assert [request.rows[0].seq for request in device.server.pushed[:2]] == [1, 1]


async def test_pages_are_fetched_until_there_are_no_more(device: Device) -> None:
    device.server.change = 1
    await device.known()
    device.server.pages = [page(2, more=True), page(3)]

    device.server.words.put_nowait(WakeUp(change=3))
    await until(lambda: device.replica.cursor() == 3)

    assert device.replica.right(ANNA) is not None


async def test_an_old_wake_up_wakes_nobody(device: Device) -> None:
    device.server.change = 5
    await device.known()
    asked: list[int] = []
    device.sync.pull_now = lambda: asked.append(1)  # type: ignore[method-assign]

    device.server.words.put_nowait(WakeUp(change=5))
    device.server.words.put_nowait(ORDER)
    await until(lambda: device.orders)

    assert asked == []


async def test_health_tells_that_there_is_something_newer(device: Device) -> None:
    device.server.change = 1
    await device.known()
    device.server.change = 2
    device.server.pages = [page(2)]

    device.sync.tell_now()

    await until(lambda: device.replica.cursor() == 2)


async def test_orders_are_handed_on_and_those_nobody_understands_are_answered_once(device: Device) -> None:
    await device.known()
    strange = StrangeOrder(order="o2", action="burn_down")
    for word in (ORDER, strange, strange, Heartbeat()):
        device.server.words.put_nowait(word)

    await until(lambda: device.orders and device.server.pushed)
    await until(device.server.words.empty)

    rows = [row for request in device.server.pushed for row in request.rows]
    assert device.orders == [ORDER]
    assert [row.detail for row in rows] == [
        {"order": "o2", "action": "burn_down", "done": False, "reason": "not_understood"}
    ]


async def test_a_server_that_wants_a_new_start_is_asked_for_a_snapshot(device: Device) -> None:
    device.server.change = 9
    await device.known()
    device.server.change, device.server.wrong["changes"] = 4, [refusal(ProblemCode.START_OVER)]

    device.sync.pull_now()

    # Only a server that says so may go back behind what is known.
    await until(lambda: device.replica.cursor() == 4)


async def test_what_is_not_understood_lets_nobody_in_until_it_is(device: Device) -> None:
    device.server.change = 9
    await device.known()
    device.server.wrong["changes"] = [NotUnderstood("changes: strange"), NotUnderstood("changes: strange")]
    device.server.wrong["snapshot"] = [NotUnderstood("snapshot: strange")]

    device.sync.pull_now()
    await until(lambda: device.sync.is_outdated)

    await until(lambda: not device.sync.is_outdated)
    assert device.server.snapshots == 2


async def test_a_snapshot_older_than_what_is_known_is_not_taken_for_something_strange(device: Device) -> None:
    device.server.change = 9
    await device.known()
    device.server.change, device.server.wrong["changes"] = 8, [NotUnderstood("changes: strange")]

    device.sync.pull_now()
    await until(lambda: device.server.snapshots == 2)
    await until(lambda: not device.sync.is_behind)

    assert device.replica.cursor() == 9


async def test_any_other_no_to_a_question_for_changes_is_tried_again(device: Device) -> None:
    await device.known()
    device.server.change, device.server.pages = 2, [page(2)]
    device.server.wrong["changes"] = [refusal(ProblemCode.UNAVAILABLE)]

    device.sync.pull_now()

    await until(lambda: device.replica.cursor() == 2 and not device.server.wrong["changes"])


@pytest.mark.parametrize("code", [ProblemCode.UNKNOWN_BOOT, ProblemCode.REPLAYED, ProblemCode.BAD_SIGNATURE])
async def test_a_device_that_is_asked_to_boots_anew_and_keeps_its_keys(device: Device, code: ProblemCode) -> None:
    await device.known()
    device.server.wrong["health"] = [refusal(code)]

    device.sync.tell_now()

    await until(lambda: device.server.boots == 2)
    assert device.sync.keys is not None


async def test_a_device_that_is_shut_out_forgets_its_keys(device: Device) -> None:
    await device.known()
    device.server.wrong["health"] = [refusal(ProblemCode.REVOKED)]
    device.server.wrong["boot"] = [refusal(ProblemCode.REVOKED)] * 1000

    device.sync.tell_now()

    await until(lambda: device.sync.keys is None)


async def test_an_error_nobody_foresaw_ends_one_turn(device: Device) -> None:
    await device.known()
    device.server.wrong["health"] = [RuntimeError("nobody foresaw it"), StoreFailed("a disk")]
    before = len(device.server.health_said)

    device.sync.tell_now()

    await until(lambda: len(device.server.health_said) > before)


async def test_the_first_answer_after_a_silence_asks_for_changes_before_the_link_is_steady(device: Device) -> None:
    device.server.change = 1
    await device.known()
    device.server.wrong = {
        "health": [ChannelDown("health: cut", silent=5.0)],
        "changes": [ChannelDown("changes: cut", silent=5.0)] * 3,
    }
    device.machine_clock.advance(timedelta(seconds=60))
    device.sync.tell_now()
    device.server.words.put_nowait(ChannelDown("stream: silent", silent=9.0))
    await until(lambda: not device.link.is_up)
    device.server.change, device.server.pages = 2, [page(2)]

    await until(lambda: device.replica.cursor() == 2)

    assert not device.link.is_up
    assert [event.kind for event in device.told] == ["link.lost"]


async def test_a_stream_that_nobody_lets_through_is_no_lost_link_and_no_storm(device: Device) -> None:
    await device.known()
    device.server.wrong["stream"] = [ChannelDown("stream: 502") for _ in range(1000)]
    device.server.words.put_nowait(ChannelDown("stream: silent", silent=6.0))
    before = len(device.server.health_said)

    await until(lambda: len(device.server.health_said) > before)
    await asyncio.sleep(0.3)

    assert device.link.is_up
    assert device.told == []
    assert len(device.server.wrong["stream"]) > 900
