"""A week as it stands in a form: whatever is written, it is either what was meant or named as what makes no sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import MINUTES_A_DAY, Day, Interval, Window
from server.schedules.drafts import (
    DAYS,
    Draft,
    Line,
    complaints,
    from_form,
    from_week,
    from_windows,
    week_in,
    windows_of,
)
from server.schedules.written import Wrong

SELF, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED


def _monday(*lines: Line) -> Draft:
    return Draft((lines, *[()] * 6))


def _form(draft: Draft) -> dict[str, str]:
    return {
        f"{name}-{day}-{at}": getattr(line, name)
        for day in DAYS
        for at, line in enumerate(draft.week[day])
        for name in ("start", "end", "state")
    }


@st.composite
def _days(draw: st.DrawFn) -> Day:
    """Each state's hours apart from one another, the last maybe over midnight; staffed may lie over self-service."""
    found: list[Interval] = []
    for state in (SELF, STAFFED):
        edges = sorted(draw(st.sets(st.integers(0, MINUTES_A_DAY - 1), max_size=6)))
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            found.append(Interval(start, end, state))
        if len(edges) % 2:
            latest = max(MINUTES_A_DAY, edges[-1] + MINUTES_A_DAY - 1)
            found.append(Interval(edges[-1], draw(st.integers(MINUTES_A_DAY, latest)), state))
    return tuple(sorted(found))


@given(st.lists(_days(), min_size=7, max_size=7))
def test_a_week_survives_the_form(days: list[Day]) -> None:
    again = from_form(_form(from_week(tuple(days))))

    assert complaints(again) == []
    # Midnight as an end is written 24.00 or 00.00 and is one and the same minute.
    assert week_in(again) == tuple(days)


def test_a_day_with_more_hours_than_the_form_adds_keeps_them_all() -> None:
    day = tuple(Interval(hour * 60, hour * 60 + 30, SELF) for hour in range(24))

    assert week_in(from_form(_form(from_week((day, *[()] * 6)))))[0] == day


_texts = st.text(max_size=6) | st.sampled_from(["6", "06.00", "22:00", "24", "24.00", "12", "11.59"])
_lines = st.builds(Line, _texts, _texts, st.sampled_from(["staffed", "self_service", "closed", ""]))


@given(st.lists(_lines, max_size=4))
def test_what_is_not_complained_about_is_a_week(lines: list[Line]) -> None:
    draft = _monday(*lines)

    if not complaints(draft):
        assert len(week_in(draft)[0]) == len(lines)


@pytest.mark.parametrize(
    ("lines", "wrong", "value"),
    [
        ([Line("8", "2500")], Wrong.TIME, "2500"),
        ([Line("", "22")], Wrong.TIME, ""),
        ([Line("24", "6")], Wrong.TIME, "24"),
        ([Line("8", "8")], Wrong.SAME, "8"),
        ([Line("8", "12"), Line("11.30", "14")], Wrong.OVERLAP, "11.30–14.00"),
        ([Line("8", "12", "closed")], Wrong.STATE, "closed"),
    ],
)
def test_errors_name_the_day_the_line_and_the_value(lines: list[Line], wrong: Wrong, value: str) -> None:
    found = complaints(_monday(*lines))

    assert [(complaint.field, complaint.wrong, complaint.value) for complaint in found] == [
        (f"0-{len(lines) - 1}", wrong, value)
    ]


def test_staffed_hours_may_lie_over_self_service() -> None:
    draft = _monday(Line("6", "22"), Line("10", "18", "staffed"))

    assert complaints(draft) == []
    assert week_in(draft)[0] == (Interval(360, 1320, SELF), Interval(600, 1080, STAFFED))


def test_hours_may_go_on_past_midnight_and_say_so() -> None:
    draft = _monday(Line("22", "2"))

    assert week_in(draft)[0] == (Interval(1320, 1560, SELF),)
    assert [line.goes_on for line in (Line("22", "2"), Line("22", "24"), Line("8", "x"))] == [True, False, False]


def test_a_week_of_windows_survives_too() -> None:
    weekly = ((Window(420, 1260),), *[()] * 6)

    assert windows_of(from_windows(weekly)) == weekly


def test_intervals_may_be_written_in_any_order_and_may_touch() -> None:
    draft = _monday(Line("12", "22", "self_service"), Line("8", "12", "staffed"))

    assert complaints(draft) == []
    assert [interval.start for interval in week_in(draft)[0]] == [480, 720]


def test_the_buttons_add_remove_and_copy() -> None:
    draft = _monday(Line("8", "12"), Line("13", "22"))

    assert draft.edited("remove-0-0").week[0] == (Line("13", "22"),)
    assert draft.edited("add-6").week[6] == (Line(),)
    assert set(draft.edited("copy-0").week) == {draft.week[0]}


@pytest.mark.parametrize("operation", ["", "add-7", "add-", "remove-0-9", "copy-x", "review", "drop-0", "add-0-0-0"])
def test_a_button_nobody_has_changes_nothing_of_what_was_written(operation: str) -> None:
    draft = _monday(Line("8", "12"))

    assert draft.edited(operation).week[0][:1] == draft.week[0]


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=10))
def test_foreign_fields_are_not_looked_at(form: dict[str, str]) -> None:
    assert all(len(line.start) <= 20 for day in from_form(form).week for line in day)
