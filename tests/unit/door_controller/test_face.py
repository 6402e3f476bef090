"""What a person outside sees never takes the door with it."""

import asyncio

import pytest

from door_controller.face import Face
from door_controller.fittings import Fittings
from door_controller.wording import Surroundings, asking, told
from hardware.ports import Colour, Tone
from meroppet.rules.reasons import Reason


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
        face.show(asking(0), Tone.CLICK)
        await asyncio.gather(*(each.taken.wait() for each in (lamp, sounder, display)))
        for each in (lamp, sounder, display):
            each.broken = False
            each.taken.clear()
        granted = told(Reason.GRANTED, Surroundings())
        face.show(granted, Tone.RISING)
        await asyncio.gather(*(each.taken.wait() for each in (lamp, sounder, display)))

    assert display.lines == granted.shown()
    assert not running.done()
    assert "an output failed" in caplog.text
    running.cancel()
    await asyncio.wait([running])
