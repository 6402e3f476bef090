"""What is said aloud in the branch: a gong, then each language in turn, recorded by somebody or spoken by a voice."""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from hardware.ports import Loudspeaker, Tone, Voice
from hardware.tones import wav
from meroppet.rules.closing import StepKind
from meroppet.rules.closing_run import Outcome
from meroppet.runtime.logs import Recurring
from meroppet.texts import Said

logger = logging.getLogger(__name__)

SOUNDS_KEPT = 64
"""Files of spoken sentences; a branch says the same few every day, and the card they lie on wears."""


class Speech:
    """One loudspeaker and its voice. Sentences are kept as files in `folder`; `recordings` go before any voice."""

    def __init__(
        self, loudspeaker: Loudspeaker | None, voice: Voice | None, folder: Path, recordings: Path | None
    ) -> None:
        self._loudspeaker, self._voice = loudspeaker, voice
        self._folder, self._recordings = folder, recordings
        self._trouble = Recurring(logger, "an announcement")

    async def say(self, kind: StepKind, minutes: int, said: Mapping[str, Said]) -> Outcome:
        """Say it in each language. SHOWN: there is nothing to say it with. FAILED: not all of it was heard."""
        if self._loudspeaker is None:
            return Outcome.SHOWN
        if not said:
            return Outcome.NOT_FITTED
        await self._ring(self._loudspeaker)
        heard = [await self._tried(self._loudspeaker, kind, minutes, lang, text) for lang, text in said.items()]
        return Outcome.DONE if all(heard) else Outcome.FAILED

    async def _tried(self, loudspeaker: Loudspeaker, kind: StepKind, minutes: int, lang: str, text: Said) -> bool:
        words = f"{text.title} {text.line}".strip()
        try:
            sound = self._recorded(kind, minutes, lang) or await self._spoken(words, lang)
            heard = sound is not None and await loudspeaker.play(sound, words, lang)
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            # A closing goes on in silence; what is said stands on the displays.
            self._trouble.failed(f"{type(error).__name__}: {error}")
            return False
        if heard:
            self._trouble.succeeded()
        else:
            self._trouble.failed(f"nobody heard {kind.value} in {lang}")
        return heard

    async def _ring(self, loudspeaker: Loudspeaker) -> None:
        """A gong, so that heads are up before the first word; without it the words come all the same."""
        try:
            await loudspeaker.play(self._gong(), "", "")
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            self._trouble.failed(f"{type(error).__name__}: {error}")

    def _gong(self) -> Path:
        file = self._folder / "gong.wav"
        if not file.is_file():
            self._make_room()
            file.write_bytes(wav(Tone.CHIME))
        return file

    def _recorded(self, kind: StepKind, minutes: int, lang: str) -> Path | None:
        if self._recordings is None:
            return None
        names = (f"{kind.value}-{minutes}.{lang}.wav", f"{kind.value}.{lang}.wav")
        return next((file for name in names if (file := self._recordings / name).is_file()), None)

    async def _spoken(self, words: str, lang: str) -> Path | None:
        if self._voice is None:
            return None
        file = self._folder / f"{hashlib.sha256(f'{lang} {words}'.encode()).hexdigest()[:32]}.wav"
        if not file.is_file():
            self._make_room()
            if not await self._voice.render(words, lang, file):
                return None
        return file

    def _make_room(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = sorted(self._folder.glob("*.wav"), key=lambda file: file.stat().st_mtime)
        for file in kept[: max(0, len(kept) - SOUNDS_KEPT + 1)]:
            file.unlink(missing_ok=True)
