"""The drivers called `virtual`, one a port. Each is a thin coat over a wire to the board."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from hardware.options import DriverOptions
from hardware.ports import (
    TEXT_CAP,
    BarcodeScanned,
    CardPresented,
    CardReaderEvent,
    Colour,
    InputChanged,
    InputEvent,
    KeypadEvent,
    KeyPressed,
    ReaderFound,
    ReaderLost,
    ScannerEvent,
    TagPadEvent,
    TagsOnPad,
    Tone,
)
from hardware.virtual.wires import InputWire, OutputWire


class BoardOptions(DriverOptions):
    """Where the board listens."""

    socket: Path


class _Input:
    Options: type[BoardOptions] = BoardOptions
    part = ""

    def __init__(self, options: BoardOptions) -> None:
        self._wire = InputWire(options.socket, self.part)

    async def check(self) -> None:
        """Raise Lost when the board is not there."""
        await self._wire.check()

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()


class VirtualCardReader(_Input):
    """Cards tapped on the board."""

    part = "card_reader"

    async def events(self) -> AsyncIterator[CardReaderEvent]:
        """Cards as they are tapped."""
        async for message in self._wire.messages():
            yield message if isinstance(message, ReaderFound | ReaderLost) else _card(message["event"])


class VirtualKeypad(_Input):
    """Keys pressed on the board."""

    part = "keypad"

    async def events(self) -> AsyncIterator[KeypadEvent]:
        """Keys as they are pressed."""
        async for message in self._wire.messages():
            yield message if isinstance(message, ReaderFound | ReaderLost) else KeyPressed(message["event"])


class InputOptions(BoardOptions):
    """Which of the board's inputs."""

    part: Literal[
        "contact",
        "inner_contact",
        "bond",
        "exit",
        "tamper",
        "reader_tamper",
        "fire",
        "armed",
        "intrusion",
        "reset",
        "passage_in",
        "passage_out",
        "presence",
    ]


class VirtualInput:
    """One of the board's contacts and buttons."""

    Options = InputOptions

    def __init__(self, options: InputOptions) -> None:
        self._wire = InputWire(options.socket, options.part)

    async def events(self) -> AsyncIterator[InputEvent]:
        """The level now, and every change."""
        async for message in self._wire.messages():
            yield message if isinstance(message, ReaderFound | ReaderLost) else InputChanged(message["event"])

    async def check(self) -> None:
        """Raise Lost when the board is not there."""
        await self._wire.check()

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()


class VirtualTagPad(_Input):
    """Items put on the board's pad."""

    part = "tag_pad"

    async def events(self) -> AsyncIterator[TagPadEvent]:
        """What lies there now, and after every change."""
        async for message in self._wire.messages():
            yield message if isinstance(message, ReaderFound | ReaderLost) else TagsOnPad(tuple(message["event"]))


class VirtualBarcodeScanner(_Input):
    """Codes held before the board's scanner."""

    part = "barcode_scanner"

    async def events(self) -> AsyncIterator[ScannerEvent]:
        """Codes as they are scanned."""
        async for message in self._wire.messages():
            yield message if isinstance(message, ReaderFound | ReaderLost) else _scan(message["event"])


class _Output:
    Options: type[BoardOptions] = BoardOptions
    part = ""
    lasting = True

    def __init__(self, options: BoardOptions) -> None:
        self._wire = OutputWire(options.socket, self.part, lasting=self.lasting)

    async def check(self) -> None:
        """Raise Lost when the board is not there."""
        await self._wire.check()

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()


class RelayOptions(BoardOptions):
    """Which of the board's relays; one without a name is there too."""

    name: str = Field("", pattern=r"^[a-z_]{0,32}$")


class VirtualRelay:
    """One of the board's relays, which are not its strike."""

    Options = RelayOptions

    def __init__(self, options: RelayOptions) -> None:
        self._wire = OutputWire(options.socket, f"relay:{options.name}" if options.name else "relay")

    async def check(self) -> None:
        """Raise Lost when the board is not there."""
        await self._wire.check()

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()

    async def switch(self, on: bool) -> bool:
        """Switch it."""
        return await self._wire.order(on)


class VirtualIndicator(_Output):
    """The board's lamp."""

    part = "indicator"

    async def show(self, colour: Colour, *, blinking: bool = False) -> bool:
        """Light it."""
        return await self._wire.order({"colour": colour, "blinking": blinking})


class VirtualSounder(_Output):
    """The board's buzzer."""

    part = "sounder"
    lasting = False

    async def play(self, tone: Tone) -> bool:
        """Sound it once."""
        return await self._wire.order(tone)


class VirtualDisplay(_Output):
    """The board's text display."""

    part = "display"

    async def show(self, lines: tuple[str, ...]) -> bool:
        """Replace its text."""
        return await self._wire.order(list(lines))


def _card(event: dict[str, Any]) -> CardPresented:
    if "hex" in event:
        return CardPresented(bytes.fromhex(event["hex"])[:TEXT_CAP], event["format"])
    return CardPresented(event["text"][:TEXT_CAP], event["format"])


def _scan(text: str) -> BarcodeScanned:
    return BarcodeScanned(text[:TEXT_CAP], complete=len(text) <= TEXT_CAP)
