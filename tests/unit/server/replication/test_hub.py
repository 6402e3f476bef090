"""A wake-up reaches whoever listens to its topic, and is not lost between two waits."""

import asyncio

from server.replication.hub import Hub


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
