"""What a person outside sees never takes the door with it."""

import asyncio
from collections.abc import Callable

import pytest

from door_controller.face import Face
from door_controller.fittings import Fittings
from door_controller.wording import Surroundings, Wording
from hardware.ports import Colour, Tone
from meroppet.rules.reasons import Reason

WORDS = Wording()


class _Output:
    """A device whose driver breaks its word and raises, as long as it is broken."""

    def __init__(self) -> None:
        self.broken = True
        self.taken = asyncio.Event()

    async def check(self) -> None: ...

    async def close(self) -> None: ...

    def _take(self) -> bool:
        self.taken.set()
        if self.broken:
            raise RuntimeError("no such pin")
        return True


class _Lamp(_Output):
    async def show(self, colour: Colour, *, blinking: bool = False) -> bool:
        return self._take()


class _Sounder(_Output):
    async def play(self, tone: Tone) -> bool:
        return self._take()


class _Display(_Output):
    async def show(self, lines: tuple[str, ...]) -> bool:
        self.lines = lines
        return self._take()


async def test_outputs_that_fail_in_any_way_end_nothing(caplog: pytest.LogCaptureFixture) -> None:
    lamp, sounder, display = _Lamp(), _Sounder(), _Display()
    face = Face(Fittings(indicator=lamp, sounder=sounder, display=display))
    running = asyncio.create_task(face.run())
    async with asyncio.timeout(5):
        face.show(WORDS.asking(0), Tone.CLICK)
        await asyncio.gather(*(each.taken.wait() for each in (lamp, sounder, display)))
        for each in (lamp, sounder, display):
            each.broken = False
            each.taken.clear()
        granted = WORDS.told(Reason.GRANTED, Surroundings())
        face.show(granted, Tone.RISING)
        await asyncio.gather(*(each.taken.wait() for each in (lamp, sounder, display)))

    assert display.lines == granted.shown()
    assert not running.done()
    assert "an output failed" in caplog.text
    running.cancel()
    await asyncio.wait([running])


class _Screen:
    """A display and a sounder that remember."""

    def __init__(self) -> None:
        self.pages: list[tuple[str, ...]] = []
        self.tones: list[Tone] = []
        self.changed = asyncio.Event()

    async def check(self) -> None: ...

    async def close(self) -> None: ...

    async def show(self, lines: tuple[str, ...]) -> bool:
        self.pages.append(lines)
        self.changed.set()
        return True

    async def play(self, tone: Tone) -> bool:
        self.tones.append(tone)
        self.changed.set()
        return True

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


async def test_what_was_read_and_what_came_of_it_are_both_heard() -> None:
    screen = _Screen()
    face = Face(Fittings(sounder=screen))
    running = asyncio.create_task(face.run())

    face.sound(Tone.BLIP)
    face.show(WORDS.asking(0), Tone.CHIME)
    await screen.until(lambda: len(screen.tones) == 2)
    for _ in range(9):
        face.sound(Tone.CLICK)
    face.sound(Tone.FALLING)
    await screen.until(lambda: Tone.FALLING in screen.tones)

    assert screen.tones == [Tone.BLIP, Tone.CHIME, Tone.CLICK, Tone.CLICK, Tone.FALLING]
    running.cancel()
    await asyncio.wait([running])


async def test_a_door_of_three_languages_shows_them_in_turn_and_news_begin_with_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("door_controller.face.PAGE_SECONDS", 0.01)
    screen = _Screen()
    face = Face(Fittings(display=screen), ("sv", "en", "fi"))
    running = asyncio.create_task(face.run())

    face.show(face.words.asking(0))
    first, second = face.words.asking(0).pages()
    await screen.until(lambda: screen.pages[:4] == [first, second, first, second])
    face.show(face.words.told(Reason.GRANTED, Surroundings()))
    granted = face.words.told(Reason.GRANTED, Surroundings()).pages()
    await screen.until(lambda: granted[1] in screen.pages)

    assert screen.pages.index(granted[0]) < screen.pages.index(granted[1])
    running.cancel()
    await asyncio.wait([running])


async def test_whoever_watches_is_told_of_every_change_of_what_is_to_be_seen() -> None:
    face = Face(Fittings())
    watch = face.watch()

    face.show(WORDS.asking(0))
    assert watch.is_set()
    watch.clear()
    face.show(WORDS.asking(0), Tone.CLICK)
    assert not watch.is_set()
    face.unwatch(watch)
    face.show(WORDS.asking(1))
    assert not watch.is_set()
