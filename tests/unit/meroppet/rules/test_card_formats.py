"""What a reader's words mean by a consortium's card formats."""

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
    Read,
    TagContent,
    UidText,
    Unfit,
    card_of,
    fits,
)
from meroppet.rules.credentials import CardNumber, card_from_bytes, card_from_text

PRINTED = CardFormats(
    barcodes=(
        Barcode(lengths=frozenset({14}), prefixes=frozenset({"2935"}), checksum=Checksum.MOD_10),
        Barcode(lengths=frozenset({8})),
    ),
    phone=Phone(before="LIB:", after=";"),
)
CHIPS = CardFormats(chip=Chip())
REVERSED = CardFormats(chip=Chip(order=ByteOrder.REVERSED))
DECIMAL = CardFormats(chip=Chip(lengths=frozenset({4}), order=ByteOrder.REVERSED, text=UidText.DECIMAL))
TAGS = CardFormats(patron_tag=PatronTag(libraries=frozenset({"SE-Stkm"})))
FOUR, SEVEN = bytes.fromhex("1EA68671"), bytes.fromhex("04A1B2C3D4E5F6")
TEN = bytes.fromhex("04A1B2C3D4E5F6070809")
ITEM, VICINITY = TagContent("30712345", "SE-Stkm", False), bytes.fromhex("E004010012345678")
OURS, THEIRS = TagContent("2935000012", "SE-Stkm", True), TagContent("2935000012", "DK-710100", True)


@pytest.mark.parametrize(
    ("formats", "read", "meant"),
    [
        (PRINTED, "29350000000014", "29350000000014"),
        (PRINTED, " 29350000000014\r\n", "29350000000014"),
        (PRINTED, "29350000000015", Unfit.CHECKSUM),
        (PRINTED, "29360000000019", Unfit.PREFIX),
        (PRINTED, "2935000000001", Unfit.LENGTH),
        (PRINTED, "LIB:29350000000014;", "29350000000014"),
        (PRINTED, "LIB:29350000000014", Unfit.UNREADABLE),
        (PRINTED, "12345678", "12345678"),
        (PRINTED, "1234 678", Unfit.UNREADABLE),
        (PRINTED, "", Unfit.UNREADABLE),
        (PRINTED, FOUR, Unfit.KIND),
        (CHIPS, FOUR, "1EA68671"),
        (CHIPS, SEVEN, "04A1B2C3D4E5F6"),
        (CHIPS, TEN, "04A1B2C3D4E5F6070809"),
        (CHIPS, "1ea68671", "1EA68671"),
        (CHIPS, "29350000000010001", Unfit.KIND),
        (CHIPS, bytes.fromhex("08112233"), Unfit.RANDOM_UID),
        (CHIPS, b"12345", Unfit.UNREADABLE),
        (CHIPS, VICINITY, Unfit.ITEM_TAG),
        (CHIPS, VICINITY[::-1], Unfit.ITEM_TAG),
        (REVERSED, FOUR, "7186A61E"),
        (REVERSED, TEN, TEN[::-1].hex().upper()),
        (DECIMAL, FOUR, str(0x7186A61E)),
        (DECIMAL, bytes.fromhex("01000000"), "0000000001"),
        (DECIMAL, SEVEN, Unfit.LENGTH),
        (DECIMAL, "0000000001", "0000000001"),
        (TAGS, OURS, "2935000012"),
        (TAGS, THEIRS, Unfit.LIBRARY),
        (TAGS, ITEM, Unfit.ITEM_TAG),
        (CHIPS, OURS, Unfit.KIND),
        (CardFormats(patron_tag=PatronTag()), THEIRS, "2935000012"),
        (CardFormats(), "12345678", Unfit.KIND),
        (None, "abcd12", "ABCD12"),
        (None, FOUR, "1EA68671"),
        (None, VICINITY, "E004010012345678"),
        (None, "x", Unfit.UNREADABLE),
        (None, ITEM, Unfit.ITEM_TAG),
        (None, OURS, "2935000012"),
    ],
)
def test_a_reading_means_a_card_or_says_why_it_is_none(
    formats: CardFormats | None, read: Read, meant: str | Unfit
) -> None:
    found = card_of(formats, read)

    assert found is meant if isinstance(meant, Unfit) else found == CardNumber(meant)


@pytest.mark.parametrize(
    ("checksum", "good", "bad"),
    [
        (Checksum.MOD_10, "79927398713", "79927398714"),
        (Checksum.MOD_10, "0018", "00A8"),
        (Checksum.MOD_11, "0306406152", "0306406153"),
        (Checksum.MOD_11, "080442957X", "0804429571"),
        (Checksum.MOD_43, "CODE39W", "CODE39X"),
        (Checksum.NONE, "ANY", ""),
    ],
)
def test_check_characters_are_the_known_ones(checksum: Checksum, good: str, bad: str) -> None:
    assert fits(checksum, good)
    assert not bad or not fits(checksum, bad)


@given(st.text(max_size=40) | st.binary(max_size=12))
def test_without_formats_every_reading_means_what_it_always_did(read: str | bytes) -> None:
    always = card_from_text(read) if isinstance(read, str) else card_from_bytes(read)

    assert card_of(None, read) == (always or Unfit.UNREADABLE)


@given(
    st.sampled_from([PRINTED, CHIPS, REVERSED, DECIMAL, TAGS, CardFormats()]),
    st.text(max_size=40) | st.binary(max_size=12) | st.builds(TagContent, st.text(), st.text(), st.booleans()),
)
def test_no_reading_breaks_it_and_a_books_tag_is_never_a_card(formats: CardFormats, read: Read) -> None:
    found = card_of(formats, read)

    assert isinstance(found, CardNumber | Unfit)
    if isinstance(read, TagContent) and not read.is_patrons:
        assert found is Unfit.ITEM_TAG


@pytest.mark.parametrize("checksum", [Checksum.MOD_10, Checksum.MOD_11, Checksum.MOD_43])
@given(data=st.data())
def test_one_wrong_digit_never_passes_a_check_character(checksum: Checksum, data: st.DataObject) -> None:
    digits = data.draw(st.text("0123456789", min_size=9, max_size=9))
    whole = next(
        digits + last for last in "0123456789XABCDEFGHIJKLMNOPQRSTUVWYZ-. $/+%" if fits(checksum, digits + last)
    )
    place = data.draw(st.integers(0, 8))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != whole[place]]))

    assert not fits(checksum, whole[:place] + other + whole[place + 1 :])


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda: Barcode(lengths=frozenset()),
        lambda: Barcode(lengths=frozenset({3})),
        lambda: Barcode(lengths=frozenset({14}), prefixes=frozenset({"a-"})),
        lambda: Chip(lengths=frozenset({8})),
        Phone,
    ],
)
def test_a_format_that_can_fit_no_card_is_refused(spoilt: object) -> None:
    assert callable(spoilt)
    with pytest.raises(ValueError, match="card formats"):
        spoilt()
