"""The drivers called `gpio`: contacts and buttons, a relay for light or bell, and a lamp of up to three colours.

RPi.GPIO does not import off a Raspberry Pi; the registry then says so. Pins are numbered as Broadcom numbers them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Literal

from pydantic import Field
from RPi import GPIO

from hardware.errors import Lost
from hardware.options import DriverOptions
from hardware.ports import Colour, InputChanged, InputEvent, ReaderFound, ReaderLost

BLINK_EVERY = 0.5
RETRY_AFTER = 1.0
RESTLESS_AFTER = 1.0
"""Seconds after which a contact that does not come to rest is said to be active: the side on which nothing opens."""
LAMPS = {
    Colour.OFF: frozenset[str](),
    Colour.RED: frozenset({"red"}),
    Colour.AMBER: frozenset({"red", "green"}),
    Colour.GREEN: frozenset({"green"}),
    Colour.BLUE: frozenset({"blue"}),
    Colour.WHITE: frozenset({"red", "green", "blue"}),
}


class InputOptions(DriverOptions):
    """A contact to ground with the Pi's own pull-up, unless told otherwise."""

    pin: int
    active_low: bool = True
    pull: Literal["up", "down", "none"] = "up"
    settle_ms: int = Field(50, ge=1, le=500)


class GpioInput:
    """One contact or button. A level counts when it has stood for `settle_ms`; one that only chatters is active."""

    Options = InputOptions

    def __init__(self, options: InputOptions) -> None:
        self._options = options
        self._levels: asyncio.Queue[bool | None] = asyncio.Queue()
        self._said: bool | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._restless_since = 0.0
        self._open = self._closed = False

    async def events(self) -> AsyncIterator[InputEvent]:
        """The level now, and every change."""
        loop = asyncio.get_running_loop()
        async for lost in self._until_claimed():
            yield lost
        if self._closed:
            return
        GPIO.add_event_detect(
            self._options.pin, GPIO.BOTH, callback=lambda _: loop.call_soon_threadsafe(self._edge, loop)
        )
        yield ReaderFound(f"pin {self._options.pin}")
        self._settled()
        while (level := await self._levels.get()) is not None:
            yield InputChanged(level)

    async def _until_claimed(self) -> AsyncIterator[ReaderLost]:
        lost = False
        while not self._closed:
            try:
                await self.check()
            except Lost as error:
                if not lost:
                    yield ReaderLost(str(error))
                lost = True
                await asyncio.sleep(RETRY_AFTER)
            else:
                return

    async def check(self) -> None:
        """Claim the pin; raises Lost when the machine has no such pin or no access to it."""
        if self._open:
            return
        pulls = {"up": GPIO.PUD_UP, "down": GPIO.PUD_DOWN, "none": GPIO.PUD_OFF}
        _claim(self._options.pin, GPIO.IN, pull_up_down=pulls[self._options.pull])
        self._open = True

    async def close(self) -> None:
        """Let go of the pin."""
        self._closed = True
        if self._settling is not None:
            self._settling.cancel()
        if self._open:
            self._open = False
            GPIO.remove_event_detect(self._options.pin)
            GPIO.cleanup(self._options.pin)
        self._levels.put_nowait(None)

    def _edge(self, loop: asyncio.AbstractEventLoop) -> None:
        # RPi.GPIO's own bouncetime keeps the first edge and may drop the last: the level is read when all is quiet.
        if self._settling is None:
            self._restless_since = loop.time()
        else:
            self._settling.cancel()
        if not self._open:
            return
        self._settling = loop.call_later(self._options.settle_ms / 1000, self._settled)
        if loop.time() - self._restless_since >= RESTLESS_AFTER:
            self._say(active=True)

    def _settled(self) -> None:
        self._settling = None
        self._say(active=bool(GPIO.input(self._options.pin)) != self._options.active_low)

    def _say(self, *, active: bool) -> None:
        if active != self._said:
            self._said = active
            self._levels.put_nowait(active)


class RelayOptions(DriverOptions):
    """The pin of a relay board's input."""

    pin: int
    active_low: bool = False


class GpioRelay:
    """A relay for light, bell or ventilation."""

    Options = RelayOptions

    def __init__(self, options: RelayOptions) -> None:
        self._output = _Output(options.pin, active_low=options.active_low)

    async def switch(self, on: bool) -> bool:
        """Switch it; False when the pin cannot be had."""
        return self._output.set(on)

    async def check(self) -> None:
        """Claim the pin, off; raises Lost."""
        self._output.claim()

    async def close(self) -> None:
        """Let go of the pin, which drops the relay."""
        self._output.close()


class IndicatorOptions(DriverOptions):
    """The pins of the lamps that are there; a colour is shown with those of its lamps that are."""

    red: int | None = None
    green: int | None = None
    blue: int | None = None
    active_low: bool = False


class GpioIndicator:
    """A lamp of one to three colours."""

    Options = IndicatorOptions

    def __init__(self, options: IndicatorOptions) -> None:
        pins = {"red": options.red, "green": options.green, "blue": options.blue}
        self._lamps = {
            name: _Output(pin, active_low=options.active_low) for name, pin in pins.items() if pin is not None
        }
        self._blinker: asyncio.Task[None] | None = None

    async def show(self, colour: Colour, *, blinking: bool = False) -> bool:
        """Light it; False when a pin cannot be had."""
        await self._stop_blinking()
        lit = self._light(LAMPS[colour])
        if lit and blinking:
            self._blinker = asyncio.get_running_loop().create_task(self._blink(LAMPS[colour]))
        return lit

    async def check(self) -> None:
        """Claim the pins, dark; raises Lost."""
        for lamp in self._lamps.values():
            lamp.claim()

    async def close(self) -> None:
        """Let go of the pins, which puts the lamp out."""
        await self._stop_blinking()
        for lamp in self._lamps.values():
            lamp.close()

    def _light(self, names: frozenset[str]) -> bool:
        taken = [lamp.set(name in names) for name, lamp in self._lamps.items()]
        return all(taken)

    async def _blink(self, names: frozenset[str]) -> None:
        while True:
            await asyncio.sleep(BLINK_EVERY)
            self._light(LAMPS[Colour.OFF])
            await asyncio.sleep(BLINK_EVERY)
            self._light(names)

    async def _stop_blinking(self) -> None:
        if self._blinker is not None:
            self._blinker.cancel()
            with suppress(asyncio.CancelledError):
                await self._blinker
            self._blinker = None


class _Output:
    """One pin that is off from the moment it becomes an output."""

    def __init__(self, pin: int, *, active_low: bool) -> None:
        self._pin, self._active_low, self._claimed = pin, active_low, False

    def claim(self) -> None:
        if not self._claimed:
            _claim(self._pin, GPIO.OUT, initial=GPIO.HIGH if self._active_low else GPIO.LOW)
            self._claimed = True

    def set(self, on: bool) -> bool:
        try:
            self.claim()
        except Lost:
            return False
        GPIO.output(self._pin, GPIO.HIGH if on != self._active_low else GPIO.LOW)
        return True

    def close(self) -> None:
        if self._claimed:
            self._claimed = False
            GPIO.cleanup(self._pin)


def _claim(pin: int, direction: int, **settings: int) -> None:
    try:
        GPIO.setmode(GPIO.BCM)
        GPIO.setup(pin, direction, **settings)
    except (OSError, RuntimeError, ValueError) as error:
        raise Lost(f"pin {pin} cannot be had: {error}") from error
