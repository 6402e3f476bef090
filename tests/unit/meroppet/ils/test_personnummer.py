"""A personnummer finds a patron whose own number is another, but only with the birth date that stands in it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from meroppet.ils.personnummer import born_by, is_hers
from meroppet.ils.ports import PatronAnswer, UnavailableCause
from meroppet.ils.sip2_answers import confirmed
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("198001019804", date(1980, 1, 1)),
        ("198001619802", None),
        ("198001619801", date(1980, 1, 1)),
        ("198001019802", None),
        ("198013019801", None),
        ("198002309802", None),
        ("8001019804", None),
        ("19800101-9804", None),
        ("1980010198O2", None),
        ("", None),
    ],
)
def test_twelve_digits_are_a_personnummer_only_with_a_real_day_and_the_right_check_digit(
    number: str, born: date | None
) -> None:
    assert born_by(number) == born


@pytest.mark.parametrize(
    ("birth_date", "believed"), [(date(1980, 1, 1), True), (date(1980, 1, 2), False), (None, False)]
)
def test_an_answer_under_another_number_is_hers_only_with_her_birth_date(
    birth_date: date | None, believed: bool
) -> None:
    assert is_hers("198001019804", birth_date) is believed


def test_a_card_number_is_nobodys_personnummer() -> None:
    assert not is_hers("10000001", date(1980, 1, 1))


FOUND = PatronAnswer(
    PinAnswer.UNKNOWN, patron_id="1", name="Anna Ek", facts=PatronFacts(valid=True, birth_date=date(1980, 1, 1))
)


@pytest.mark.parametrize(
    ("change", "is_believed"),
    [
        ({}, True),
        ({"name": None, "facts": PatronFacts(valid=True)}, True),
        ({"name": "Bo Al"}, False),
        ({"facts": PatronFacts(valid=True, birth_date=date(1990, 9, 9))}, False),
        ({"facts": None, "cause": UnavailableCause.TIMEOUT}, False),
    ],
)
def test_a_number_is_hers_when_the_register_says_the_same_of_it(change: dict[str, Any], is_believed: bool) -> None:
    named = replace(FOUND, pin=PinAnswer.WRONG, **change)
    assert (confirmed(FOUND, named) == named and named.cause is None) is is_believed
