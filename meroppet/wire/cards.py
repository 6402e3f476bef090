"""The card formats of a consortium as its devices hear of them."""

from collections.abc import Iterable
from typing import Self, TypeVar

from pydantic import Field, model_validator

from meroppet.rules.card_formats import Barcode, ByteOrder, CardFormats, Checksum, Chip, PatronTag, Phone, UidText
from meroppet.wire.base import Document

T = TypeVar("T", int, str)


class BarcodeDocument(Document):
    """A printed number (see meroppet.rules.card_formats.Barcode)."""

    lengths: tuple[int, ...] = Field(max_length=32)
    prefixes: tuple[str, ...] = Field(default=(), max_length=200)
    checksum: Checksum = Checksum.NONE


class PhoneDocument(Document):
    """What stands around a number that a phone shows."""

    before: str = Field(default="", max_length=200)
    after: str = Field(default="", max_length=200)


class ChipDocument(Document):
    """How the register writes a proximity card's serial number."""

    lengths: tuple[int, ...] = (4, 7, 10)
    order: ByteOrder = ByteOrder.AS_READ
    text: UidText = UidText.HEX


class PatronTagDocument(Document):
    """Patrons' cards of the Danish model, and the libraries (ISIL) whose cards count; none: all."""

    libraries: tuple[str, ...] = Field(default=(), max_length=200)


class CardsDocument(Document):
    """All a consortium's cards (kind "cards", key "-"). Without one every number a card can have is a card."""

    barcodes: tuple[BarcodeDocument, ...] = Field(default=(), max_length=20)
    phone: PhoneDocument | None = None
    chip: ChipDocument | None = None
    patron_tag: PatronTagDocument | None = None
    personnummer: bool = False

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        cards_from_wire(self)
        return self


def cards_from_wire(document: CardsDocument) -> CardFormats:
    """The formats. Raises ValueError where they cannot be meant."""
    phone, chip, tag = document.phone, document.chip, document.patron_tag
    return CardFormats(
        barcodes=tuple(
            Barcode(lengths=frozenset(own.lengths), prefixes=frozenset(own.prefixes), checksum=own.checksum)
            for own in document.barcodes
        ),
        phone=None if phone is None else Phone(before=phone.before, after=phone.after),
        chip=None if chip is None else Chip(lengths=frozenset(chip.lengths), order=chip.order, text=chip.text),
        patron_tag=None if tag is None else PatronTag(libraries=frozenset(tag.libraries)),
        personnummer=document.personnummer,
    )


def cards_to_wire(formats: CardFormats) -> CardsDocument:
    """The formats as they are sent."""
    phone, chip, tag = formats.phone, formats.chip, formats.patron_tag
    return CardsDocument(
        barcodes=tuple(
            BarcodeDocument(lengths=_sorted(own.lengths), prefixes=_sorted(own.prefixes), checksum=own.checksum)
            for own in formats.barcodes
        ),
        phone=None if phone is None else PhoneDocument(before=phone.before, after=phone.after),
        chip=None if chip is None else ChipDocument(lengths=_sorted(chip.lengths), order=chip.order, text=chip.text),
        patron_tag=None if tag is None else PatronTagDocument(libraries=_sorted(tag.libraries)),
        personnummer=formats.personnummer,
    )


def _sorted(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(values))
