"""espeak-ng: a voice in a hundred languages, small enough for any machine. Its program does the work and ends."""

from pathlib import Path

from pydantic import Field

from hardware.options import DriverOptions
from hardware.program import find
from hardware.speech.rendering import rendered, unfinished_beside


class EspeakOptions(DriverOptions):
    """`voices` names the voice of a language where it is not called as the language is."""

    program: str = "espeak-ng"
    voices: dict[str, str] = Field(default_factory=lambda: {"en": "en-gb"})
    words_per_minute: int = Field(140, ge=80, le=300)
    """Slower than the program's own 175: a hall echoes, and some listen in their third language."""
    volume: int = Field(100, ge=0, le=200)


class EspeakVoice:
    """Text to speech by espeak-ng."""

    Options = EspeakOptions

    def __init__(self, options: EspeakOptions) -> None:
        self._options = options

    async def render(self, text: str, lang: str, to: Path) -> bool:
        """Write what is said to a WAV file; False where the program is gone or has no such voice."""
        chosen, unfinished = self._options, unfinished_beside(to)
        voice = chosen.voices.get(lang, lang)
        command = (chosen.program, "-v", voice, "-s", f"{chosen.words_per_minute}", "-a", f"{chosen.volume}")
        # The text goes by standard input: no argument can be mistaken for an option, nor be too long.
        return await rendered((*command, "-b", "1", "-w", str(unfinished), "--stdin"), text, to, unfinished)

    async def check(self) -> None:
        """Raise Lost when the program is not installed."""
        find(self._options.program)

    async def close(self) -> None:
        """Nothing is held between two sentences."""
