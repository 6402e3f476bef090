"""Decisions wait for nobody; what devices bring by themselves takes turns, and waits while somebody at a door does."""

import asyncio

import pytest

from meroppet.wire.problems import ProblemCode
from server.devices.problems import Refusal
from server.devices.turns import DECIDING_FOR, MOST_WAITING, WAITS_AT_MOST, Turns


async def bring(turns: Turns, device: str, log: list[str], seconds: float = 0.02) -> None:
    async with turns.taken(device):
        log.append(f"{device} begins")
        await asyncio.sleep(seconds)
        log.append(f"{device} ends")


async def test_one_at_a_time() -> None:
    turns, log = Turns(), list[str]()

    await asyncio.gather(*(bring(turns, f"d{number}", log) for number in range(4)))

    assert log == [f"d{number} {what}" for number in range(4) for what in ("begins", "ends")]


async def test_a_device_at_whose_door_somebody_stands_does_not_wait() -> None:
    turns, log = Turns(), list[str]()
    long = asyncio.create_task(bring(turns, "d1", log, 60.0))
    await asyncio.sleep(0)
    turns.asked("d2")

    await asyncio.wait_for(bring(turns, "d2", log), 10)

    assert log == ["d1 begins", "d2 begins", "d2 ends"]
    long.cancel()


async def test_nothing_begins_while_a_decision_is_being_made() -> None:
    turns, log = Turns(), list[str]()
    with turns.deciding():
        with turns.deciding():
            bringing = asyncio.create_task(bring(turns, "d1", log))
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)
        assert log == []

    await asyncio.wait_for(bringing, 10)
    assert log == ["d1 begins", "d1 ends"]


async def test_where_somebody_is_always_deciding_the_rest_goes_on_slowly() -> None:
    turns, log, loop = Turns(), list[str](), asyncio.get_running_loop()
    begun = loop.time()
    with turns.deciding():
        await asyncio.wait_for(asyncio.gather(*(bring(turns, f"d{number}", log, 0.0) for number in range(3))), 20)

    assert loop.time() - begun >= 2.5 * WAITS_AT_MOST


async def test_a_question_of_long_ago_lets_nobody_go_first() -> None:
    turns, log = Turns(), list[str]()
    turns.asked("d1")
    turns._asked["d1"] -= DECIDING_FOR
    long = asyncio.create_task(bring(turns, "d2", log, 60.0))
    await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bring(turns, "d1", log), 0.1)

    assert log == ["d2 begins"]
    long.cancel()


async def test_a_turn_that_fails_is_over() -> None:
    turns, log = Turns(), list[str]()
    try:
        async with turns.taken("d1"):
            raise OSError
    except OSError:
        pass

    await asyncio.wait_for(bring(turns, "d2", log), 10)

    assert log == ["d2 begins", "d2 ends"]


async def test_who_finds_many_waiting_is_told_to_come_again() -> None:
    turns, log = Turns(), list[str]()
    waiting = [asyncio.create_task(bring(turns, f"d{number}", log, 60.0)) for number in range(MOST_WAITING + 1)]
    await asyncio.sleep(0)

    with pytest.raises(Refusal) as refused:
        await bring(turns, "late", log)

    assert refused.value.code is ProblemCode.UNAVAILABLE
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.wait_for(bring(turns, "again", log), 10)
