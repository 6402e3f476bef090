"""Voices: text becomes a whole WAV file in its place, or none at all."""

import wave
from pathlib import Path

import pytest

from hardware.errors import Lost
from hardware.speech.espeak import EspeakOptions, EspeakVoice
from hardware.speech.piper import PiperOptions, PiperVoice

SENTENCES = {
    "sv": "Biblioteket stänger om fem minuter.",
    "en": "The library closes in five minutes.",
    "fi": "Kirjasto suljetaan viiden minuutin kuluttua.",
    "ar": "تغلق المكتبة بعد خمس دقائق.",
}


def seconds(sound: Path) -> float:
    with wave.open(str(sound)) as file:
        return int(file.getnframes()) / int(file.getframerate())


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def program(folder: Path, body: str) -> str:
    """A program that stands in for piper: it writes where it is told, as piper does."""
    path = folder / "voice"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("lang", list(SENTENCES))
async def test_espeak_says_a_sentence_in_each_language(lang: str, tmp_path: Path) -> None:
    sound = tmp_path / "said.wav"

    assert await EspeakVoice(EspeakOptions()).render(SENTENCES[lang], lang, sound)

    assert 1.0 < seconds(sound) < 15.0
    assert files(tmp_path) == [sound]


async def test_what_looks_like_an_option_is_said_and_not_obeyed(tmp_path: Path) -> None:
    assert await EspeakVoice(EspeakOptions()).render("--version", "sv", tmp_path / "said.wav")

    assert seconds(tmp_path / "said.wav") > 0.3


async def test_a_language_without_a_voice_is_a_no_and_leaves_nothing_behind(tmp_path: Path) -> None:
    assert not await EspeakVoice(EspeakOptions()).render("Hej", "xx", tmp_path / "said.wav")
    assert not await PiperVoice(PiperOptions(models={})).render("Hej", "sv", tmp_path / "said.wav")

    assert files(tmp_path) == []


async def test_a_program_that_is_gone_is_a_no_and_the_check_says_what_to_do(tmp_path: Path) -> None:
    voice = EspeakVoice(EspeakOptions(program="no-such-voice"))

    assert not await voice.render("Hej", "sv", tmp_path / "said.wav")
    with pytest.raises(Lost, match=r"no-such-voice.*install"):
        await voice.check()
    await voice.close()


async def test_a_folder_that_takes_no_files_is_a_no(tmp_path: Path) -> None:
    assert not await EspeakVoice(EspeakOptions()).render("Hej", "sv", tmp_path / "missing" / "said.wav")


async def test_piper_is_given_one_line_and_its_language_s_model(tmp_path: Path) -> None:
    # $2 is the model, $4 the file; a WAV file's header is 44 bytes.
    model, sounds = tmp_path / "sv.onnx", tmp_path / "sounds"
    model.touch()
    sounds.mkdir()
    fake = program(tmp_path, 'head -c 100 /dev/zero > "$4"; cat >> "$4"; echo "$2" >> "$4"')
    voice = PiperVoice(PiperOptions(models={"sv": model}, program=fake))

    await voice.check()
    assert await voice.render("Vi stänger.\nVälkommen åter.", "sv", sounds / "said.wav")

    written = (sounds / "said.wav").read_bytes()[100:].decode()
    assert written == f"Vi stänger. Välkommen åter.{model}\n"
    await voice.close()


async def test_a_program_that_writes_no_sound_is_a_no(tmp_path: Path) -> None:
    model = tmp_path / "sv.onnx"
    model.touch()
    voice = PiperVoice(PiperOptions(models={"sv": model}, program=program(tmp_path, 'head -c 44 /dev/zero > "$4"')))

    assert not await voice.render("Hej", "sv", tmp_path / "said.wav")
    assert not (tmp_path / "said.wav").exists()


async def test_the_check_names_the_model_that_is_missing(tmp_path: Path) -> None:
    voice = PiperVoice(PiperOptions(models={"sv": tmp_path / "sv.onnx"}, program="sh"))

    with pytest.raises(Lost, match=r"no voice for sv.*sv\.onnx"):
        await voice.check()
