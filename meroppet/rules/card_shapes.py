"""What is remembered of cards instead of their numbers: their shapes; and what formats a handful of them propose.

A shape is a length, the kind of letters, the first few characters and the check characters that fit: of a number with
so much known, a million others look the same.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import takewhile

from meroppet.rules.card_formats import (
    UID_BYTES,
    Barcode,
    ByteOrder,
    CardFormats,
    Checksum,
    Chip,
    Phone,
    UidText,
    decimal_digits,
    fits,
    written,
)
from meroppet.rules.credentials import CardNumber, card_from_text, personnummer

BEGINNING, KEPT_APART = 4, 6
"""At most so many first characters are kept, and at least so many others never."""
ENOUGH = 5
"""So many cards of a length before a check character or a beginning is proposed: of fewer it could be chance."""
_SUMS = (Checksum.MOD_10, Checksum.MOD_11, Checksum.MOD_43)
_HEX = frozenset("0123456789ABCDEF")
_NXP = 0x04
"""First byte of nearly every seven-byte number in use (ISO/IEC 7816-6: NXP); where it is last, the order is turned."""
_WRAPPED = re.compile(r"(?P<before>.*?[^0-9A-Za-z])??(?P<number>[0-9A-Za-z]{4,32})(?P<after>[^0-9A-Za-z].*)?")


class Letters(StrEnum):
    """What a number consists of."""

    DIGITS = "digits"
    HEX = "hex"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a card's number looks; many cards have the same."""

    length: int
    letters: Letters
    beginning: str
    sums: frozenset[Checksum]

    def text(self) -> str:
        """As it is kept: 14 digits 2935 mod_10."""
        sums = "+".join(sorted(self.sums)) or "-"
        return f"{self.length} {self.letters} {self.beginning or '-'} {sums}"


def shape_in(text: str) -> Shape | None:
    """The shape in a kept text, or None if it is none."""
    parts = text.split(" ")
    try:
        length, letters, beginning, sums = parts
        named = frozenset(Checksum(one) for one in sums.split("+") if one != "-")
        return Shape(int(length), Letters(letters), "" if beginning == "-" else beginning, named)
    except ValueError:
        return None


def shape_of(number: CardNumber, today: date) -> Shape | None:
    """The shape of a card's number; None for a personnummer, of which nothing is kept."""
    text = number.value
    if personnummer(text, today) is not None:
        return None
    kept = max(0, min(BEGINNING, len(text) - KEPT_APART))
    return Shape(len(text), _letters(text), text[:kept], frozenset(own for own in _SUMS if fits(own, text)))


def rejected(formats: CardFormats, before: CardFormats | None, shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    """The shapes seen whose cards would no longer be cards, or be taken for other numbers, under these formats."""
    return tuple(shape for shape in shapes if not _accepts(formats, shape) or _turns(formats, before, shape))


@dataclass(frozen=True, slots=True)
class Reading:
    """A scanned text, and the ways of writing it under which the register knows its holder (none: it was not asked)."""

    text: str
    known: frozenset[tuple[ByteOrder, UidText]] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Formats that every scanned card fits; `is_certain`: the order of a chip's bytes was more than a guess."""

    formats: CardFormats
    is_certain: bool = True


def ways_of_writing(text: str) -> dict[tuple[ByteOrder, UidText], CardNumber]:
    """How the register may write what a reader sent, if that is a chip's number in hex; empty if it is none."""
    raw = _chip(text)
    if raw is None:
        return {}
    ways = [(order, kind) for order in ByteOrder for kind in UidText]
    return {(order, kind): CardNumber(written(Chip(order=order, text=kind), raw)) for order, kind in ways}


def propose(readings: Sequence[Reading]) -> Proposal | None:
    """Formats for the scanned cards, or None where one of them can be no card."""
    phone = _phone([reading.text for reading in readings])
    numbers = [card_from_text(_inner(phone, reading.text)) for reading in readings]
    whole = [number for number in numbers if number is not None]
    if not readings or len(whole) < len(numbers):
        return None
    chips = [reading for reading in readings if _is_chip(reading)]
    printed = [number for reading, number in zip(readings, whole, strict=True) if reading not in chips]
    chip, is_certain = _chip_format(chips)
    return Proposal(CardFormats(barcodes=_barcodes(printed), phone=phone, chip=chip), is_certain)


def _letters(text: str) -> Letters:
    if text.isdigit():
        return Letters.DIGITS
    return Letters.HEX if set(text) <= _HEX else Letters.ANY


def _accepts(formats: CardFormats, shape: Shape) -> bool:
    if formats.patron_tag is not None and not formats.barcodes:
        # What is written on a tag is not looked at more closely.
        return True
    return any(_is_printed(own, shape) for own in formats.barcodes) or _is_chips(formats.chip, shape)


def _is_printed(barcode: Barcode, shape: Shape) -> bool:
    begins = not barcode.prefixes or any(
        shape.beginning.startswith(prefix) or prefix.startswith(shape.beginning) for prefix in barcode.prefixes
    )
    return shape.length in barcode.lengths and begins and barcode.checksum in {Checksum.NONE, *shape.sums}


def _is_chips(chip: Chip | None, shape: Shape) -> bool:
    if chip is None or shape.letters is Letters.ANY:
        return False
    if chip.text is UidText.DECIMAL:
        return shape.letters is Letters.DIGITS and shape.length in {decimal_digits(own) for own in chip.lengths}
    return shape.length in {2 * own for own in chip.lengths}


def _turns(formats: CardFormats, before: CardFormats | None, shape: Shape) -> bool:
    """Whether cards that were read as a chip's bytes in one order would be read in the other."""
    if shape.letters is not Letters.HEX or shape.length not in {2 * own for own in UID_BYTES}:
        return False
    was = before.chip if before and before.chip else Chip()
    return formats.chip is not None and formats.chip.order is not was.order


def _chip(text: str) -> bytes | None:
    number = card_from_text(text)
    if number is None or not set(number.value) <= _HEX or len(number.value) not in {2 * own for own in UID_BYTES}:
        return None
    return bytes.fromhex(number.value)


def _is_chip(reading: Reading) -> bool:
    """Letters A–F, or a register that knows it only when it is written otherwise: digits alone may be printed."""
    if _chip(reading.text) is None:
        return False
    as_it_is = (ByteOrder.AS_READ, UidText.HEX)
    return not reading.text.strip().isdigit() or (bool(reading.known) and as_it_is not in reading.known)


def _chip_format(chips: Sequence[Reading]) -> tuple[Chip | None, bool]:
    raws = [raw for raw in (_chip(reading.text) for reading in chips) if raw is not None]
    if not raws:
        return None, True
    lengths = frozenset(len(raw) for raw in raws)
    votes: dict[tuple[ByteOrder, UidText], int] = defaultdict(int)
    for reading in chips:
        for way in reading.known:
            votes[way] += 1
    if votes:
        order, text = max(votes, key=lambda way: (votes[way], way == (ByteOrder.AS_READ, UidText.HEX)))
        return Chip(lengths=lengths, order=order, text=text), True
    turned = [raw for raw in raws if raw[-1] == _NXP and raw[0] != _NXP]
    straight = [raw for raw in raws if raw[0] == _NXP]
    order = ByteOrder.REVERSED if len(turned) > len(straight) else ByteOrder.AS_READ
    return Chip(lengths=lengths, order=order), bool(turned) != bool(straight)


def _barcodes(numbers: Sequence[CardNumber]) -> tuple[Barcode, ...]:
    by_length: dict[int, list[str]] = defaultdict(list)
    for number in numbers:
        by_length[len(number.value)].append(number.value)
    return tuple(_barcode(length, texts) for length, texts in sorted(by_length.items()))


def _barcode(length: int, texts: Sequence[str]) -> Barcode:
    if len(set(texts)) < ENOUGH:
        return Barcode(lengths=frozenset({length}))
    kept = max(0, min(BEGINNING, length - KEPT_APART))
    beginning = _common(texts)[:kept]
    checksum = next((own for own in _SUMS if all(fits(own, text) for text in texts)), Checksum.NONE)
    prefixes = frozenset({beginning}) if beginning else frozenset()
    return Barcode(lengths=frozenset({length}), prefixes=prefixes, checksum=checksum)


def _common(texts: Sequence[str]) -> str:
    return "".join(letters[0] for letters in takewhile(lambda own: len(set(own)) == 1, zip(*texts, strict=True)))


def _phone(texts: Sequence[str]) -> Phone | None:
    """What stands around the numbers that are none as they are, if it is the same around all of them."""
    found = [_WRAPPED.fullmatch(text.strip()) for text in texts if card_from_text(text) is None]
    around = {(match["before"] or "", match["after"] or "") for match in found if match is not None}
    if len(around) != 1 or None in found:
        return None
    before, after = around.pop()
    return Phone(before=before, after=after)


def _inner(phone: Phone | None, text: str) -> str:
    stripped = text.strip()
    if phone is None or card_from_text(stripped) is not None:
        return stripped
    return stripped[len(phone.before) : len(stripped) - len(phone.after)]
