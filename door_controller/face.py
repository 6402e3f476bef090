"""Lamp, sounder and display as one face: it always shows the newest, never keeps anybody waiting and never fails."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable

from door_controller.fittings import Fittings
from door_controller.wording import LANGUAGES, DisplayText, Lamp, Wording
from hardware.ports import Tone
from meroppet.runtime.logs import Recurring

logger = logging.getLogger(__name__)

PAGE_SECONDS = 4.0
"""How long a small display shows one pair of languages where a door has more than two."""
TONES_KEPT = 3
"""What was read and what came of it are both heard; of many keys typed at once, the last ones."""


class Face:
    """The outputs a person outside sees and hears. `words` says it in the door's languages."""

    def __init__(self, fittings: Fittings, languages: tuple[str, ...] = LANGUAGES) -> None:
        self._indicator, self._sounder, self._display = fittings.indicator, fittings.sounder, fittings.display
        self.words = Wording(languages)
        self._wanted: DisplayText | None = None
        self._tones: deque[Tone] = deque(maxlen=TONES_KEPT)
        self._news = asyncio.Event()
        self._watchers: set[asyncio.Event] = set()
        self._trouble = Recurring(logger, "an output")

    @property
    def wanted(self) -> DisplayText | None:
        """What is to be seen now."""
        return self._wanted

    def show(self, text: DisplayText, tone: Tone | None = None) -> None:
        """Show this from now on, and sound once; returns at once."""
        if tone is not None:
            self.sound(tone)
        if text != self._wanted:
            self._wanted = text
            for told in (self._news, *self._watchers):
                told.set()

    def sound(self, tone: Tone) -> None:
        """Sound once, whatever is shown; returns at once."""
        self._tones.append(tone)
        self._news.set()

    def watch(self) -> asyncio.Event:
        """An event that is set whenever something else is to be seen; give it back with `unwatch`."""
        event = asyncio.Event()
        self._watchers.add(event)
        return event

    def unwatch(self, event: asyncio.Event) -> None:
        """Nobody watches by this event any more."""
        self._watchers.discard(event)

    async def run(self) -> None:
        """Bring what is wanted to the devices until cancelled; what was overtaken is left out."""
        shown: DisplayText | None = None
        lamp: Lamp | None = None
        lines: tuple[str, ...] | None = None
        page = 0
        while True:
            is_news = await self._heard_news(shown)
            await self._play()
            if self._wanted is None:
                continue
            page = 0 if self._wanted != shown else page + (not is_news)
            shown = self._wanted
            # A device that was away is shown its state again by its driver, so an unchanged one need not be told.
            if shown.lamp != lamp and self._indicator is not None:
                await self._tried(self._indicator.show(shown.lamp.colour, blinking=shown.lamp.blinking))
            pages = shown.pages()
            if pages[page % len(pages)] != lines and self._display is not None:
                await self._tried(self._display.show(pages[page % len(pages)]))
            lamp, lines = shown.lamp, pages[page % len(pages)]

    async def _heard_news(self, shown: DisplayText | None) -> bool:
        """Wait for something new (True), or for it to be another language's turn."""
        has_turns = self._display is not None and shown is not None and len(shown.pages()) > 1
        try:
            async with asyncio.timeout(PAGE_SECONDS if has_turns else None):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def _play(self) -> None:
        while self._tones:
            tone = self._tones.popleft()
            if self._sounder is not None:
                await self._tried(self._sounder.play(tone))

    async def _tried(self, order: Awaitable[bool]) -> None:
        try:
            await order
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            # A dark display must not keep anybody out, and a broken lamp must not take the door with it.
            self._trouble.failed(f"{type(error).__name__}: {error}")
        else:
            self._trouble.succeeded()
