"""A week as it stands in a form: whatever is written, it is either what was meant or named as what cannot be meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import MINUTES_A_DAY, Interval
from meroppet.rules.schedule import Schedule
from server.schedules.drafts import (
    DAYS,
    Draft,
    Line,
    Wrong,
    changes,
    clock,
    complaints,
    from_form,
    from_schedule,
    minute_in,
    schedule_in,
)

ZONE = "Europe/Stockholm"
SELF = BranchState.SELF_SERVICE


def _monday(*lines: Line) -> Draft:
    return Draft((lines, *[()] * 6))


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


@given(st.integers(0, MINUTES_A_DAY))
def test_every_minute_is_read_as_it_is_shown(minute: int) -> None:
    assert minute_in(clock(minute)) == minute


@st.composite
def _days(draw: st.DrawFn) -> tuple[Interval, ...]:
    edges = sorted(draw(st.sets(st.integers(0, MINUTES_A_DAY), max_size=8)))
    states = st.sampled_from([BranchState.STAFFED, SELF])
    return tuple(Interval(start, end, draw(states)) for start, end in zip(edges[::2], edges[1::2], strict=False))


@given(st.lists(_days(), min_size=7, max_size=7))
def test_a_schedule_survives_the_form(days: list[tuple[Interval, ...]]) -> None:
    schedule = Schedule(ZONE, tuple(days))
    draft = from_schedule(schedule)
    form = {
        f"{name}-{day}-{at}": getattr(line, name)
        for day in DAYS
        for at, line in enumerate(draft.week[day])
        for name in ("start", "end", "state")
    }

    again = from_form(form)

    assert complaints(again) == []
    assert schedule_in(again, ZONE) == schedule
    assert changes(schedule, schedule_in(again, ZONE)) == []


_texts = st.text(max_size=6) | st.sampled_from(["6", "06.00", "22:00", "24", "24.00", "12", "11.59"])


@given(
    st.lists(st.builds(Line, _texts, _texts, st.sampled_from(["staffed", "self_service", "closed", ""])), max_size=4)
)
def test_what_is_not_complained_about_can_be_meant(lines: list[Line]) -> None:
    draft = _monday(*lines)

    if not complaints(draft):
        assert len(schedule_in(draft, ZONE).weekly[0]) == len(lines)


@pytest.mark.parametrize(
    ("lines", "wrong", "value"),
    [
        ([Line("8", "2500")], Wrong.TIME, "2500"),
        ([Line("", "22")], Wrong.TIME, ""),
        ([Line("22", "6")], Wrong.ORDER, "22.00–06.00"),
        ([Line("8", "8")], Wrong.ORDER, "08.00–08.00"),
        ([Line("8", "12"), Line("11.30", "14")], Wrong.OVERLAP, "11.30–14.00"),
        ([Line("8", "12", "closed")], Wrong.STATE, "closed"),
    ],
)
def test_errors_name_the_day_the_line_and_the_value(lines: list[Line], wrong: Wrong, value: str) -> None:
    found = complaints(_monday(*lines))

    assert [(complaint.day, complaint.line, complaint.wrong, complaint.value) for complaint in found] == [
        (0, len(lines) - 1, wrong, value)
    ]


def test_intervals_may_be_written_in_any_order_and_may_touch() -> None:
    draft = _monday(Line("12", "22", "self_service"), Line("8", "12", "staffed"))

    assert complaints(draft) == []
    assert [interval.start for interval in schedule_in(draft, ZONE).weekly[0]] == [480, 720]


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
