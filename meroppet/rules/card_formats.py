"""What a consortium's cards look like, and what a reader's words mean by it: a card's number, or why they are none.

Without formats every number a card can have is one, as it is read. A book's tag is no card in either case.
"""

from dataclasses import dataclass
from enum import StrEnum

from meroppet.rules.credentials import CardNumber, card_from_bytes, card_from_text, mod_10_fits

UID_BYTES = frozenset({4, 7, 10})
"""The lengths of a serial number by ISO/IEC 14443-3."""
_VICINITY_BYTES, _VICINITY_FIRST = 8, 0xE0
"""A serial number by ISO/IEC 15693-3, 4.1: eight bytes, the first (or for some readers the last) E0."""
_RANDOM_FIRST = 0x08
"""A four-byte number that begins so is drawn anew each time (ISO/IEC 14443-3, 6.5.4): phones and bank cards do it."""
_CODE_39 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"


class Unfit(StrEnum):
    """Why what was read is no card here."""

    UNREADABLE = "unreadable"
    ITEM_TAG = "item_tag"
    RANDOM_UID = "random_uid"
    LENGTH = "length"
    PREFIX = "prefix"
    CHECKSUM = "checksum"
    LIBRARY = "library"
    KIND = "kind"
    """Cards of this kind (chip, printed, tag) are not used here."""


class Checksum(StrEnum):
    """How the last character of a printed number is made of the others."""

    NONE = "none"
    MOD_10 = "mod_10"
    MOD_11 = "mod_11"
    MOD_43 = "mod_43"


class ByteOrder(StrEnum):
    """Which end of a chip's serial number the register writes first."""

    AS_READ = "as_read"
    REVERSED = "reversed"


class UidText(StrEnum):
    """How the register writes a chip's serial number."""

    HEX = "hex"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Barcode:
    """A printed number: its lengths, the beginnings it may have (none: any), and its check character."""

    lengths: frozenset[int]
    prefixes: frozenset[str] = frozenset()
    checksum: Checksum = Checksum.NONE

    def __post_init__(self) -> None:
        _require(bool(self.lengths) and self.lengths <= set(range(4, 33)), "a number is 4–32 characters long")
        _require(all(card_like(prefix) for prefix in self.prefixes), "a beginning is digits and letters A–Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """How a number is wrapped that a phone shows; without the wrapping it is a printed number."""

    before: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        _require(bool(self.before or self.after), "a phone's code needs something before or after the number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """Serial numbers of proximity cards: which lengths, and how the register writes them."""

    lengths: frozenset[int] = UID_BYTES
    order: ByteOrder = ByteOrder.AS_READ
    text: UidText = UidText.HEX

    def __post_init__(self) -> None:
        _require(bool(self.lengths) and self.lengths <= UID_BYTES, "a chip's number is 4, 7 or 10 bytes long")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronTag:
    """Patrons' cards of the Danish model: of which libraries (ISIL; none: of any)."""

    libraries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFormats:
    """All a consortium's cards; what is not listed is not used. `personnummer`: one may be typed instead of a card."""

    barcodes: tuple[Barcode, ...] = ()
    phone: Phone | None = None
    chip: Chip | None = None
    patron_tag: PatronTag | None = None
    personnummer: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class TagContent:
    """What is written on a vicinity tag (see meroppet.tags.danish_model): a number, whose, and whether a patron's."""

    number: str
    library: str
    is_patrons: bool


Read = str | bytes | TagContent


def card_of(formats: CardFormats | None, read: Read) -> CardNumber | Unfit:
    """The card's number in what a reader says: a text, a chip's serial number, or what is written on a tag."""
    match read:
        case str():
            return card_from_scan(formats, read)
        case bytes():
            return card_from_chip(formats, read)
        case TagContent():
            return card_from_tag(formats, read)


def card_from_scan(formats: CardFormats | None, raw: str) -> CardNumber | Unfit:
    """The number in a scanned text, printed or shown by a phone."""
    if formats is None:
        return card_from_text(raw) or Unfit.UNREADABLE
    text = raw.strip(" \r\n\t")
    number = card_from_text(_unwrapped(formats.phone, text))
    if number is None:
        return Unfit.UNREADABLE
    faults = [fault_of(barcode, number) for barcode in formats.barcodes]
    if None in faults or _is_written_chip(formats.chip, number):
        return number
    # The fault of the format it comes nearest to is the one to tell of.
    return min((fault for fault in faults if fault), key=_NEAREST.index, default=Unfit.KIND)


def card_from_chip(formats: CardFormats | None, raw: bytes) -> CardNumber | Unfit:
    """The number of a chip's serial number. Of a vicinity tag that alone says nothing: it may lie in a book."""
    if formats is None:
        return card_from_bytes(raw) or Unfit.UNREADABLE
    unfit = unfit_chip(raw)
    if unfit is not None:
        return unfit
    if formats.chip is None:
        return Unfit.KIND
    return CardNumber(written(formats.chip, raw)) if len(raw) in formats.chip.lengths else Unfit.LENGTH


def card_from_tag(formats: CardFormats | None, tag: TagContent) -> CardNumber | Unfit:
    """The number on a patron's card; a book's tag is none, whatever is written on it."""
    if not tag.is_patrons:
        return Unfit.ITEM_TAG
    if formats is not None and formats.patron_tag is None:
        return Unfit.KIND
    libraries = formats.patron_tag.libraries if formats and formats.patron_tag else frozenset()
    if libraries and tag.library not in libraries:
        return Unfit.LIBRARY
    return card_from_text(tag.number) or Unfit.UNREADABLE


def unfit_chip(raw: bytes) -> Unfit | None:
    """Why a chip with this serial number is nobody's card or tag, whatever formats there are; None: it may be one."""
    if is_vicinity(raw):
        return Unfit.ITEM_TAG
    if len(raw) not in UID_BYTES:
        return Unfit.UNREADABLE
    return Unfit.RANDOM_UID if len(raw) == min(UID_BYTES) and raw[0] == _RANDOM_FIRST else None


def is_vicinity(raw: bytes) -> bool:
    """Whether a serial number is one of ISO 15693, from whichever end the reader gives it."""
    return len(raw) == _VICINITY_BYTES and _VICINITY_FIRST in {raw[0], raw[-1]}


def written(chip: Chip, raw: bytes) -> str:
    """A serial number as the register writes it; a decimal one with the leading noughts its length can need."""
    ordered = raw[::-1] if chip.order is ByteOrder.REVERSED else raw
    if chip.text is UidText.HEX:
        return ordered.hex().upper()
    return str(int.from_bytes(ordered, "big")).zfill(decimal_digits(len(raw)))


def decimal_digits(length: int) -> int:
    """The digits of the highest number of so many bytes: 10 for 4, 17 for 7, 25 for 10."""
    return len(str(2 ** (8 * length) - 1))


def fault_of(barcode: Barcode, number: CardNumber) -> Unfit | None:
    """What is wrong with a number by a format: first its length, then its beginning, then its check character."""
    text = number.value
    if len(text) not in barcode.lengths:
        return Unfit.LENGTH
    if barcode.prefixes and not text.startswith(tuple(barcode.prefixes)):
        return Unfit.PREFIX
    return None if fits(barcode.checksum, text) else Unfit.CHECKSUM


def fits(checksum: Checksum, text: str) -> bool:
    """Whether the last character is the check character of those before it."""
    match checksum:
        case Checksum.NONE:
            return True
        case Checksum.MOD_10:
            return text.isdigit() and mod_10_fits(text)
        case Checksum.MOD_11:
            return text[:-1].isdigit() and text[-1] == _mod_11(text[:-1])
        case Checksum.MOD_43:
            return _CODE_39[sum(map(_CODE_39.index, text[:-1])) % len(_CODE_39)] == text[-1]


def card_like(text: str) -> bool:
    """Whether a text consists of what card numbers consist of."""
    return text.isascii() and text.isalnum() and text == text.upper()


_NEAREST = (Unfit.CHECKSUM, Unfit.PREFIX, Unfit.LENGTH)


def _mod_11(digits: str) -> str:
    """Weights 2, 3, 4 … from the right, as ISBN-10 and many library cards have it; ten is X."""
    total = sum(int(digit) * weight for weight, digit in enumerate(reversed(digits), 2))
    rest = -total % 11
    return "X" if rest == 10 else str(rest)


def _unwrapped(phone: Phone | None, text: str) -> str:
    if phone is None or len(text) < len(phone.before) + len(phone.after):
        return text
    is_phones = text.startswith(phone.before) and text.endswith(phone.after)
    return text[len(phone.before) : len(text) - len(phone.after)] if is_phones else text


def _is_written_chip(chip: Chip | None, number: CardNumber) -> bool:
    """Whether a text is a chip's number as the register writes it: some readers type it instead of sending bytes."""
    if chip is None:
        return False
    text = number.value
    if chip.text is UidText.DECIMAL:
        return text.isdigit() and len(text) in {decimal_digits(length) for length in chip.lengths}
    return all(letter in "0123456789ABCDEF" for letter in text) and len(text) in {2 * n for n in chip.lengths}


def _require(kept: bool, allowed: str) -> None:
    if not kept:
        raise ValueError(f"card formats: {allowed}")
