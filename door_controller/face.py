"""Lamp, sounder and display as one face: it always shows the newest, never keeps anybody waiting and never fails."""

import asyncio
import logging
from collections.abc import Awaitable

from door_controller.fittings import Fittings
from door_controller.wording import DisplayText, Lamp
from hardware.ports import Tone
from meroppet.runtime.logs import Recurring

logger = logging.getLogger(__name__)


class Face:
    """The outputs a person outside sees and hears."""

    def __init__(self, fittings: Fittings) -> None:
        self._indicator, self._sounder, self._display = fittings.indicator, fittings.sounder, fittings.display
        self._wanted: DisplayText | None = None
        self._tone: Tone | None = None
        self._news = asyncio.Event()
        self._trouble = Recurring(logger, "an output")

    @property
    def wanted(self) -> DisplayText | None:
        """What is to be seen now."""
        return self._wanted

    def show(self, text: DisplayText, tone: Tone | None = None) -> None:
        """Show this from now on, and sound once; returns at once."""
        if text == self._wanted and tone is None:
            return
        self._wanted, self._tone = text, tone or self._tone
        self._news.set()

    async def run(self) -> None:
        """Bring what is wanted to the devices until cancelled; what was overtaken is left out."""
        lamp: Lamp | None = None
        lines: tuple[str, ...] | None = None
        while True:
            await self._news.wait()
            self._news.clear()
            text, tone, self._tone = self._wanted, self._tone, None
            if tone is not None and self._sounder is not None:
                await self._tried(self._sounder.play(tone))
            if text is None:
                continue
            # A device that was away is shown its state again by its driver, so an unchanged one need not be told.
            if text.lamp != lamp and self._indicator is not None:
                await self._tried(self._indicator.show(text.lamp.colour, blinking=text.lamp.blinking))
            if text.shown() != lines and self._display is not None:
                await self._tried(self._display.show(text.shown()))
            lamp, lines = text.lamp, text.shown()

    async def _tried(self, order: Awaitable[bool]) -> None:
        try:
            await order
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            # A dark display must not keep anybody out, and a broken lamp must not take the door with it.
            self._trouble.failed(f"{type(error).__name__}: {error}")
        else:
            self._trouble.succeeded()
