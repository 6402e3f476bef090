"""The form that says how cards look: filled from formats, and read back into them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from meroppet.rules.card_formats import (
    UID_BYTES,
    Barcode,
    ByteOrder,
    CardFormats,
    Checksum,
    Chip,
    PatronTag,
    Phone,
    UidText,
)

ROWS = 3
"""Kinds of printed numbers in the form; no consortium known has more."""


class Typed(BaseModel):
    """The form as it was sent. `shapes` are those of cards just scanned, one a line."""

    lengths_0: str = ""
    lengths_1: str = ""
    lengths_2: str = ""
    prefixes_0: str = ""
    prefixes_1: str = ""
    prefixes_2: str = ""
    checksum_0: str = Checksum.NONE
    checksum_1: str = Checksum.NONE
    checksum_2: str = Checksum.NONE
    chip: str = ""
    chip_4: str = ""
    chip_7: str = ""
    chip_10: str = ""
    order: str = ByteOrder.AS_READ
    text: str = UidText.HEX
    tag: str = ""
    libraries: str = ""
    before: str = ""
    after: str = ""
    personnummer: str = ""
    shapes: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of printed number in the form."""

    number: int
    lengths: str
    prefixes: str
    checksum: str


def rows_of(typed: Typed) -> list[Row]:
    """The rows of the form."""
    said = typed.model_dump()
    return [
        Row(number, said[f"lengths_{number}"], said[f"prefixes_{number}"], said[f"checksum_{number}"])
        for number in range(ROWS)
    ]


def typed_of(formats: CardFormats, shapes: Sequence[str] = ()) -> Typed:
    """The form filled with formats."""
    said: dict[str, str] = {"shapes": "\n".join(shapes)}
    for number, own in enumerate(formats.barcodes[:ROWS]):
        said[f"lengths_{number}"] = ", ".join(str(length) for length in sorted(own.lengths))
        said[f"prefixes_{number}"] = ", ".join(sorted(own.prefixes))
        said[f"checksum_{number}"] = own.checksum
    chip, tag, phone = formats.chip, formats.patron_tag, formats.phone
    if chip is not None:
        said |= {"chip": "yes", "order": chip.order, "text": chip.text}
        said |= {f"chip_{length}": "yes" for length in chip.lengths}
    if tag is not None:
        said |= {"tag": "yes", "libraries": ", ".join(sorted(tag.libraries))}
    if phone is not None:
        said |= {"before": phone.before, "after": phone.after}
    return Typed(**said, personnummer="yes" if formats.personnummer else "")


def formats_of(typed: Typed) -> CardFormats:
    """What the form means. Raises ValueError where it means nothing."""
    barcodes = tuple(
        Barcode(
            lengths=frozenset(int(length) for length in _listed(row.lengths)),
            prefixes=frozenset(prefix.upper() for prefix in _listed(row.prefixes)),
            checksum=Checksum(row.checksum),
        )
        for row in rows_of(typed)
        if row.lengths.strip()
    )
    return CardFormats(
        barcodes=barcodes,
        phone=Phone(before=typed.before, after=typed.after) if typed.before or typed.after else None,
        chip=_chip(typed) if typed.chip else None,
        patron_tag=PatronTag(libraries=frozenset(_listed(typed.libraries))) if typed.tag else None,
        personnummer=bool(typed.personnummer),
    )


def _chip(typed: Typed) -> Chip:
    said = typed.model_dump()
    lengths = frozenset(length for length in UID_BYTES if said[f"chip_{length}"])
    return Chip(lengths=lengths, order=ByteOrder(typed.order), text=UidText(typed.text))


def _listed(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").replace(";", " ").split() if part]
