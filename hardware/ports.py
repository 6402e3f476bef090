"""The ports: what each kind of device can do, and the events it yields. No driver and no library meaning lives here.

The contract of every driver
* Its constructor takes its own `Options` (hardware/options.py) and touches no device: a driver can be built before
  the device is plugged in.
* `check()` raises `Lost` with a sentence when the device is not there now; `--check` calls it.
* `close()` lets go of the device, ends `events()`, and may be called twice.

The contract of every input (`events()`, one consumer)
* It retries for ever. `ReaderFound` and `ReaderLost` alternate; the first event is one of them.
* A `DigitalInput` and a `TagPad` say their present state right after each `ReaderFound`.
* It yields what the device said, as bytes or text, and never decides what that means.

The contract of every output
* It answers True when the device has taken the order and False when it is not there, within half a second; what takes
  as long as it takes (a voice, a loudspeaker, a messenger) says False within its own time limit.
* Lamps, displays and relays are shown again when a lost device comes back; a tone is not.

Card numbers and keys are left out of every `repr`, so that a logged event gives nothing away.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

TEXT_CAP = 1024
"""Most characters of a scan or a card that an event carries; no card or item number is near it."""


class CardFormat(StrEnum):
    """How to read `CardPresented.raw`; another package's driver may add its own word."""

    ISO14443 = "iso14443"
    """Bytes: the serial number of a proximity card, first byte first."""
    ISO15693 = "iso15693"
    """Bytes: the serial number of a vicinity tag, E0 first."""
    TAG_MEMORY = "tag_memory"
    """Bytes: the first 36 that are written on a vicinity tag; a serial number is never so long."""
    TEXT = "text"
    """Text as the reader sent it: magnetic stripe, printed number, or a reader that types."""


class Colour(StrEnum):
    """The lamps an indicator can light."""

    OFF = "off"
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    BLUE = "blue"
    WHITE = "white"


class Tone(StrEnum):
    """The sounds a sounder can make, named by how they sound. What each of them means is the shell's business."""

    CLICK = "click"
    """A key: every key alike."""
    BLIP = "blip"
    """Short and high: something was read."""
    CHIME = "chime"
    """Two soft notes: it is one's turn to do something, or to listen."""
    RISING = "rising"
    FALLING = "falling"
    LOW = "low"
    """One long low note."""
    TRIPLE = "triple"
    """Three short low notes."""
    PULSING = "pulsing"
    """Soft, again and again for a few seconds: a reminder."""
    ALARM = "alarm"


KEYS = frozenset("0123456789*#")
"""Every key of a wall keypad."""


@dataclass(frozen=True, slots=True)
class ReaderFound:
    """The device is there now."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReaderLost:
    """The device is gone; the driver keeps trying."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class CardPresented:
    """A card came into the field. One event a presentation, however long it is held there."""

    raw: bytes | str = field(repr=False)
    format: str = CardFormat.TEXT


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One of KEYS."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InputChanged:
    """An input's logical level: a contact is active while the leaf is open, a button while it is pressed."""

    active: bool


@dataclass(frozen=True, slots=True)
class TagsOnPad:
    """Everything that lies on the pad now, in reading order."""

    ids: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BarcodeScanned:
    """One scan as it came, control characters and all; `complete` is False when it was longer than TEXT_CAP."""

    text: str = field(repr=False)
    complete: bool = True


CardReaderEvent = CardPresented | ReaderFound | ReaderLost
KeypadEvent = KeyPressed | ReaderFound | ReaderLost
InputEvent = InputChanged | ReaderFound | ReaderLost
TagPadEvent = TagsOnPad | ReaderFound | ReaderLost
ScannerEvent = BarcodeScanned | ReaderFound | ReaderLost
Event = CardPresented | KeyPressed | InputChanged | TagsOnPad | BarcodeScanned | ReaderFound | ReaderLost


class Driver(Protocol):
    """What every driver can do."""

    async def check(self) -> None:
        """Raise Lost when the device is not there now."""

    async def close(self) -> None:
        """Let go of the device and end events()."""


class CardReader(Driver, Protocol):
    """Cards and tags that open something for a person."""

    def events(self) -> AsyncIterator[CardReaderEvent]: ...


class Keypad(Driver, Protocol):
    """Keys beside a door or a kiosk."""

    def events(self) -> AsyncIterator[KeypadEvent]: ...


class DigitalInput(Driver, Protocol):
    """One contact or button, already freed of bounce and polarity."""

    def events(self) -> AsyncIterator[InputEvent]: ...


class TagPad(Driver, Protocol):
    """A pad on which items are put."""

    def events(self) -> AsyncIterator[TagPadEvent]: ...


class BarcodeScanner(Driver, Protocol):
    """A scanner of printed codes."""

    def events(self) -> AsyncIterator[ScannerEvent]: ...


class Relay(Driver, Protocol):
    """A relay for light, bell or ventilation. Never the strike: that is lockd's, alone."""

    async def switch(self, on: bool) -> bool: ...


class Indicator(Driver, Protocol):
    """A lamp seen from outside the door."""

    async def show(self, colour: Colour, *, blinking: bool = False) -> bool: ...


class Sounder(Driver, Protocol):
    """A buzzer or small loudspeaker."""

    async def play(self, tone: Tone) -> bool: ...


class Display(Driver, Protocol):
    """A few lines of text beside the door; an empty tuple clears it."""

    async def show(self, lines: tuple[str, ...]) -> bool: ...


class Voice(Driver, Protocol):
    """Makes sound of text."""

    async def render(self, text: str, lang: str, to: Path) -> bool:
        """Write a WAV file; False where it cannot, or not in this language."""


class Loudspeaker(Driver, Protocol):
    """A loudspeaker inside the branch."""

    async def play(self, sound: Path, words: str, lang: str) -> bool:
        """Play a file to its end, in which these words are heard; False when it was not heard whole."""


class Messenger(Driver, Protocol):
    """Whoever else must know of a closing: the PCs, a sign, the building's own system."""

    async def tell(self, message: Mapping[str, str | int]) -> bool:
        """Hand it over; False when it was not taken."""


MAIN_LOCK = "main"
"""The lock that is there when an installer names none."""


class Lock(Protocol):
    """The locks of one door, behind whoever alone holds their lines (lockd). No driver: it can only ask for leases.

    Nothing here raises but `locked`, and every answer comes within half a second. `lock` names one of several locks:
    the day lock and the night lock of one leaf, or the strikes of two.
    """

    async def release(self, lease_id: str, seconds: float, lock: str = MAIN_LOCK) -> bool:
        """Start or renew a lease; True only when that lock is released for it."""

    async def end(self, lease_id: str) -> bool:
        """End a lease, of whichever lock it is; False when nobody answered (the lease then ends by itself)."""

    async def locked(self, lock: str = MAIN_LOCK) -> bool:
        """Whether that lock is locked; raises ConnectionError when nobody says."""

    async def close(self) -> None:
        """Let go, which ends every lease of this holder."""
