"""What PC/SC says of a card, read by the standard."""

import pytest

from hardware.pcsc.cards import card_from
from hardware.ports import CardFormat, CardPresented

MIFARE = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
ICODE = bytes.fromhex("3B8F8001804F0CA0000003060B00140000000077")
DESFIRE = bytes.fromhex("3B8180018080")


@pytest.mark.parametrize(
    ("answer", "reset", "card"),
    [
        ("04A1B2C3D4E5F69000", MIFARE, CardPresented(bytes.fromhex("04A1B2C3D4E5F6"), CardFormat.ISO14443)),
        ("04A1B2C3D4E5F69000", DESFIRE, CardPresented(bytes.fromhex("04A1B2C3D4E5F6"), CardFormat.ISO14443)),
        ("E0040102030405069000", ICODE, CardPresented(bytes.fromhex("E004010203040506"), CardFormat.ISO15693)),
        ("06050403020104E09000", ICODE, CardPresented(bytes.fromhex("E004010203040506"), CardFormat.ISO15693)),
        ("E00401020304E0E09000", ICODE, CardPresented(bytes.fromhex("E00401020304E0E0"), CardFormat.ISO15693)),
        ("9000", MIFARE, None),
        ("6A81", MIFARE, None),
        ("04A1B2C36300", MIFARE, None),
        ("", MIFARE, None),
    ],
)
def test_a_card_is_its_number_and_its_kind(answer: str, reset: bytes, card: CardPresented | None) -> None:
    assert card_from(bytes.fromhex(answer), reset) == card
