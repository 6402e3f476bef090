"""A list of deviating days is read whole or not at all; each line that cannot be meant is told with its number."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Event, NotBefore, OtherHours
from meroppet.rules.intervals import Interval, Window
from server.schedules.day_texts import days_in
from server.schedules.import_csv import read_csv
from server.schedules.import_rows import LARGEST, text_of
from server.schedules.sentences import NotUnderstood

TODAY = date(2026, 11, 22)
ORUST = """Datum;Öppettider;Orsak
Onsdag 23 december;10-14
Torsdag 24 december 2026;stängt;God jul!;Merry Christmas!
2026-12-25 – 2026-12-26;endast meröppet

# Trettonhelgen
5/1;meröppet 8-20
2025-01-06;stängt
"""


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-12-24", "2026-12-24", "2026-12-24"),
        ("24 december", "2026-12-24", "2026-12-24"),
        ("torsdag 24 dec 2026", "2026-12-24", "2026-12-24"),
        ("tors 24/12", "2026-12-24", "2026-12-24"),
        ("5 oktober", "2027-10-05", "2027-10-05"),
        ("24-26 december 2026", "2026-12-24", "2026-12-26"),
        ("24 december – 6 januari", "2026-12-24", "2027-01-06"),
        ("24 december till 6 januari 2027", "2026-12-24", "2027-01-06"),
        ("2026-12-24--2026-12-26", "2026-12-24", "2026-12-26"),
        ("29 februari", "2028-02-29", "2028-02-29"),
    ],
)
def test_days(text: str, first: str, last: str) -> None:
    found = days_in(text, TODAY)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fredag 24 december", "is a torsdag"),
        ("31 februari", "in no calendar"),
        ("2026-02-31", "in no calendar"),
        ("2026-12-26 – 2026-12-24", "ends before"),
        ("9999-01-01", "five years"),
        ("2026-01-01 – 2027-06-01", "400 days"),
        ("i sommar", "is no day"),
        ("24", "is no day"),
    ],
)
def test_days_that_cannot_be_meant(text: str, says: str) -> None:
    with pytest.raises(NotUnderstood, match=says):
        days_in(text, TODAY)


def test_a_list_as_a_library_publishes_it() -> None:
    reading = read_csv(ORUST, TODAY)

    assert reading.wrong == ()
    assert [(row.line, row.id, row.only_alone) for row in reading.rows] == [
        (2, "list-20261223", False),
        (3, "list-20261224", False),
        (4, "list-20261225-20261226", True),
        (7, "list-20270105", False),
    ]
    assert reading.rows[1].contents == (Closed(),)
    assert reading.rows[1].reasons == (("sv", "God jul!"), ("en", "Merry Christmas!"))
    assert [note.line for note in reading.notes] == [2, 2, 7, 8]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_any_usual_separator(delimiter: str) -> None:
    text = f"2026-12-24{delimiter}stängt\n2026-12-25{delimiter}meröppet 8-20\n"

    assert len(read_csv(text, TODAY).rows) == 2


def test_lines_as_they_stand_on_a_web_page() -> None:
    assert len(read_csv("Torsdag 24 december: stängt\nFredag 25 december: meröppet 8-20\n", TODAY).rows) == 2


def test_strict_columns_put_together_the_lines_of_one_day() -> None:
    text = (
        "first;last;what;hours;reason_sv\n"
        "2026-12-24;2026-12-26;self_service;08:00-20:00;Jul\n"
        "2026-12-24;2026-12-26;staffed;10:00-14:00;\n"
        "2026-12-31;;closed;;\n"
        "2027-01-02;;event;18:00-20:00;\n"
        "2027-01-05;;not_before;10:00;\n"
        "2027-01-06;;self_service_only;;\n"
    )

    reading = read_csv(text, TODAY)

    assert reading.wrong == ()
    pieces = (Interval(480, 1200, BranchState.SELF_SERVICE), Interval(600, 840, BranchState.STAFFED))
    assert [row.contents for row in reading.rows] == [
        (OtherHours(pieces),),
        (Closed(),),
        (Event(Window(1080, 1200)),),
        (NotBefore(600),),
        (),
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("2026-12-24;stäng", 1, "write one of"),
        ("2026-12-24;stängt\n2026-12-24;meröppet 8-20", 2, "Line 1"),
        ("2026-12-24;=HYPERLINK()", 1, "formula"),
        ("2026-12-24;stängt;@SUM(A1)", 1, "formula"),
        ("2026-12-24;stängt;+46 587", 1, "formula"),
        ("2026-12-24;stängt;" + "x" * 400, 1, "300 characters"),
        ("2026-12-24;stängt;a;b;c", 1, "5 columns"),
        ("2026-12-24,10-14, meröppet 8-20,a,b,c", 1, "semicolons"),
        ("2026-12-24;stängt;a\x1b[31m", 1, "cannot be seen"),
        ("first;what\n2026-12-24;shut", 2, "is not one of closed"),
        ("first;what;hours\n2026-12-24;staffed;", 2, "needs hours"),
        ("first;what\n24 december;closed", 2, "is no date"),
        ("first;what;color\n2026-12-24;closed;red", 0, "write first;last;what"),
        ('2026-12-24;"stängt', 0, "save it as CSV"),
        ("\n\n", 0, "no lines"),
        ("2026-12-24;stängt\n" * 100_000, 0, "2000 lines"),
        ("x" * 5_000, 0, "save it as CSV"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(text: str, line: int, says: str) -> None:
    told = read_csv(text, TODAY).wrong

    assert [each.line for each in told] == [line]
    assert says in str(told[0].sentence)


@given(st.text(max_size=300))
@example("DAG")
@example("first;what")
def test_whatever_a_file_holds_something_is_said_of_it(text: str) -> None:
    reading = read_csv(text, TODAY)

    assert reading.rows or reading.wrong or reading.notes


@pytest.mark.parametrize(
    ("data", "said", "noted"),
    [
        ("stängt".encode(), "stängt", False),
        (b"\xef\xbb\xbf" + "stängt".encode(), "stängt", False),
        ("stängt".encode("utf-16"), "stängt", False),
        ("stängt".encode("cp1252"), "stängt", True),
        (b"\xef\xbb\xbf" + "stängt".encode("cp1252"), "stängt", True),
    ],
)
def test_encodings(data: bytes, said: str, noted: bool) -> None:
    text, note = text_of(data)

    assert (text, note is not None) == (said, noted)


@pytest.mark.parametrize("data", [b"", b"  \n", b"PK\x03\x04\x00\x00", b"\x81\x8d", b"x" * (LARGEST + 1)])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotUnderstood):
        text_of(data)
