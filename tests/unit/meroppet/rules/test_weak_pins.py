from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.credentials import Pin
from meroppet.rules.weak_pins import common_pins, is_weak


def words(text: str) -> list[str]:
    return text.split()


BORN = date(1987, 3, 14)


@pytest.mark.parametrize(
    "digits",
    words(
        "0000 1111 1212 1122 1221 1234 4321 7890 0987 2580 0852 1998 2024 1397 2486 4711 "
        "11111 12345 123456 654321 121212 123123 112233 147147"
    ),
)
def test_what_everybody_guesses_first_is_weak_whoever_has_it(digits: str) -> None:
    assert is_weak(Pin(digits), None)


@pytest.mark.parametrize("digits", words("1403 0314 8703 0387 1987 1986 1988 8787 870314 140387 031487 198703"))
def test_her_own_birth_date_is_weak_however_it_is_written(digits: str) -> None:
    assert is_weak(Pin(digits), BORN)


@pytest.mark.parametrize("digits", words("1403 0314 8703 0387 870314 140387"))
def test_somebody_elses_birth_date_is_as_good_as_any(digits: str) -> None:
    assert not is_weak(Pin(digits), date(1962, 11, 27))
    assert not is_weak(Pin(digits), None)


@pytest.mark.parametrize("digits", words("7305 6483 9038 73052 730528"))
def test_a_pin_without_a_pattern_is_not_weak(digits: str) -> None:
    assert not is_weak(Pin(digits), BORN)


def test_the_list_is_as_long_as_the_codes_that_half_of_people_choose() -> None:
    # DataGenetics: 426 codes are half of all chosen. Many more would leave few to choose from, fewer would not help.
    assert 400 <= len(common_pins()) <= 450


@given(st.from_regex(r"[0-9]{4,6}", fullmatch=True), st.none() | st.dates(date(1900, 1, 1), date(2026, 1, 1)))
def test_a_birth_date_makes_no_weak_pin_strong(digits: str, born: date | None) -> None:
    assert is_weak(Pin(digits), born) or not is_weak(Pin(digits), None)
