"""An exception in a form: whatever is written, it is either what was meant or named as what cannot be meant."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import Interval, Window
from server.schedules.calendar_forms import (
    MOST_ROWS,
    Complaint,
    ExceptionDraft,
    Row,
    What,
    Wrong,
    complaints,
    exception_in,
    fields_of,
    from_exception,
    from_form,
)

TODAY = date(2026, 11, 22)
EVE = "2026-12-24"
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=1)))


def _draft(*rows: Row) -> ExceptionDraft:
    return ExceptionDraft(title="Test", rows=rows)


def _meant(row: Row) -> tuple[Content, ...]:
    draft = _draft(replace(row, first=EVE))
    assert complaints(draft) == []
    return exception_in(draft, "x", Level.BRANCH).on(date.fromisoformat(EVE))


ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED


@pytest.mark.parametrize(
    ("row", "contents"),
    [
        (Row(), (Closed(),)),
        (Row(hours="10-12"), (Closed(Window(600, 720)),)),
        (Row(hours="10-12, 14-15"), (Closed(Window(600, 720)), Closed(Window(840, 900)))),
        (Row(what="not_before", time="10"), (NotBefore(600),)),
        (Row(what="not_after", time="15.00"), (NotAfter(900),)),
        (Row(what="no_self_service"), (NoSelfService(),)),
        (Row(what="no_self_service", hours="15–24"), (NoSelfService(Window(900, 1440)),)),
        (
            Row(what="other_hours", hours="06–22", staffed="10–17"),
            (OtherHours((Interval(360, 1320, ALONE), Interval(600, 1020, STAFFED))),),
        ),
        (Row(what="more_hours", hours="22–02"), (MoreHours((Interval(1320, 1560, ALONE),)),)),
        (Row(what="event", hours="18-21"), (Event(Window(1080, 1260)),)),
        (Row(what="event_listed", hours="18-21"), (Event(Window(1080, 1260), True),)),
        (Row(what="maintenance"), (Maintenance(),)),
    ],
)
def test_a_row_means_what_it_says(row: Row, contents: tuple[Content, ...]) -> None:
    assert _meant(row) == contents


@pytest.mark.parametrize(
    ("row", "where", "wrong"),
    [
        (Row(), "first-0", Wrong.DATE),
        (Row(first="24 dec"), "first-0", Wrong.DATE),
        (Row(first="2026-02-30"), "first-0", Wrong.DATE),
        (Row(first="0226-12-24"), "first-0", Wrong.DATE),
        (Row(first=EVE, last="9999-12-31"), "last-0", Wrong.DATE),
        (Row(first=EVE, last="2026-12-23"), "last-0", Wrong.ORDER),
        (Row(first=EVE, last="jul"), "last-0", Wrong.DATE),
        (Row(first=EVE, weekdays=frozenset({6})), "weekday-0", Wrong.NEVER),
        (Row(first=EVE, weekdays=frozenset()), "weekday-0", Wrong.NEVER),
        (Row(first=EVE, what="holiday"), "what-0", Wrong.WHAT),
        (Row(first=EVE, what="not_before"), "time-0", Wrong.TIME),
        (Row(first=EVE, what="not_before", time="0"), "time-0", Wrong.TIME),
        (Row(first=EVE, what="not_after", time="24"), "time-0", Wrong.TIME),
        (Row(first=EVE, what="not_after", time="15-16"), "time-0", Wrong.TIME),
        (Row(first=EVE, hours="ten"), "hours-0", Wrong.HOURS),
        (Row(first=EVE, hours="10-10"), "hours-0", Wrong.HOURS),
        (Row(first=EVE, what="other_hours"), "hours-0", Wrong.NO_HOURS),
        (Row(first=EVE, what="other_hours", hours="8-12, 11-13"), "hours-0", Wrong.OVERLAP),
        (Row(first=EVE, what="other_hours", staffed="8-12, 11-13"), "staffed-0", Wrong.OVERLAP),
        (Row(first=EVE, what="event"), "hours-0", Wrong.NO_HOURS),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_field(row: Row, where: str, wrong: Wrong) -> None:
    found = complaints(_draft(row))

    assert [(complaint.where, complaint.wrong) for complaint in found] == [(where, wrong)]


def test_a_name_days_and_lines_that_were_not_added_are_asked_for() -> None:
    assert complaints(ExceptionDraft(rows=())) == [
        Complaint("title", Wrong.MISSING),
        Complaint("rows", Wrong.NO_DAYS),
    ]
    left = replace(_draft(Row(first=EVE)), paste="hej")
    assert complaints(left) == [Complaint("paste", Wrong.UNREAD, "hej")]


def test_the_valid_range_is_in_order() -> None:
    draft = replace(_draft(Row(first=EVE)), valid_from="2026-12-31", valid_until="2026-12-01")

    assert complaints(draft) == [Complaint("valid_until", Wrong.ORDER, "2026-12-01")]


def test_rows_are_added_copied_without_their_days_and_taken_away() -> None:
    draft = _draft(Row(first=EVE, what="not_before", time="10"))

    assert draft.edited("add", TODAY).rows[1] == Row(what="not_before")
    assert draft.edited("copy-0", TODAY).rows[1] == Row(what="not_before", time="10")
    assert draft.edited("remove-0", TODAY).rows == ()
    for nonsense in ("copy-9", "remove-", "remove--1", "copy-²", "preview", ""):
        assert draft.edited(nonsense, TODAY) == draft


def test_a_form_has_an_end() -> None:
    full = _draft(*[Row(first=EVE)] * MOST_ROWS)

    assert full.edited("add", TODAY) == full
    assert full.edited("copy-0", TODAY) == full

    pasted = replace(full, rows=full.rows[1:], paste="24/12\n25-27/12 stängt\n28/12").edited("paste", TODAY)
    assert len(pasted.rows) == MOST_ROWS
    assert [line.line for line in pasted.unread] == ["25-27/12 stängt", "28/12"]
    assert pasted.paste == "25-27/12 stängt\n28/12"
    assert "room for 120" in str(pasted.unread[0].why)


def test_what_came_otherwise_and_is_longer_than_a_form_loses_nothing_in_it() -> None:
    days = [date(2027, 1, 1) + timedelta(days=2 * more) for more in range(MOST_ROWS + 30)]
    closed = tuple(ExceptionDay(first=day, last=day, contents=(Closed(),)) for day in days)
    imported = ScheduleException(id="list", level=Level.BRANCH, days=closed, title="Lista")

    draft = from_form(fields_of(from_exception(imported)))

    assert complaints(draft) == []
    assert exception_in(draft, "list", Level.BRANCH) == imported


def test_a_pasted_list_becomes_rows_and_leaves_what_was_not_understood() -> None:
    draft = replace(_draft(Row()), paste="24-26 december stängt\n31/12 10-14\nvi får se")

    pasted = draft.edited("paste", TODAY)

    assert pasted.rows == (
        Row(first="2026-12-24", last="2026-12-26"),
        Row(first="2026-12-31", what="other_hours", staffed="10.00–14.00"),
    )
    assert pasted.paste == "vi får se"
    assert [line.line for line in pasted.unread] == ["vi får se"]
    assert len(pasted.notes) == 1


def test_dates_alone_are_what_the_empty_row_says() -> None:
    model = Row(what="no_self_service", hours="18–24")
    draft = replace(_draft(Row(first=EVE), model), paste="28/12\n29/12")

    assert draft.edited("paste", TODAY).rows == (
        Row(first=EVE),
        replace(model, first="2026-12-28"),
        replace(model, first="2026-12-29"),
    )


def test_week_15_of_2025_as_bergslagsbibblan_closed_for_its_new_system() -> None:
    draft = ExceptionDraft(
        title="Systembyte",
        reasons=(("sv", "Vi byter bibliotekssystem"), ("en", "We are changing library systems")),
        rows=(
            Row(first="2025-04-07", what="no_self_service", hours="15–24"),
            Row(first="2025-04-08", last="2025-04-10"),
            Row(first="2025-04-11", what="not_before", time="10.00"),
        ),
    )

    assert complaints(draft) == []
    exception = exception_in(draft, "week-15", Level.CONSORTIUM, NOON)
    assert exception.on(date(2025, 4, 7)) == (NoSelfService(Window(900, 1440)),)
    assert all(exception.on(date(2025, 4, day)) == (Closed(),) for day in (8, 9, 10))
    assert exception.on(date(2025, 4, 11)) == (NotBefore(600),)
    assert exception.on(date(2025, 4, 12)) == ()
    assert exception.decided_at == NOON


# --- Whatever is decided survives the form --------------------------------------------------------------------------

_windows = st.builds(
    lambda start, length: Window(start, start + length), st.integers(0, 1439), st.integers(1, 1439)
).filter(lambda window: window.end - window.start < 1440)
_minutes = st.integers(1, 1439)


@st.composite
def _hours(draw: st.DrawFn) -> tuple[Interval, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return tuple(sorted(Interval(start, end, draw(st.sampled_from([ALONE, STAFFED]))) for start, end in pairs))


_contents: st.SearchStrategy[Content] = st.one_of(
    st.just(Closed()),
    st.builds(Closed, _windows),
    st.builds(NotBefore, _minutes),
    st.builds(NotAfter, _minutes),
    st.builds(NoSelfService, _windows),
    st.builds(Maintenance, _windows),
    st.builds(OtherHours, _hours()),
    st.builds(MoreHours, _hours()),
    st.builds(Event, _windows, st.booleans()),
)


@st.composite
def _days(draw: st.DrawFn) -> ExceptionDay:
    first = draw(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
    return ExceptionDay(
        first=first,
        last=first + timedelta(days=draw(st.integers(6, 40))),
        contents=tuple(draw(st.lists(_contents, min_size=1, max_size=3))),
        weekdays=draw(st.frozensets(st.integers(0, 6), min_size=1)),
    )


_words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30)


@given(st.lists(_days(), min_size=1, max_size=4), _words, st.booleans())
def test_an_exception_survives_the_form(days: list[ExceptionDay], words: str, valid: bool) -> None:
    exception = ScheduleException(
        id="x", level=Level.GROUP, days=tuple(days), title=words, reasons=(("sv", words), ("fi", words)),
        valid_from=date(2021, 1, 1) if valid else None, decided_by=words, decided_at=NOON,
    )  # fmt: skip

    draft = from_form(fields_of(from_exception(exception)))

    assert complaints(draft) == []
    back = exception_in(draft, "x", Level.GROUP, NOON)
    assert replace(back, days=()) == replace(exception, days=())
    span = range(min(found.first for found in days).toordinal(), max(found.last for found in days).toordinal() + 1)
    assert all(back.on(date.fromordinal(day)) == exception.on(date.fromordinal(day)) for day in span)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["first-0", "last-0", "what-0", "time-0", "hours-0", "staffed-0", "weekday-0", "title", "x"]
            ),
            st.one_of(st.text(max_size=20), st.sampled_from([*What, EVE, "10-12", "10"])),
        ),
        max_size=12,
    )
)
def test_no_form_breaks_it(fields: list[tuple[str, str]]) -> None:
    draft = from_form(fields)

    if not complaints(draft):
        exception_in(draft, "x", Level.BRANCH)
    for operation in ("paste", "add", "copy-0", "remove-0"):
        assert isinstance(draft.edited(operation, TODAY), ExceptionDraft)
