"""Sound through ALSA: aplay plays files, in a process that ends with them."""

import asyncio
import tempfile
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path

from pydantic import Field

from hardware.options import DriverOptions
from hardware.ports import Tone
from hardware.program import find, run
from hardware.tones import wav

LONGEST = 120.0
"""Seconds; an announcement is not longer, and a loudspeaker that hangs holds up no closing for longer."""
LETS_FINISH = 0.25
"""Seconds a tone may go on when the next is wanted; what was read is heard before what came of it."""


class AlsaOptions(DriverOptions):
    """`device` as aplay -L names it."""

    device: str = "default"
    program: str = "aplay"


class AlsaLoudspeaker:
    """Files of sound, one after the other."""

    Options = AlsaOptions

    def __init__(self, options: AlsaOptions) -> None:
        self._options = options

    async def play(self, sound: Path, words: str, lang: str) -> bool:  # noqa: ARG002 (the port's signature)
        """Play a file to its end; False where it cannot be heard."""
        command = (self._options.program, "-q", "-D", self._options.device, "--", str(sound))
        return await run(command, within=LONGEST)

    async def check(self) -> None:
        """Raise Lost when the program is not installed."""
        find(self._options.program)

    async def close(self) -> None:
        """Nothing is held between two files."""


class AlsaSounderOptions(AlsaOptions):
    """How loud; the sound card's own volume comes on top."""

    volume: float = Field(0.5, ge=0.0, le=1.0)


class AlsaSounder:
    """The tones, for a door that has a loudspeaker and no buzzer."""

    Options = AlsaSounderOptions

    def __init__(self, options: AlsaSounderOptions) -> None:
        self._options = options
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._playing: Process | None = None

    async def play(self, tone: Tone) -> bool:
        """Begin a tone; it ends by itself, or soon after the next one is wanted."""
        await self._make_room()
        command = (self._options.program, "-q", "-D", self._options.device, "--")
        try:
            file = self._file(tone)
            self._playing = await asyncio.create_subprocess_exec(
                *command, str(file), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
            )
        except OSError:
            return False
        return True

    async def check(self) -> None:
        """Raise Lost when the program is not installed."""
        find(self._options.program)

    async def close(self) -> None:
        """Be silent, and take the files away."""
        await self._make_room(patience=0.0)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _file(self, tone: Tone) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="meroppet-tones-")
        file = Path(self._folder.name, f"{tone.value}.wav")
        if not file.exists():
            file.write_bytes(wav(tone, self._options.volume))
        return file

    async def _make_room(self, patience: float = LETS_FINISH) -> None:
        playing, self._playing = self._playing, None
        if playing is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await playing.wait()
        if playing.returncode is None:
            playing.kill()
            await playing.wait()
