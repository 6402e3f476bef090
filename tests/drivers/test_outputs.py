"""The contract of every output: the device shows what it was told, and a lost device is an answer, not an exception."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hardware.errors import Lost
from hardware.ports import Colour, Tone
from hardware.virtual.board import Board
from hardware.virtual.drivers import VirtualDisplay, VirtualIndicator, VirtualRelay, VirtualSounder
from hardware.virtual.world import BoardState

Order = Callable[[Any], Awaitable[bool]]
Shown = Callable[[BoardState], bool]
OUTPUTS: dict[str, tuple[type[Any], Order, Shown]] = {
    "relay": (VirtualRelay, lambda relay: relay.switch(True), lambda state: state.relay_on),
    "indicator": (
        VirtualIndicator,
        lambda indicator: indicator.show(Colour.AMBER, blinking=True),
        lambda state: (state.colour, state.blinking) == (Colour.AMBER, True),
    ),
    "display": (
        VirtualDisplay,
        lambda display: display.show(("Välkommen", "öppet till 22")),
        lambda state: state.display == ("Välkommen", "öppet till 22"),
    ),
    "sounder": (VirtualSounder, lambda sounder: sounder.play(Tone.RISING), lambda state: state.tone is Tone.RISING),
}
every_output = pytest.mark.parametrize("name", list(OUTPUTS))
every_lasting_output = pytest.mark.parametrize("name", [name for name in OUTPUTS if name != "sounder"])


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    async with Board(tmp_path / "board.sock") as board:
        yield board


@pytest.fixture
async def driver(name: str, board: Board) -> AsyncIterator[Any]:
    kind = OUTPUTS[name][0]
    driver = kind(kind.Options(socket=board.path))
    yield driver
    await driver.close()


@every_output
async def test_the_device_shows_what_it_was_told(name: str, driver: Any, board: Board) -> None:
    _, order, shown = OUTPUTS[name]

    assert await order(driver)
    assert shown(board.state())


@every_output
async def test_a_device_that_is_not_there_is_a_no_within_half_a_second(name: str, driver: Any, board: Board) -> None:
    await board.close()

    began = time.monotonic()
    assert not await OUTPUTS[name][1](driver)
    assert time.monotonic() - began < 3.0


@every_lasting_output
async def test_what_was_shown_is_shown_again_when_the_device_is_back(name: str, driver: Any, board: Board) -> None:
    _, order, shown = OUTPUTS[name]
    await order(driver)

    board.cut_power()
    assert not shown(board.state())
    board.restore_power()

    async with asyncio.timeout(2):
        await board.until(shown)


async def test_a_tone_is_not_repeated_when_the_device_is_back(board: Board) -> None:
    sounder = VirtualSounder(VirtualSounder.Options(socket=board.path))
    await sounder.play(Tone.ALARM)

    board.unplug("sounder")
    board.plug("sounder")
    assert await sounder.play(Tone.CLICK)

    assert board.state().tones == 2
    await sounder.close()


@every_output
async def test_check_says_whether_the_device_is_there(driver: Any, board: Board) -> None:
    await driver.check()

    await board.close()
    with pytest.raises(Lost):
        await driver.check()


@every_output
async def test_a_closed_driver_says_no(name: str, driver: Any) -> None:
    assert await OUTPUTS[name][1](driver)

    await driver.close()
    await driver.close()

    assert not await OUTPUTS[name][1](driver)


async def test_orders_given_at_once_are_all_answered(board: Board) -> None:
    indicator = VirtualIndicator(VirtualIndicator.Options(socket=board.path))

    answers = await asyncio.gather(*(indicator.show(colour) for colour in Colour))

    assert all(answers)
    assert board.state().colour is list(Colour)[-1]
    await indicator.close()
