"""What a branch says at closing, on the board: a voice, a loudspeaker and a messenger called `virtual`."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from hardware.virtual.drivers import BoardOptions
from hardware.virtual.wires import OutputWire

SILENCE = (
    b"RIFF\x2e\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    b"\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x02\x00\x00\x00\x00\x00"
)
"""A WAV file of one sample: the loudspeaker of the board shows the words, and only wants a file to play."""


class VirtualVoice:
    """Speaks every language without a sound."""

    Options = BoardOptions

    def __init__(self, options: BoardOptions) -> None:
        """It has a board as every virtual driver has, and needs nothing of it."""

    async def render(self, text: str, lang: str, to: Path) -> bool:  # noqa: ARG002 (the port's signature)
        """Write a file to be played."""
        return _written(to)

    async def check(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """Nothing is held."""


class LoudspeakerOptions(BoardOptions):
    """How fast it is read on the board; 0: at once."""

    words_a_second: float = Field(0.0, ge=0.0)


class VirtualLoudspeaker:
    """The words stand on the board in place of sound; a file that is not there is not heard here either."""

    Options = LoudspeakerOptions

    def __init__(self, options: LoudspeakerOptions) -> None:
        self._pace = options.words_a_second
        self._wire = OutputWire(options.socket, "loudspeaker", lasting=False)

    async def play(self, sound: Path, words: str, lang: str) -> bool:
        """Say it on the board, and be busy for as long as it would take to say."""
        if not _is_there(sound) or not await self._wire.order({"words": words, "lang": lang}):
            return False
        if self._pace:
            await asyncio.sleep(len(words.split()) / self._pace)
        return True

    async def check(self) -> None:
        """Raise Lost when the board is not there."""
        await self._wire.check()

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()


class VirtualMessenger:
    """What was told stands on the board."""

    Options = BoardOptions

    def __init__(self, options: BoardOptions) -> None:
        self._wire = OutputWire(options.socket, "messenger", lasting=False)

    async def tell(self, message: Mapping[str, str | int]) -> bool:
        """Tell the board."""
        return await self._wire.order(dict(message))

    async def check(self) -> None:
        """Raise Lost when the board is not there."""
        await self._wire.check()

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()


def _is_there(sound: Path) -> bool:
    return sound.is_file()


def _written(to: Path) -> bool:
    try:
        to.write_bytes(SILENCE)
    except OSError:
        return False
    return True
