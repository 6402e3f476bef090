"""The contract of every input, over every driver that runs here. gpio's is in test_gpio: it imports on a Pi alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hardware.errors import Lost
from hardware.ports import ReaderFound, ReaderLost
from tests.drivers.rigs import InputRig, Listener, NfcRig, PcscRig, SerialRig, VirtualRig

VIRTUAL = ("card_reader", "keypad", "contact", "inner_contact", "tamper", "fire", "tag_pad", "barcode_scanner")
RIGS: dict[str, Callable[[], InputRig]] = {
    **{f"virtual {part}": lambda part=part: VirtualRig(part) for part in VIRTUAL},  # type: ignore[misc]
    "pcsc card_reader": PcscRig,
    "nfc card_reader": NfcRig,
    "serial barcode_scanner": SerialRig,
}
every_driver = pytest.mark.parametrize("name", list(RIGS))
every_losable_driver = pytest.mark.parametrize("name", [name for name in RIGS if not name.startswith("nfc")])


@pytest.fixture
async def there(name: str, tmp_path: Path) -> AsyncIterator[InputRig]:
    rig = RIGS[name]()
    await rig.start(tmp_path)
    yield rig
    await rig.driver.close()
    await rig.stop()


@pytest.fixture
async def absent(name: str, tmp_path: Path) -> AsyncIterator[InputRig]:
    rig = RIGS[name]()
    await rig.start(tmp_path, there=False)
    yield rig
    await rig.driver.close()
    await rig.stop()


async def expect_found(listener: Listener, rig: InputRig) -> None:
    assert isinstance(await listener.next(), ReaderFound)
    if rig.present is not None:
        assert await listener.next() == rig.present


@every_driver
async def test_it_says_what_the_device_does_in_order(there: InputRig) -> None:
    listener = Listener(there.driver)
    await expect_found(listener, there)

    for _ in range(3):
        done = await there.act()
        assert await listener.next() == done


@every_losable_driver
async def test_a_lost_device_is_told_once_and_works_again_when_it_is_back(there: InputRig) -> None:
    listener = Listener(there.driver)
    await expect_found(listener, there)

    await there.lose()
    assert isinstance(await listener.next(), ReaderLost)
    assert await listener.quiet(0.5), "lost is told once"
    await there.restore()

    await expect_found(listener, there)
    done = await there.act()
    assert await listener.next() == done


@every_driver
async def test_a_device_that_is_not_there_at_the_start_is_lost(absent: InputRig) -> None:
    listener = Listener(absent.driver)

    assert isinstance(await listener.next(), ReaderLost)
    assert await listener.quiet(0.5)


@every_losable_driver
async def test_a_device_that_comes_later_is_found(absent: InputRig) -> None:
    listener = Listener(absent.driver)
    assert isinstance(await listener.next(), ReaderLost)

    await absent.restore()

    await expect_found(listener, absent)


@every_driver
async def test_close_ends_the_events_and_may_be_called_twice(there: InputRig) -> None:
    listener = Listener(there.driver)
    await listener.next()

    await there.driver.close()
    await there.driver.close()

    async with asyncio.timeout(2):
        await listener.task


@every_driver
async def test_close_ends_the_events_of_a_lost_device_too(absent: InputRig) -> None:
    listener = Listener(absent.driver)
    await listener.next()

    await absent.driver.close()

    async with asyncio.timeout(2):
        await listener.task


@every_driver
async def test_check_is_content_with_a_device_that_is_there(there: InputRig) -> None:
    await there.driver.check()


@every_driver
async def test_check_says_that_a_device_is_not_there(absent: InputRig) -> None:
    with pytest.raises(Lost, match=r"\w{2,}"):
        await absent.driver.check()


@every_driver
async def test_a_cancelled_listener_leaves_a_driver_that_can_be_closed(there: InputRig) -> None:
    listener = Listener(there.driver)
    await listener.next()

    listener.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener.task

    await there.driver.close()
