"""What is said aloud: in each language, recorded before spoken, and a loudspeaker that fails stops nothing."""

import os
import wave
from pathlib import Path

import pytest

from door_controller.speech import SOUNDS_KEPT, Speech
from hardware.speech.espeak import EspeakOptions, EspeakVoice
from meroppet.rules.closing import StepKind
from meroppet.rules.closing_run import Outcome
from meroppet.texts import Said, announcement, languages

SAID = {lang: said for lang in languages() if (said := announcement(StepKind.ANNOUNCE, 15, lang)) is not None}


class _Loudspeaker:
    """Remembers what was heard; deaf to one language, or broken."""

    def __init__(self, deaf_to: str = "", *, is_broken: bool = False) -> None:
        self.heard: list[tuple[str, str]] = []
        self.files: list[Path] = []
        self._deaf_to, self._is_broken = deaf_to, is_broken

    async def check(self) -> None: ...

    async def close(self) -> None: ...

    async def play(self, sound: Path, words: str, lang: str) -> bool:
        if self._is_broken:
            raise RuntimeError("no such card")
        assert _is_there(sound)
        if words:
            self.heard.append((lang, words))
            self.files.append(sound)
        return lang != self._deaf_to


class _Voice:
    """Counts its sentences; mute in one language."""

    def __init__(self, mute_in: str = "") -> None:
        self.rendered: list[str] = []
        self._mute_in = mute_in

    async def check(self) -> None: ...

    async def close(self) -> None: ...

    async def render(self, text: str, lang: str, to: Path) -> bool:
        self.rendered.append(text)
        if lang == self._mute_in:
            return False
        _touch(to)
        return True


def _is_there(file: Path) -> bool:
    return file.is_file()


def _touch(file: Path) -> None:
    file.write_bytes(b"sound")


async def test_an_announcement_is_heard_in_each_language_in_turn(tmp_path: Path) -> None:
    loudspeaker = _Loudspeaker()
    speech = Speech(loudspeaker, _Voice(), tmp_path / "sounds", None)

    assert await speech.say(StepKind.ANNOUNCE, 15, SAID) is Outcome.DONE

    assert [lang for lang, _ in loudspeaker.heard] == list(SAID)
    swedish = "Biblioteket stänger om 15 minuter. Avsluta det du håller på med och låna det du vill ta med dig."
    assert ("sv", swedish) in loudspeaker.heard


async def test_espeak_s_own_sentences_are_whole_sounds(tmp_path: Path) -> None:
    loudspeaker = _Loudspeaker()
    speech = Speech(loudspeaker, EspeakVoice(EspeakOptions()), tmp_path / "sounds", None)

    assert await speech.say(StepKind.ANNOUNCE, 15, SAID) is Outcome.DONE

    assert len(loudspeaker.files) == len(SAID) == len(set(loudspeaker.files))
    for file in loudspeaker.files:
        with wave.open(str(file)) as sound:
            assert sound.getnframes() / sound.getframerate() > 2.0


async def test_a_sentence_is_made_once_and_kept(tmp_path: Path) -> None:
    voice = _Voice()
    speech = Speech(_Loudspeaker(), voice, tmp_path, None)

    await speech.say(StepKind.ANNOUNCE, 15, SAID)
    await speech.say(StepKind.ANNOUNCE, 15, SAID)

    assert len(voice.rendered) == len(SAID)


async def test_the_kept_sentences_stay_few_and_the_oldest_go(tmp_path: Path) -> None:
    for count in range(SOUNDS_KEPT + 5):
        _touch(tmp_path / f"{count}.wav")
        os.utime(tmp_path / f"{count}.wav", (count, count))

    await Speech(_Loudspeaker(), _Voice(), tmp_path, None).say(StepKind.CLOSE, 0, {"sv": Said("Hej", "")})

    left = {file.name for file in _files(tmp_path)}
    assert len(left) == SOUNDS_KEPT
    assert "0.wav" not in left
    assert f"{SOUNDS_KEPT + 4}.wav" in left


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize("name", ["announce-15.sv.wav", "announce.sv.wav"])
async def test_what_somebody_has_recorded_goes_before_a_voice(name: str, tmp_path: Path) -> None:
    (tmp_path / "recorded").mkdir()
    _touch(tmp_path / "recorded" / name)
    loudspeaker, voice = _Loudspeaker(), _Voice()
    speech = Speech(loudspeaker, voice, tmp_path / "sounds", tmp_path / "recorded")

    await speech.say(StepKind.ANNOUNCE, 15, {lang: SAID[lang] for lang in ("sv", "en")})

    assert loudspeaker.files[0] == tmp_path / "recorded" / name
    assert len(voice.rendered) == 1


async def test_without_a_loudspeaker_it_stands_on_the_displays_alone(tmp_path: Path) -> None:
    assert await Speech(None, _Voice(), tmp_path, None).say(StepKind.ANNOUNCE, 15, SAID) is Outcome.SHOWN
    assert await Speech(_Loudspeaker(), _Voice(), tmp_path, None).say(StepKind.OPEN_UP, 0, {}) is Outcome.NOT_FITTED


@pytest.mark.parametrize(
    ("loudspeaker", "voice"),
    [
        (_Loudspeaker("sv"), _Voice()),
        (_Loudspeaker(), _Voice("sv")),
        (_Loudspeaker(), None),
        (_Loudspeaker(is_broken=True), _Voice()),
    ],
)
async def test_what_was_not_heard_whole_is_told_and_the_other_languages_go_on(
    loudspeaker: _Loudspeaker, voice: _Voice | None, tmp_path: Path
) -> None:
    said = {lang: SAID[lang] for lang in ("sv", "en")}

    assert (
        await Speech(loudspeaker, voice, tmp_path / "sounds", None).say(StepKind.ANNOUNCE, 15, said) is Outcome.FAILED
    )

    if voice is not None and not loudspeaker._is_broken:
        assert "en" in [lang for lang, _ in loudspeaker.heard]


async def test_a_disk_that_takes_no_files_is_silence_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "sounds").write_text("in the way")

    speech = Speech(_Loudspeaker(), _Voice(), tmp_path / "sounds", None)

    assert await speech.say(StepKind.ANNOUNCE, 15, {"sv": SAID["sv"]}) is Outcome.FAILED
