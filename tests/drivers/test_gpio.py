"""The gpio drivers' own logic, over a stand-in for RPi.GPIO. Off a Raspberry Pi the real module cannot be imported."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hardware.errors import Lost
from hardware.ports import Colour, InputChanged, ReaderFound, ReaderLost
from tests.drivers.rigs import Listener

STAND_IN = Path(__file__).parents[1] / "fakes" / "raspberry"
OURS = ("RPi", "RPi.GPIO", "hardware.gpio.driver")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(STAND_IN))
    for name in OURS:
        sys.modules.pop(name, None)
    yield importlib.import_module("hardware.gpio.driver")
    for name in OURS:
        sys.modules.pop(name, None)


async def test_a_contact_tells_its_level_and_every_change(driver: ModuleType) -> None:
    contact = driver.GpioInput(driver.GpioInput.Options(pin=27, settle_ms=5))
    listener = Listener(contact)
    assert isinstance(await listener.next(), ReaderFound)
    assert await listener.next() == InputChanged(False), "pulled up, active low: the contact is open"

    for level, active in ((0, True), (1, False)):
        driver.GPIO.outside(27, level)
        assert await listener.next() == InputChanged(active)

    await contact.close()
    await contact.close()
    async with asyncio.timeout(1):
        await listener.task


async def test_a_bouncing_contact_is_one_change(driver: ModuleType) -> None:
    contact = driver.GpioInput(driver.GpioInput.Options(pin=27, settle_ms=20))
    listener = Listener(contact)
    await listener.next()
    await listener.next()

    for _ in range(5):
        driver.GPIO.outside(27, 0)
        driver.GPIO.outside(27, 1)
    driver.GPIO.outside(27, 0)

    assert await listener.next() == InputChanged(True)
    assert await listener.quiet(0.1)
    await contact.close()


async def test_a_contact_that_never_comes_to_rest_is_active_until_it_does(driver: ModuleType) -> None:
    contact = driver.GpioInput(driver.GpioInput.Options(pin=27))
    listener = Listener(contact)
    assert isinstance(await listener.next(), ReaderFound)
    assert await listener.next() == InputChanged(False)

    async with asyncio.timeout(driver.RESTLESS_AFTER * 10):
        while listener.heard.empty():
            driver.GPIO.outside(27, 0)
            driver.GPIO.outside(27, 1)
            await asyncio.sleep(0.005)

    assert await listener.next() == InputChanged(True)
    assert await listener.next() == InputChanged(False), "it stands on its pull-up again"
    await contact.close()


@pytest.mark.parametrize("settle_ms", [0, 501])
def test_a_settling_time_no_contact_has_is_refused(driver: ModuleType, settle_ms: int) -> None:
    with pytest.raises(ValueError, match="settle_ms"):
        driver.GpioInput.Options(pin=27, settle_ms=settle_ms)


async def test_a_pin_the_machine_has_not_got_is_lost(driver: ModuleType) -> None:
    contact = driver.GpioInput(driver.GpioInput.Options(pin=99))
    listener = Listener(contact)

    assert isinstance(await listener.next(), ReaderLost)
    with pytest.raises(Lost, match="pin 99"):
        await contact.check()
    assert not await driver.GpioRelay(driver.GpioRelay.Options(pin=99)).switch(True)

    listener.task.cancel()
    await contact.close()


@pytest.mark.parametrize("active_low", [False, True])
async def test_a_relay_is_off_from_the_moment_its_pin_is_an_output(driver: ModuleType, active_low: bool) -> None:
    relay = driver.GpioRelay(driver.GpioRelay.Options(pin=22, active_low=active_low))
    on, off = int(not active_low), int(active_low)

    assert await relay.switch(True)
    assert await relay.switch(False)
    await relay.close()

    assert driver.GPIO.history == [(22, off), (22, on), (22, off)]
    assert 22 not in driver.GPIO.levels


async def test_a_colour_is_mixed_of_the_lamps_that_are_there(driver: ModuleType) -> None:
    indicator = driver.GpioIndicator(driver.GpioIndicator.Options(red=5, green=6))

    shown = {}
    for colour in Colour:
        assert await indicator.show(colour)
        shown[colour] = (driver.GPIO.levels[5], driver.GPIO.levels[6])
    await indicator.close()

    assert shown[Colour.RED] == (1, 0)
    assert shown[Colour.GREEN] == (0, 1)
    assert shown[Colour.AMBER] == shown[Colour.WHITE] == (1, 1)
    assert shown[Colour.OFF] == shown[Colour.BLUE] == (0, 0)


async def test_a_blinking_lamp_goes_out_and_on_until_it_is_told_something_else(driver: ModuleType) -> None:
    indicator = driver.GpioIndicator(driver.GpioIndicator.Options(red=5))

    await indicator.show(Colour.RED, blinking=True)
    await asyncio.sleep(driver.BLINK_EVERY * 3.2)
    assert [level for _, level in driver.GPIO.history[:4]] == [0, 1, 0, 1]
    await indicator.show(Colour.OFF)
    turns = len(driver.GPIO.history)
    await asyncio.sleep(driver.BLINK_EVERY * 1.5)

    assert len(driver.GPIO.history) == turns
    await indicator.close()
