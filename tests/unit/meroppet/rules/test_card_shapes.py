"""Shapes instead of numbers, and the formats five cards propose."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.card_formats import (
    Barcode,
    ByteOrder,
    CardFormats,
    Checksum,
    Chip,
    PatronTag,
    Phone,
    UidText,
    card_of,
)
from meroppet.rules.card_shapes import Reading, propose, rejected, shape_in, shape_of, ways_of_writing
from meroppet.rules.credentials import CardNumber, mod_10_fits

TODAY = date(2026, 11, 23)
STRAIGHT, TURNED = (ByteOrder.AS_READ, UidText.HEX), (ByteOrder.REVERSED, UidText.HEX)
NXP = ("04A1B2C3D4E5F6", "0411223344556A", "04DEADBEEF0080", "0401020304050B", "047F7F7F7F7F7C")
FOURS = ("1EA68671", "A0B1C2D3", "0C1D2E3F", "FFEE0011", "9A8B7C6D")
DECIMAL = (ByteOrder.REVERSED, UidText.DECIMAL)


def luhn(digits: str) -> str:
    return next(digits + last for last in "0123456789" if mod_10_fits(digits + last))


PRINTED = tuple(luhn(f"2935{number:09}") for number in (1, 22, 4711, 81573, 999_999_999))


def readings(texts: tuple[str, ...], *known: tuple[ByteOrder, UidText]) -> list[Reading]:
    return [Reading(text, frozenset(known)) for text in texts]


@pytest.mark.parametrize(
    ("seen", "formats"),
    [
        (
            readings(PRINTED),
            CardFormats(
                barcodes=(Barcode(lengths=frozenset({14}), prefixes=frozenset({"2935"}), checksum=Checksum.MOD_10),)
            ),
        ),
        (
            readings(PRINTED[:4]),
            CardFormats(barcodes=(Barcode(lengths=frozenset({14})),)),
        ),
        (
            readings(tuple(f"LIB:{own};1" for own in PRINTED)),
            CardFormats(
                barcodes=(Barcode(lengths=frozenset({14}), prefixes=frozenset({"2935"}), checksum=Checksum.MOD_10),),
                phone=Phone(before="LIB:", after=";1"),
            ),
        ),
        (readings(NXP), CardFormats(chip=Chip(lengths=frozenset({7})))),
        (
            readings(tuple(bytes.fromhex(own)[::-1].hex() for own in NXP)),
            CardFormats(chip=Chip(lengths=frozenset({7}), order=ByteOrder.REVERSED)),
        ),
        (readings(FOURS, TURNED), CardFormats(chip=Chip(lengths=frozenset({4}), order=ByteOrder.REVERSED))),
        (
            readings(FOURS, DECIMAL),
            CardFormats(chip=Chip(lengths=frozenset({4}), order=ByteOrder.REVERSED, text=UidText.DECIMAL)),
        ),
        (
            readings(("12345678", "99999999"), STRAIGHT),
            CardFormats(barcodes=(Barcode(lengths=frozenset({8})),)),
        ),
    ],
)
def test_five_cards_propose_length_beginning_check_character_and_byte_order(
    seen: list[Reading], formats: CardFormats
) -> None:
    proposal = propose(seen)

    assert proposal is not None
    assert proposal.formats == formats
    assert proposal.is_certain


def test_an_order_of_bytes_nobody_knows_is_a_guess_and_said_to_be_one() -> None:
    proposal = propose(readings(FOURS))

    assert proposal is not None
    assert not proposal.is_certain


@pytest.mark.parametrize("texts", [(), ("29350000000014", "?"), ("A:12345678", "B:12345678"), ("", "12345678")])
def test_what_can_be_no_card_proposes_nothing(texts: tuple[str, ...]) -> None:
    assert propose(readings(texts)) is None


@given(st.lists(st.integers(0, 10**9 - 1).map(lambda number: luhn(f"29{number:09}")), min_size=1, max_size=6))
def test_every_scanned_card_fits_what_it_proposed(texts: list[str]) -> None:
    proposal = propose([Reading(text) for text in texts])

    assert proposal is not None
    for text in texts:
        assert card_of(proposal.formats, text) == CardNumber(text)


@given(st.from_regex(r"[0-9A-Z]{4,32}", fullmatch=True))
def test_a_shape_is_kept_as_a_text_that_never_holds_the_number(number: str) -> None:
    shape = shape_of(CardNumber(number), TODAY)

    if shape is not None:
        assert shape_in(shape.text()) == shape
        assert len(number) - len(shape.beginning) >= 6 or shape.beginning == ""
        assert number not in shape.text()


@pytest.mark.parametrize("spoilt", ["", "14 digits 2935", "x digits - -", "14 letters - -", "14 digits - mod_7"])
def test_a_text_that_is_no_shape_is_none(spoilt: str) -> None:
    assert shape_in(spoilt) is None


def test_of_a_personnummer_nothing_is_kept() -> None:
    assert shape_of(CardNumber("199001012385"), TODAY) is None


FOUR = Chip(lengths=frozenset({4}))
MINE = CardFormats(
    barcodes=(Barcode(lengths=frozenset({14}), prefixes=frozenset({"2935"}), checksum=Checksum.MOD_10),), chip=FOUR
)


@pytest.mark.parametrize(
    ("formats", "is_refused"),
    [
        (MINE, False),
        (CardFormats(barcodes=(Barcode(lengths=frozenset({14})),), chip=FOUR), False),
        (CardFormats(barcodes=(Barcode(lengths=frozenset({13})),), chip=FOUR), True),
        (CardFormats(barcodes=(Barcode(lengths=frozenset({14}), prefixes=frozenset({"2936"})),), chip=FOUR), True),
        (CardFormats(barcodes=(Barcode(lengths=frozenset({14}), checksum=Checksum.MOD_11),), chip=FOUR), True),
        (CardFormats(barcodes=MINE.barcodes), True),
        (CardFormats(barcodes=MINE.barcodes, chip=Chip(lengths=frozenset({4}), order=ByteOrder.REVERSED)), True),
        (CardFormats(barcodes=MINE.barcodes, chip=Chip(lengths=frozenset({10}))), True),
        (CardFormats(patron_tag=PatronTag()), False),
        (CardFormats(), True),
    ],
)
def test_formats_that_would_lose_cards_already_seen_are_refused(formats: CardFormats, is_refused: bool) -> None:
    numbers = [*PRINTED, "1EA68671"]
    shapes = [shape for shape in (shape_of(CardNumber(own), TODAY) for own in numbers) if shape is not None]

    assert bool(rejected(formats, None, shapes)) is is_refused


def test_a_chip_may_be_written_four_ways() -> None:
    assert {own.value for own in ways_of_writing("1ea68671").values()} == {
        "1EA68671",
        "7186A61E",
        str(0x1EA68671).zfill(10),
        str(0x7186A61E).zfill(10),
    }
    assert ways_of_writing("29350000000018"[:13]) == {}
