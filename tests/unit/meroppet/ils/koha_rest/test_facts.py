"""Whatever JSON a Koha sends, it is facts or nothing, and what is doubtful speaks against the patron."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.ils.koha_rest.facts import moment, read_balance, read_patron
from meroppet.ils.koha_rest.http import Unreached, parsed
from meroppet.ils.koha_rest.site import EntryAttribute

ROW: dict[str, Any] = {
    "patron_id": 1,
    "cardnumber": "2000000001",
    "restricted": False,
    "patron_card_lost": False,
    "incorrect_address": False,
    "expiry_date": "2027-12-26",
    "date_of_birth": "1980-01-01",
    "category_id": "VUXEN",
    "library_id": "VASTERAS",
    "login_attempts": 0,
    "userid": "asa",
    "firstname": "Åsa",
    "surname": "Öberg",
    "updated_on": "2026-11-21T23:34:26+01:00",
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text() | st.sampled_from(["2027-12-26", "1", ""]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(ROW)), inner),
    max_leaves=5,
)
RULE = EntryAttribute("MEROPPET")


@given(st.dictionaries(st.sampled_from([*ROW, "extended_attributes"]), ANYTHING))
def test_any_record_is_read_or_left_and_never_raises(changed: dict[str, Any]) -> None:
    row = ROW | changed

    patron = read_patron(row, RULE)

    if patron is not None:
        assert patron.facts.debarred or row["restricted"] is False
        assert patron.facts.lost or not row["patron_card_lost"]
        assert patron.card
    read_balance(row)
    read_balance(changed.get("patron_id"))


@given(st.binary())
def test_any_bytes_are_json_or_unreached(content: bytes) -> None:
    try:
        parsed(content)
    except Unreached:
        pass


@pytest.mark.parametrize(
    "content", [b"1e999999999999999999", b"[" * 100_000, b"9" * 5000, b"NaN", b"-Infinity", b"\xff"]
)
def test_what_would_choke_a_reader_is_unreached_or_a_value_without_debt(content: bytes) -> None:
    try:
        found = parsed(content)
    except Unreached:
        return
    assert read_balance({"balance": found}) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"restricted": None},
        {"restricted": "false"},
        {"restricted": 0},
        {"patron_card_lost": "0"},
        {"incorrect_address": 0},
        {"cardnumber": None},
        {"cardnumber": " "},
        {"cardnumber": 2000000001},
        {"patron_id": True},
        {"patron_id": "1"},
        {"patron_id": -1},
        {"expiry_date": "26/12/2027"},
        {"expiry_date": 20271226},
        {"expiry_date": ""},
    ],
)
def test_a_record_that_says_too_little_is_no_patron(changed: dict[str, Any]) -> None:
    assert read_patron(ROW | changed) is None


@pytest.mark.parametrize("missing", ["restricted", "patron_card_lost", "incorrect_address", "cardnumber", "patron_id"])
def test_a_record_without_what_decides_is_no_patron(missing: str) -> None:
    assert read_patron({key: value for key, value in ROW.items() if key != missing}) is None


def test_marks_that_were_never_set_are_no_marks() -> None:
    patron = read_patron(ROW | {"patron_card_lost": None, "incorrect_address": None, "expiry_date": None})

    assert patron is not None
    assert (patron.facts.lost, patron.facts.debarred, patron.facts.expires) == (False, False, None)


@pytest.mark.parametrize(
    ("attempts", "limit", "locked"),
    [(0, 3, False), (2, 3, False), (3, 3, True), (4, 3, True), (3, None, False), (-1, None, True), (5, 0, False)],
)
def test_when_koha_refuses_every_pin(attempts: int, limit: int | None, locked: bool) -> None:
    patron = read_patron(ROW | {"login_attempts": attempts})

    assert patron is not None
    assert patron.is_locked(limit) is locked


@pytest.mark.parametrize(
    ("balance", "owed"),
    [
        (0, 0),
        (250, 25000),
        (Decimal("45.5"), 4550),
        (Decimal("0.005"), 1),
        (-20, 0),
        (True, None),
        ("45.50", None),
        (None, None),
        (10**12, None),
        (Decimal("1e30"), None),
    ],
)
def test_debts_are_read_to_the_ore(balance: object, owed: int | None) -> None:
    assert read_balance({"balance": balance}) == owed


def test_a_time_has_a_zone_or_is_none() -> None:
    assert moment("2026-11-21T23:34:26+01:00") == datetime(2026, 11, 21, 22, 34, 26, tzinfo=UTC)
    assert moment("2026-11-21T23:34:26") is None
    assert moment("soon") is None


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Åsa", "Öberg", "Åsa Öberg"), (None, "Öberg", "Öberg"), ("", None, None), (7, [], None)],
)
def test_the_name_is_what_there_is_of_it(first: object, last: object, name: str | None) -> None:
    patron = read_patron(ROW | {"firstname": first, "surname": last})

    assert patron is not None
    assert patron.name == name
    assert patron.facts.birth_date == date(1980, 1, 1)
