"""Times, hours, dates and numbers are read as people write them, or named as what is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.intervals import MINUTES_A_DAY, Window
from server.schedules.written import Wrong, clock, date_in, hours_text, minute_in, number_in, stretch, windows_in


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("6", 360), ("06", 360), ("6.30", 390), ("06:30", 390), ("0630", 390), ("630", 390), ("0", 0), ("24", 1440),
        ("24.00", 1440), ("24.01", None), ("25", None), ("6.60", None), ("", None), ("six", None), ("-1", None),
        ("6.3", None), ("06 00", None), ("٦", None),
    ],
)  # fmt: skip
def test_times_are_read_as_people_write_them(text: str, minute: int | None) -> None:
    assert minute_in(text) == minute


@given(st.integers(0, MINUTES_A_DAY), st.sampled_from(".:"))
def test_every_minute_is_read_as_it_is_shown(minute: int, separator: str) -> None:
    assert minute_in(clock(minute, separator)) == minute


@pytest.mark.parametrize(
    ("start", "end", "read"),
    [
        ("6", "22", (360, 1320)),
        ("6", "24", (360, 1440)),
        ("0", "24", (0, 1440)),
        ("22", "2", (1320, 1560)),
        ("22", "0", (1320, 1440)),
        ("8", "8", Wrong.SAME),
        ("24", "2", Wrong.TIME),
        ("8", "", Wrong.TIME),
        ("x", "8", Wrong.TIME),
    ],
)
def test_what_ends_before_it_begins_ends_on_the_next_day(start: str, end: str, read: tuple[int, int] | Wrong) -> None:
    assert stretch(start, end) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ()),
        ("10-15", (Window(600, 900),)),
        ("10.00–15.00", (Window(600, 900),)),
        ("13-15, 8-12", (Window(480, 720), Window(780, 900))),
        ("8-12 och 13-15", (Window(480, 720), Window(780, 900))),
        ("22-02", (Window(1320, 1560),)),
        ("8-12, 11-14", Wrong.OVERLAP),
        ("8", Wrong.TIME),
        ("8-12-14", Wrong.TIME),
        ("8-25", Wrong.TIME),
        ("9-9", Wrong.SAME),
    ],
)
def test_hours_of_a_day_are_read_from_one_line(text: str, read: tuple[Window, ...] | Wrong) -> None:
    assert windows_in(text) == read


@given(st.lists(st.integers(0, MINUTES_A_DAY), min_size=2, max_size=2, unique=True))
def test_hours_are_read_as_they_are_shown(edges: list[int]) -> None:
    first, last = sorted(edges)
    windows = (Window(first, last),)

    assert windows_in(hours_text(windows)) == windows


def test_dates_and_numbers_are_themselves_or_nothing() -> None:
    assert date_in("2027-04-05") == date(2027, 4, 5)
    assert date_in("2027-02-30") is None
    assert [number_in(text, 0, 15) for text in ("0", "15", "16", "-1", "x", "", "٣")] == [
        0,
        15,
        None,
        None,
        None,
        None,
        None,
    ]
