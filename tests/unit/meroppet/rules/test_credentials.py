import pickle
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meroppet.rules.credentials import CardNumber, Pin, card_from_bytes, card_from_text, personnummer, pin_from_digits

ARABIC = "".join(chr(0x660 + digit) for digit in (1, 2, 3, 4))
FULLWIDTH = "".join(chr(0xFF10 + digit) for digit in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("21000001", "21000001"),
        ("  21000001\r\n", "21000001"),
        ("\t04a1b2c3\n", "04A1B2C3"),
        ("0012", "0012"),
        ("A" * 32, "A" * 32),
    ],
)
def test_a_card_number_has_one_form(raw: str, value: str) -> None:
    assert card_from_text(raw) == CardNumber(value)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "123",
        "1" * 33,
        "2" * 10_000,
        "\n" * 10_000,
        "2100 0001",
        "2100\x000001",
        "2100\x1b[31m",
        "21000001\x00",
        "\x0b21000001",
        "21000001\u00a0",
        "21000001\n21000002",
        "2100|AA1",
        "2100-0001",
        "2100_001",
        ARABIC,
        FULLWIDTH,
        "ßßßß",
        "ıııı",
        "ﬁﬁ",
        "ÅÄÖÅ",
    ],
)
def test_what_is_odd_is_no_card_number(raw: str) -> None:
    assert card_from_text(raw) is None


@given(st.text() | st.text(alphabet="0123aZß \r\n\x00", max_size=40))
@example("ßß")
def test_a_card_number_is_what_was_read_or_nothing(raw: str) -> None:
    card = card_from_text(raw)

    assert card is None or (card.value.isascii() and card.value.casefold() == raw.strip(" \r\n\t").casefold())


@pytest.mark.parametrize("length", range(12))
def test_a_chip_has_a_serial_number_of_the_lengths_there_are(length: int) -> None:
    card = card_from_bytes(bytes(range(0xA0, 0xA0 + length)))

    expected = bytes(range(0xA0, 0xA0 + length)).hex().upper()
    assert card == (CardNumber(expected) if length in {4, 7, 8, 10} else None)


@pytest.mark.parametrize("typed", ["1234", "00000", "999999"])
def test_four_to_six_digits_are_a_pin(typed: str) -> None:
    assert pin_from_digits(typed) == Pin(typed)


@pytest.mark.parametrize("typed", ["", "123", "1234567", "12a4", " 1234", "1234\n", "12 34", "-123", ARABIC, FULLWIDTH])
def test_anything_else_is_no_pin(typed: str) -> None:
    assert pin_from_digits(typed) is None
    with pytest.raises(ValueError, match="a PIN is"):
        Pin(typed)


@pytest.mark.parametrize("value", ["", "123", "1" * 33, "04a1", "21000001\n", ARABIC])
def test_a_card_number_cannot_be_made_in_another_form(value: str) -> None:
    with pytest.raises(ValueError, match="a card number is"):
        CardNumber(value)


def test_neither_shows_itself() -> None:
    for shown in (repr, str, "{}".format, lambda secret: f"{secret!r} {(secret,)}"):
        assert "4711" not in shown(Pin("4711"))
        assert "47114711" not in shown(CardNumber("47114711"))


def test_an_error_does_not_tell_what_was_typed() -> None:
    with pytest.raises(ValueError, match="PIN") as of_pin:
        Pin("471a")
    with pytest.raises(ValueError, match="card number") as of_card:
        CardNumber("4711471147x")

    assert "471" not in str(of_pin.value)
    assert "471" not in str(of_card.value)


def test_equal_numbers_are_the_same_card_and_a_copy_is_checked_again() -> None:
    assert {CardNumber("21000001"), card_from_text(" 21000001 ")} == {CardNumber("21000001")}
    assert pickle.loads(pickle.dumps(Pin("1234"))) == Pin("1234")  # noqa: S301 (our own bytes)
    with pytest.raises(ValueError, match="PIN"):
        replace(Pin("1234"), digits="x")


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("typed", ["199001012385", "196408233234", "200002292399", "199001612382"])
def test_a_personnummer_is_one_by_its_date_and_check_digit(typed: str) -> None:
    assert personnummer(typed, TODAY) == CardNumber(typed)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("199001012386", "check digit"),
        ("9001012385", "ten digits"),
        ("19900101-2385", "a hyphen"),
        ("199002302389", "30 February"),
        ("190102292398", "29 February in a year without one"),
        ("199002312386", "31 February"),
        ("202711242384", "born after today"),
        ("199013012381", "month 13"),
        ("199001922385", "day 32 of a samordningsnummer"),
        ("１９９００１０１２３８５", "digits that are not 0–9"),
        ("", "nothing"),
    ],
)
def test_what_is_no_personnummer_is_not_taken_for_one(typed: str, why: str) -> None:
    assert personnummer(typed, TODAY) is None, why
