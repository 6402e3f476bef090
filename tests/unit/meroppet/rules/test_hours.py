from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours, Span
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule

OPEN, STAFFED, CLOSED = BranchState.SELF_SERVICE, BranchState.STAFFED, BranchState.CLOSED
CLOSED_WEEK = Schedule("Europe/Stockholm", ((),) * 7)

Seen = tuple[datetime, datetime, BranchState]


def plain(span: Span) -> Seen:
    assert str(span.rule) == "week"
    return span.start, span.end, span.state


def test_open_from_six_to_ten_is_sixteen_hours_on_every_day_of_ten_years() -> None:
    teg = Schedule("Europe/Stockholm", ((Interval(360, 1320, OPEN),),) * 7)
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)

    lengths = [span.end - span.start for span in Hours(teg).spans(begin, end) if span.state is OPEN]

    assert lengths == [timedelta(minutes=960)] * 3652


@pytest.mark.parametrize(
    ("clock", "state"),
    [
        ("05:59:59", CLOSED),
        ("06:00:00", OPEN),
        ("09:59:59", OPEN),
        ("10:00:00", STAFFED),
        ("21:59:59", STAFFED),
        ("22:00:00", CLOSED),
    ],
)
def test_an_interval_holds_its_first_moment_and_not_its_last(clock: str, state: BranchState) -> None:
    day = (Interval(360, 600, OPEN), Interval(600, 1320, STAFFED))
    schedule = Schedule("Europe/Stockholm", (day,) * 7)

    assert Hours(schedule).state_at(datetime.fromisoformat(f"2026-11-23T{clock}+01:00")).state is state


def test_intervals_that_meet_at_midnight_are_one_stretch() -> None:
    schedule = Schedule("Europe/Stockholm", ((Interval(0, 1440, OPEN),),) * 7)
    start = datetime(2026, 11, 23, tzinfo=UTC)

    assert [plain(span) for span in Hours(schedule).spans(start, start + timedelta(days=7))] == [
        (start, start + timedelta(days=7), OPEN)
    ]
    assert Hours(schedule).next_change(start) is None


def test_no_time_has_no_spans() -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)

    assert list(Hours(CLOSED_WEEK).spans(moment, moment)) == []


def test_a_branch_that_is_in_the_state_opens_now() -> None:
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert Hours(CLOSED_WEEK).next_opening(moment, frozenset({CLOSED})) == moment
    assert Hours(CLOSED_WEEK).next_opening(moment, frozenset({OPEN})) is None


def test_a_weekly_hour_is_found_seven_days_ahead() -> None:
    weekly = ((Interval(600, 660, OPEN),), *((),) * 6)
    schedule = Schedule("Europe/Stockholm", weekly)
    monday_at_eleven = datetime(2026, 11, 23, 10, tzinfo=UTC)

    change = Hours(schedule).next_change(monday_at_eleven)

    assert change is not None
    assert plain(change) == (datetime(2026, 11, 30, 9, tzinfo=UTC), datetime(2026, 11, 30, 10, tzinfo=UTC), OPEN)
    assert Hours(schedule).next_opening(monday_at_eleven, frozenset({OPEN})) == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 23, 12)  # noqa: DTZ001
    aware = naive.replace(tzinfo=UTC)

    for ask in (
        lambda: Hours(CLOSED_WEEK).state_at(naive),
        lambda: list(Hours(CLOSED_WEEK).spans(naive, aware)),
        lambda: list(Hours(CLOSED_WEEK).spans(aware, naive)),
        lambda: Hours(CLOSED_WEEK).next_change(naive),
        lambda: Hours(CLOSED_WEEK).next_opening(naive, frozenset({OPEN})),
    ):
        with pytest.raises(ValueError, match="without a zone"):
            ask()


def test_what_was_worked_out_is_let_go_of_before_it_is_much() -> None:
    hours = Hours(CLOSED_WEEK)
    first = datetime(2000, 1, 1, tzinfo=UTC)

    told = [hours.state_at(first + timedelta(days=number)) for number in range(9_000)]

    assert len({id(answer) for answer in told}) == 1
    assert len(hours._blocks) <= 500
    assert len(hours._book._days) <= 4_500


def test_moments_of_a_zone_are_compared_as_real_time() -> None:
    zone = ZoneInfo("Europe/Stockholm")
    first, second = (datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=zone) for fold in (0, 1))
    hours = Hours(Schedule("Europe/Stockholm", ((Interval(180, 240, OPEN),),) * 7))

    spans = [plain(span) for span in hours.spans(first, second)]

    # In UTC: of repeated hours Python says that they equal nothing in another zone.
    assert spans == [(first.astimezone(UTC), second.astimezone(UTC), CLOSED)]
    assert list(hours.spans(second, first)) == []
    change = hours.next_change(first, timedelta(minutes=91))
    assert change is not None
    assert change.start == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert hours.next_opening(first, frozenset({OPEN}), timedelta(minutes=90)) is None
