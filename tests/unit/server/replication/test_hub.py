"""A wake-up reaches whoever listens to its topic, and is not lost between two waits."""

import asyncio
from contextlib import ExitStack

from server.replication.hub import Ear, Hub


async def test_a_wake_up_between_two_waits_is_heard() -> None:
    hub = Hub()
    with hub.listening("a", "b") as ear:
        hub.wake("a")
        hub.wake("b")
        hub.wake("c")

        assert await ear.heard(1) == {"a", "b"}
        assert await ear.heard(0) == frozenset()


async def test_a_waiting_ear_is_woken() -> None:
    hub = Hub()
    with hub.listening("a") as ear:
        waiting = asyncio.create_task(ear.heard(5))
        await asyncio.sleep(0)
        hub.wake("a")

        assert await waiting == {"a"}


async def test_closing_wakes_everybody() -> None:
    hub = Hub()
    with hub.listening("a") as ear:
        hub.close()

        assert await ear.heard(5) == {"a"}
        assert hub.is_closed


async def test_nothing_is_kept_of_an_ear_that_is_gone() -> None:
    hub = Hub()
    with hub.listening("a"):
        pass

    assert not hub._ears


async def test_many_ears_are_woken_a_few_at_a_time_and_somebody_else_has_her_turn_between() -> None:
    hub, said = Hub(), list[str]()

    async def hears(ear: Ear) -> None:
        assert await ear.heard(5) == {"a"}
        said.append("stream")

    with ExitStack() as open_ears:
        ears = [open_ears.enter_context(hub.listening("a")) for _ in range(100)]
        waiting = [asyncio.create_task(hears(ear)) for ear in ears]
        await asyncio.sleep(0)
        hub.wake("a")
        for _ in range(3):
            await asyncio.sleep(0)
        said.append("somebody at a door")
        await asyncio.gather(*waiting)

    assert len(said) == 101
    assert said.index("somebody at a door") < 50


async def test_what_was_read_of_a_topic_holds_until_it_is_woken_again() -> None:
    hub = Hub()
    before = hub.woken("a")
    hub.wake("b")
    assert hub.woken("a") == before

    hub.wake("a")
    after = hub.woken("a")
    hub.wake_all()

    assert before < after < hub.woken("a")
