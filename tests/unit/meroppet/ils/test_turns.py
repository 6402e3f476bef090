"""Turns are given in the order of asking, the urgent first, and none is ever lost."""

import asyncio
import random

import pytest

from meroppet.ils.turns import Turns


async def use(turns: Turns, name: str, log: list[str], *, is_urgent: bool = False) -> None:
    async with turns.turn(is_urgent=is_urgent):
        log.append(name)
        await asyncio.sleep(0)


async def test_the_urgent_pass_those_who_wait() -> None:
    turns, log = Turns(1), list[str]()

    await asyncio.gather(
        use(turns, "first", log),
        use(turns, "second", log),
        use(turns, "third", log),
        use(turns, "door", log, is_urgent=True),
    )

    assert log == ["first", "door", "second", "third"]


async def test_whoever_gives_up_waiting_holds_nobody_up() -> None:
    turns, log = Turns(1), list[str]()
    waiting = [asyncio.create_task(use(turns, str(number), log)) for number in range(4)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    waiting[2].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert log == ["0", "3"]


@pytest.mark.parametrize("seed", range(20))
async def test_no_turn_is_lost_and_none_is_given_twice_however_many_give_up(seed: int) -> None:
    chance, turns, at_once, most = random.Random(seed), Turns(3), 0, 0

    async def one() -> None:
        nonlocal at_once, most
        async with turns.turn(is_urgent=chance.random() < 0.3):
            at_once += 1
            most = max(most, at_once)
            try:
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
            finally:
                at_once -= 1

    tasks = []
    for _ in range(200):
        tasks.append(asyncio.create_task(one()))
        if chance.random() < 0.5:
            await asyncio.sleep(0)
        if chance.random() < 0.4:
            chance.choice(tasks).cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5):
        await asyncio.gather(*(one() for _ in range(10)))

    assert (at_once, most, turns._free) == (0, 3, 3)
