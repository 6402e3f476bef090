"""piper: a neural voice, one model file a language, for those who want announcements that sound like somebody."""

from pathlib import Path

from hardware.errors import Lost
from hardware.options import DriverOptions
from hardware.program import find
from hardware.speech.rendering import rendered, unfinished_beside


class PiperOptions(DriverOptions):
    """`models` is the file of each language's voice, such as sv = "/var/lib/piper/sv_SE-nst-medium.onnx"."""

    models: dict[str, Path]
    program: str = "piper"


class PiperVoice:
    """Text to speech by piper; a language without a model is not spoken."""

    Options = PiperOptions

    def __init__(self, options: PiperOptions) -> None:
        self._options = options

    async def render(self, text: str, lang: str, to: Path) -> bool:
        """Write what is said to a WAV file; False where the program or the language's model is not there."""
        model = self._options.models.get(lang)
        if model is None:
            return False
        unfinished = unfinished_beside(to)
        command = (self._options.program, "--model", str(model), "--output_file", str(unfinished))
        # A line is a sentence to it, and only its last would be kept.
        return await rendered(command, " ".join(text.split()), to, unfinished)

    async def check(self) -> None:
        """Raise Lost when the program or a model is not there."""
        find(self._options.program)
        for lang, model in self._options.models.items():
            if not model.is_file():
                raise Lost(f"no voice for {lang}: {model} is no file")

    async def close(self) -> None:
        """Nothing is held between two sentences."""
