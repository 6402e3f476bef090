"""Decisions wait for nobody; what devices bring by themselves takes turns, and rests while somebody waits at a door."""

import asyncio

from server.devices.turns import DECIDING_FOR, Turns


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


async def test_half_of_the_time_is_left_while_anybody_waits_for_an_answer() -> None:
    turns, log, loop = Turns(), list[str](), asyncio.get_running_loop()
    turns.asked("d9")
    begun = loop.time()

    await asyncio.gather(*(bring(turns, f"d{number}", log) for number in range(3)))

    assert loop.time() - begun >= 6 * 0.02


async def test_a_question_of_long_ago_holds_nobody_up() -> None:
    turns, log, loop = Turns(), list[str](), asyncio.get_running_loop()
    turns.asked("d1")
    turns._asked["d1"] -= DECIDING_FOR
    begun = loop.time()

    await bring(turns, "d2", log, 0.0)

    assert loop.time() - begun < DECIDING_FOR


async def test_a_turn_that_fails_is_over() -> None:
    turns, log = Turns(), list[str]()
    try:
        async with turns.taken("d1"):
            raise OSError
    except OSError:
        pass

    await asyncio.wait_for(bring(turns, "d2", log), 10)

    assert log == ["d2 begins", "d2 ends"]
