"""Which field carries what: sure by a known fact, likely by a value that fits, and never a standard field."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.ils.doctor import fields
from meroppet.ils.doctor.fields import STANDARD, Certainty, Guess

TODAY = date(2026, 11, 22)
BORN = date(1980, 1, 31)
POLARIS = (
    ("BC", "19800131    000000"),
    ("PA", "6"),
    ("PB", "21181091247604"),
    ("PC", "118235"),
    ("PX", "20300609    235959"),
)
EVERGREEN = (("PA", "20300520"), ("PB", "19800131"), ("PC", "Patrons"), ("AQ", "BR1"), ("PI", "Unfiltered"))


def test_a_known_fact_makes_it_sure() -> None:
    assert fields.birth_date(POLARIS, TODAY, BORN) == Guess("BC", Certainty.SURE, form="%Y%m%d")
    assert fields.category(POLARIS, "6", "BC").identifier == "PA"
    assert fields.home(EVERGREEN, (), "br1") == Guess("AQ", Certainty.SURE)


def test_a_field_that_holds_another_date_is_not_believed_against_a_known_one() -> None:
    assert fields.birth_date(EVERGREEN, TODAY, date(1990, 5, 5)).certainty is Certainty.NONE


@pytest.mark.parametrize(("came", "birth", "last"), [(POLARIS, "BC", "PX"), (EVERGREEN, "PB", "PA")])
def test_without_facts_a_value_that_fits_is_likely(came: fields.Fields, birth: str, last: str) -> None:
    assert fields.birth_date(came, TODAY, None).identifier == birth
    assert fields.expires(came, TODAY, None, birth).identifier == last
    assert fields.birth_date(came, TODAY, None).certainty is Certainty.LIKELY


def test_two_dates_that_fit_equally_well_are_left_to_a_person() -> None:
    came = (("XA", "19800131"), ("XB", "19790131"))

    assert fields.birth_date(came, TODAY, None) == Guess(None, Certainty.SEVERAL, ("XA", "XB"))


@pytest.mark.parametrize(
    ("value", "form"), [("19800131", "%Y%m%d"), ("1980-01-31", "%Y-%m-%d"), ("01/31/1980", "%m/%d/%Y")]
)
def test_the_form_of_a_date_is_found(value: str, form: str) -> None:
    assert fields.birth_date((("PB", value),), TODAY, BORN) == Guess("PB", Certainty.SURE, form=form)


@pytest.mark.parametrize(("flag", "field"), [("1", "PA"), ("0", "PA"), ("6", None), ("20300520", None)])
def test_a_bare_flag_beside_a_birth_date_may_be_a_permission(flag: str, field: str | None) -> None:
    assert fields.permission((("PA", flag), ("PB", "19800131")), "PB").identifier == field


def test_polariss_patron_kind_is_no_permission() -> None:
    assert fields.permission((("PA", "1"), ("BC", "19800131")), "BC").identifier is None


@given(st.lists(st.tuples(st.sampled_from(sorted(STANDARD)), st.just("19800131")), max_size=8))
def test_a_standard_field_has_never_a_sites_own_meaning(came: list[tuple[str, str]]) -> None:
    pairs = tuple(came)

    assert fields.birth_date(pairs, TODAY, BORN).identifier is None
    assert fields.expires(pairs, TODAY, None, None).identifier is None
    assert fields.category(pairs, "19800131", None).identifier is None
    assert fields.own_fields(pairs) == ()


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=20)), max_size=8))
def test_any_values_at_all_are_read_without_complaint(came: list[tuple[str, str]]) -> None:
    pairs = tuple(came)
    born = fields.birth_date(pairs, TODAY, None).identifier

    fields.expires(pairs, TODAY, None, born)
    fields.category(pairs, None, born)
    fields.home(pairs, ("NORA", ""), None)
    fields.permission(pairs, born)
