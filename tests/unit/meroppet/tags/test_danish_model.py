"""Basic blocks as they are found in the field; the vectors are public (see the comments)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.tags.danish_model import PATRON_CARD, crc16, read_block

ITEM = bytes.fromhex("11010131313232333334340000000000000000513E4445373035000000000000")
"""GallusMax/libdanrfid, DDMDataTest: item 11223344 of DE-705."""
PATRON = bytes.fromhex("8101013239333530303030303336343900000087935255323933" + "00" * 8)
"""DanishRfidItem (Rust): a patron's card of RU-293, the halves of the first byte swapped."""
WRONG_CRC = bytes.fromhex("1102013130303030303030303030303030303187264E4F3032303330303030000000")
"""node_rfidgeek: its CRC is wrong and should be 31 57."""


def test_the_sums_are_those_of_the_model() -> None:
    assert crc16(b"RFID tag data model") == 0x1AEE
    assert crc16(b"123456789") == 0x29B1


def test_a_books_tag_and_a_patrons_card_are_told_apart() -> None:
    item, patron = read_block(ITEM), read_block(PATRON)

    assert item is not None
    assert (item.number, item.usage, item.library, item.is_sound) == ("11223344", 1, "DE-705", True)
    assert patron is not None
    assert (patron.number, patron.usage, patron.library) == ("2935000003649", PATRON_CARD, "RU-293")
    assert patron.is_sound


def test_a_tag_with_each_block_reversed_is_read() -> None:
    reversed_blocks = b"".join(ITEM[start : start + 4][::-1] for start in range(0, len(ITEM), 4))

    assert read_block(reversed_blocks) == read_block(ITEM)


def test_a_sum_that_does_not_fit_is_said_and_the_rest_still_read() -> None:
    block = read_block(WRONG_CRC)

    assert block is not None
    assert block.number == "1000000000000001"
    assert not block.is_sound


@pytest.mark.parametrize("memory", [b"", bytes(34), ITEM[:31], b"\xff" * 34])
def test_what_is_no_basic_block_says_nothing(memory: bytes) -> None:
    assert read_block(memory) is None


def test_nothing_of_a_number_is_in_what_is_printed() -> None:
    assert "2935000003649" not in repr(read_block(PATRON))


@given(st.binary(max_size=40))
def test_no_bytes_break_the_reading(memory: bytes) -> None:
    block = read_block(memory)

    assert block is None or block.number
