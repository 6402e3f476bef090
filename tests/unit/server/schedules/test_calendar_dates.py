"""Lists of deviating days as libraries publish them are read line by line; what is not understood is named."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Content, OtherHours
from meroppet.rules.intervals import Interval
from server.schedules.calendar_dates import dates_in

TODAY = date(2026, 11, 22)
CLOSED = (Closed(),)


def _staffed(*pairs: tuple[int, int]) -> tuple[Content, ...]:
    return (OtherHours(tuple(Interval(start * 60, end * 60, BranchState.STAFFED) for start, end in pairs)),)


Found = tuple[str, str, tuple[Content, ...]]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("2026-12-24", [("2026-12-24", "2026-12-24", ())]),
        ("24/12", [("2026-12-24", "2026-12-24", ())]),
        ("1 maj", [("2027-05-01", "2027-05-01", ())]),
        ("den 6:e juni", [("2027-06-06", "2027-06-06", ())]),
        ("December 24, 2026 closed", [("2026-12-24", "2026-12-24", CLOSED)]),
        ("December 24-26 closed", [("2026-12-24", "2026-12-26", CLOSED)]),
        ("24–26 december stängt", [("2026-12-24", "2026-12-26", CLOSED)]),
        ("24-26/12 stängt", [("2026-12-24", "2026-12-26", CLOSED)]),
        ("24 dec – 6 jan", [("2026-12-24", "2027-01-06", ())]),
        ("2026-12-24 – 2027-01-06 stängt", [("2026-12-24", "2027-01-06", CLOSED)]),
        ("24 och 25 december", [("2026-12-24", "2026-12-24", ()), ("2026-12-25", "2026-12-25", ())]),
        ("24/12, 31/12 stängt", [("2026-12-24", "2026-12-24", CLOSED), ("2026-12-31", "2026-12-31", CLOSED)]),
        ("Julafton 24 december: stängt", [("2026-12-24", "2026-12-24", CLOSED)]),
        ("Stängt 24 december", [("2026-12-24", "2026-12-24", CLOSED)]),
        ("Trettondagsafton 5 januari kl. 10–15", [("2027-01-05", "2027-01-05", _staffed((10, 15)))]),
        ("tisdag 5/1 bemannat 10.00–15.00", [("2027-01-05", "2027-01-05", _staffed((10, 15)))]),
        ("5 januari 10 till 15", [("2027-01-05", "2027-01-05", _staffed((10, 15)))]),
        ("31 december 10-12", [("2026-12-31", "2026-12-31", _staffed((10, 12)))]),
        ("30/4 10-15, 16-18", [("2027-04-30", "2027-04-30", _staffed((10, 15), (16, 18)))]),
    ],
)
def test_a_line_is_read_as_people_write_it(line: str, found: list[Found]) -> None:
    lines = dates_in(line, TODAY)

    assert [(str(each.first), str(each.last), each.contents) for each in lines.found] == found
    assert lines.unread == ()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("vi får se", "no date was found"),
        ("32 december", "no calendar"),
        ("onsdag 24 december", "torsdag"),
        ("24 december endast meröppet", "write the hours too"),
        ("24 december kanske", "not understood"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named_with_its_reason(line: str, why: str) -> None:
    lines = dates_in(f"{line}\n24/12", TODAY)

    assert [(each.line, why in str(each.why)) for each in lines.unread] == [(line, True)]
    assert len(lines.found) == 1


def test_orusts_list_of_deviating_days_is_read_as_it_is_published() -> None:
    text = """
        Avvikande öppettider
        Trettondagsafton 5 januari 10–15
        Trettondedag jul 6 januari stängt
        Skärtorsdag 25 mars 10–15
        26–29 mars stängt
        Valborgsmässoafton 30 april bemannat 10–13
        1 maj stängt
    """

    lines = dates_in(text, TODAY)

    assert [line.line for line in lines.unread] == ["Avvikande öppettider"]
    assert [(str(found.first), str(found.last)) for found in lines.found] == [
        ("2027-01-05", "2027-01-05"),
        ("2027-01-06", "2027-01-06"),
        ("2027-03-25", "2027-03-25"),
        ("2027-03-26", "2027-03-29"),
        ("2027-04-30", "2027-04-30"),
        ("2027-05-01", "2027-05-01"),
    ]


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    lines = dates_in(text, TODAY)

    assert len(lines.unread) + len(lines.found) >= bool(text.strip())


@given(st.dates(TODAY, date(2031, 1, 1)), st.integers(0, 40))
def test_dates_written_with_their_year_are_read_as_they_are(first: date, days: int) -> None:
    last = date.fromordinal(first.toordinal() + days)

    found = dates_in(f"{first} – {last} stängt", TODAY).found

    assert [(each.first, each.last, each.contents) for each in found] == [(first, last, CLOSED)]
