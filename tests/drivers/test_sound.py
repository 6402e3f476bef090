"""Loudspeakers and tones: each sound is heard once, and every meaning has a sound of its own."""

import asyncio
import io
import wave
from itertools import pairwise
from pathlib import Path

import pytest

from hardware.errors import Lost
from hardware.ports import Tone
from hardware.sound.alsa import AlsaLoudspeaker, AlsaOptions, AlsaSounder, AlsaSounderOptions
from hardware.tones import NOTES, wav
from hardware.virtual.announcing import LoudspeakerOptions, VirtualLoudspeaker, VirtualVoice
from hardware.virtual.board import Board
from hardware.virtual.drivers import BoardOptions


def player(folder: Path, body: str) -> str:
    """A program that stands in for aplay; the file is its fifth argument."""
    path = folder / "player"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


async def heard(folder: Path, count: int) -> None:
    """Wait until so many bytes have come to the player."""
    while not (folder / "heard").exists() or (folder / "heard").stat().st_size < count:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as file:
        return int(file.getnframes()) / int(file.getframerate())


@pytest.mark.parametrize("tone", list(Tone))
def test_every_tone_is_a_file_of_sound_as_long_as_its_notes(tone: Tone) -> None:
    assert seconds(wav(tone)) == pytest.approx(sum(length for _, length in NOTES[tone]), abs=0.01)


def test_no_two_tones_sound_alike() -> None:
    sounds = [wav(tone) for tone in Tone]

    assert len(set(sounds)) == len(sounds)
    # Told apart by the number or the length of their notes where the pitch is not heard.
    by_rhythm = {tuple((hertz > 0, length) for hertz, length in notes) for notes in NOTES.values()}
    assert len(by_rhythm) == len(NOTES)


def test_a_tone_comes_and_goes_without_a_crack() -> None:
    with wave.open(io.BytesIO(wav(Tone.CHIME))) as file:
        frames = file.readframes(file.getnframes())
    samples = [int.from_bytes(frames[at : at + 2], "little", signed=True) for at in range(0, len(frames), 2)]

    assert samples[0] == 0
    assert abs(samples[-1]) < 500
    assert max(abs(after - before) for before, after in pairwise(samples)) < 8000


async def test_a_file_is_played_on_the_chosen_device(tmp_path: Path) -> None:
    program = player(tmp_path, f'echo "$@" > {tmp_path}/played')
    loudspeaker = AlsaLoudspeaker(AlsaOptions(device="plughw:1", program=program))

    await loudspeaker.check()
    assert await loudspeaker.play(tmp_path / "hej.wav", "Hej", "sv")

    assert (tmp_path / "played").read_text() == f"-q -D plughw:1 -- {tmp_path}/hej.wav\n"
    await loudspeaker.close()


async def test_a_device_that_cannot_be_heard_is_a_no(tmp_path: Path) -> None:
    assert not await AlsaLoudspeaker(AlsaOptions(program=player(tmp_path, "exit 1"))).play(tmp_path, "Hej", "sv")
    gone = AlsaOptions(program="no-such-player")
    assert not await AlsaLoudspeaker(gone).play(tmp_path, "Hej", "sv")
    sounder = AlsaSounder(AlsaSounderOptions(program="no-such-player"))
    assert not await sounder.play(Tone.CLICK)
    for each in (AlsaLoudspeaker(gone), sounder):
        with pytest.raises(Lost, match="no-such-player"):
            await each.check()
        await each.close()


async def test_a_sounder_begins_a_tone_and_keeps_nobody_waiting_for_its_end(tmp_path: Path) -> None:
    sounder = AlsaSounder(AlsaSounderOptions(program=player(tmp_path, f'cat "$5" >> {tmp_path}/heard; sleep 60')))
    await sounder.check()

    async with asyncio.timeout(30):
        assert await sounder.play(Tone.CLICK)
        await heard(tmp_path, len(wav(Tone.CLICK)))
        # The first still sounds: it is given a moment, and makes room.
        assert await sounder.play(Tone.FALLING)
        await heard(tmp_path, len(wav(Tone.CLICK)) + len(wav(Tone.FALLING)))
        await sounder.close()

    assert (tmp_path / "heard").read_bytes() == wav(Tone.CLICK) + wav(Tone.FALLING)


async def test_what_is_said_stands_on_the_virtual_board(tmp_path: Path) -> None:
    async with Board(tmp_path / "board.sock") as board:
        loudspeaker = VirtualLoudspeaker(LoudspeakerOptions(socket=board.path, words_a_second=100.0))
        voice, sound = VirtualVoice(BoardOptions(socket=board.path)), tmp_path / "said.wav"
        await loudspeaker.check()
        await voice.check()

        assert await voice.render("Vi stänger.", "sv", sound)
        assert await loudspeaker.play(sound, "Vi stänger.", "sv")

        assert board.state().said == ("sv", "Vi stänger.")
        assert not await voice.render("Vi stänger.", "sv", tmp_path / "missing" / "said.wav")
        assert not await loudspeaker.play(tmp_path / "other.wav", "Vi stänger.", "sv")
        await voice.close()
        await loudspeaker.close()
