"""Dates, flags and amounts as registers write them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.sip2.fields import read_count, read_date, read_flag, read_minor_units, timestamp
from meroppet.sip2.messages import MESSAGES, RawMessage
from meroppet.sip2.views import AcsStatusView, ItemView, LoanView, PatronView, ReturnView


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20261121    233438", date(2026, 11, 21)),
        ("201610050000134405", date(2016, 10, 5)),
        ("20261121   Z233438", date(2026, 11, 21)),
        ("19800101", date(1980, 1, 1)),
        ("2027-01-16", date(2027, 1, 16)),
        ("", None),
        (" " * 18, None),
        ("20261331", None),
        ("\x00\x01", None),
        ("11/15/2005", None),
    ],
)
def test_a_date_is_read_in_every_zone_style_and_a_doubtful_one_not_at_all(text: str, day: date | None) -> None:
    assert read_date(text) == day


def test_a_site_may_name_its_own_date_form() -> None:
    assert read_date("11/15/2005", ("%m/%d/%Y",)) == date(2005, 11, 15)


def test_eight_digits_are_read_in_the_sites_own_way_first() -> None:
    assert read_date("24121980", ("%d%m%Y",)) == date(1980, 12, 24)
    assert read_date("19801224    235900", ("%d%m%Y",)) == date(1980, 12, 24)


def test_a_timestamp_has_18_characters_and_a_blank_zone() -> None:
    assert timestamp(datetime(2026, 11, 21, 9, 5, 1, tzinfo=UTC)) == "20261121    090501"


@pytest.mark.parametrize(
    ("text", "value"), [("Y", True), ("1", True), ("N", False), ("", None), (None, None), ("?", None)]
)
def test_an_empty_or_odd_flag_says_nothing(text: str | None, value: bool | None) -> None:
    assert read_flag(text) is value


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("250", 25_000),
        ("45.5", 4_550),
        ("1,234.50", 123_450),
        ("", None),
        ("NaN", None),
        ("x", None),
        ("1E+1000000", None),
        ("-1E+1000000", None),
        ("9" * 60_000, None),
    ],
)
def test_an_amount_is_read_in_hundredths(text: str, amount: int | None) -> None:
    assert read_minor_units(text) == amount


@pytest.mark.parametrize(
    ("text", "count"), [("0001", 1), ("    ", None), ("12a4", None), ("²", None), ("9" * 5000, None)]
)
def test_a_blank_count_says_nothing(text: str, count: int | None) -> None:
    assert read_count(text) == count


_FIELD = st.tuples(
    st.sampled_from(["AA", "AB", "AE", "AF", "AH", "AJ", "BL", "CQ", "BV", "BX", "CV", "CT", "PB"]), st.text()
)


@given(st.sampled_from(sorted(MESSAGES)), st.text(max_size=70), st.lists(_FIELD, max_size=8))
def test_a_view_never_raises(code: str, fixed: str, fields: list[tuple[str, str]]) -> None:
    raw = RawMessage(code, fixed, tuple(fields))

    for view in (PatronView(raw), ItemView(raw), LoanView(raw), ReturnView(raw), AcsStatusView(raw)):
        for name in (name for name in dir(type(view)) if isinstance(getattr(type(view), name), property)):
            getattr(view, name)
    PatronView(raw).date("PB", ("%Y%m%d",))
    PatronView(raw).count("hold")
