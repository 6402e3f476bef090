from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours, Span
from meroppet.rules.intervals import Interval, ScheduleError
from meroppet.rules.schedule import Schedule

MINUTE, EIGHT_DAYS = timedelta(minutes=1), timedelta(days=8)
OPEN, STAFFED, CLOSED = BranchState.SELF_SERVICE, BranchState.STAFFED, BranchState.CLOSED
CLOSED_WEEK = Schedule("Europe/Stockholm", ((),) * 7)

# Nights on which a wall clock jumps: at 02 and 03, at midnight, over midnight, by half an hour, by a whole day.
JUMPS = [
    ("Europe/Stockholm", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Stockholm", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Europe/Stockholm", datetime(2031, 10, 26, 1, tzinfo=UTC)),
    ("Europe/Helsinki", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ("Atlantic/Azores", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Atlantic/Azores", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 10, 29, 21, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 1, 1, 18, 15, tzinfo=UTC)),
]

_NIGHT = st.integers(0, 240) | st.integers(1380, 1440)
_CUTS = st.lists(_NIGHT | st.integers(0, 1440), max_size=8, unique=True).map(sorted)


@st.composite
def days(draw: st.DrawFn) -> tuple[Interval, ...]:
    cuts = draw(_CUTS)
    kinds = draw(st.lists(st.sampled_from([OPEN, STAFFED, CLOSED]), min_size=8, max_size=8))
    pieces = zip(cuts, cuts[1:], kinds, strict=False)
    return tuple(Interval(start, end, kind) for start, end, kind in pieces if kind is not CLOSED)


def schedules(zone: str) -> st.SearchStrategy[Schedule]:
    return st.tuples(*[days()] * 7).map(lambda weekly: Schedule(zone, weekly))


def minute_scan(schedule: Schedule, start: datetime, minutes: int) -> list[BranchState]:
    """What a watchman with a wall clock would write down every minute."""
    week = [[CLOSED] * 1440 for _ in range(7)]
    for day, intervals in zip(week, schedule.weekly, strict=True):
        for interval in intervals:
            day[interval.start : interval.end] = [interval.state] * (interval.end - interval.start)
    zone = ZoneInfo(schedule.zone)
    walls = ((start + number * MINUTE).astimezone(zone) for number in range(minutes))
    return [week[wall.weekday()][wall.hour * 60 + wall.minute] for wall in walls]


Seen = tuple[datetime, datetime, BranchState]


def plain(span: Span) -> Seen:
    assert str(span.rule) == "week"
    return span.start, span.end, span.state


def joined(seen: list[BranchState], start: datetime) -> list[Seen]:
    found, begun = [], start
    for state, group in groupby(seen):
        end = begun + len(list(group)) * MINUTE
        found.append((begun, end, state))
        begun = end
    return found


@pytest.mark.parametrize(("zone", "jump"), JUMPS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_hours_are_what_a_watchman_sees_every_minute(zone: str, jump: datetime, data: st.DataObject) -> None:
    schedule = data.draw(schedules(zone))
    start = jump - data.draw(st.integers(1, 30)) * timedelta(hours=1)
    seen = minute_scan(schedule, start, 36 * 60)

    assert [plain(span) for span in Hours(schedule).spans(start, start + timedelta(hours=36))] == joined(seen, start)
    assert all(Hours(schedule).state_at(start + number * MINUTE).state is seen[number] for number in range(0, 2160, 7))


@pytest.mark.parametrize(("zone", "jump"), JUMPS[::3])
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_what_comes_next_is_what_a_watchman_sees_next(zone: str, jump: datetime, data: st.DataObject) -> None:
    schedule = data.draw(schedules(zone))
    start = jump - data.draw(st.integers(0, 48 * 60)) * MINUTE
    seen = joined(minute_scan(schedule, start, 8 * 1440), start)
    wanted = data.draw(st.sampled_from([frozenset({OPEN}), frozenset({OPEN, STAFFED}), frozenset({CLOSED})]))

    change = Hours(schedule).next_change(start, EIGHT_DAYS)
    assert (None if change is None else plain(change)) == (seen[1] if len(seen) > 1 else None)
    assert Hours(schedule).next_opening(start, wanted, EIGHT_DAYS) == next(
        (start for start, _, state in seen if state in wanted), None
    )


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


@pytest.mark.parametrize(("start", "end"), [(600, 600), (600, 599), (-1, 60), (0, 1441), (1440, 1500)])
def test_an_interval_begins_in_its_day_and_has_a_length(start: int, end: int) -> None:
    with pytest.raises(ScheduleError, match="begins within 00:00–23:59, ends later"):
        Interval(start, end, OPEN)


def test_closed_is_what_is_not_listed() -> None:
    with pytest.raises(ScheduleError, match="06:00–07:30: closed; an interval is staffed or self_service"):
        Interval(360, 450, CLOSED)


def test_intervals_of_one_state_do_not_overlap() -> None:
    day = (Interval(360, 600, OPEN), Interval(599, 700, OPEN))

    with pytest.raises(ScheduleError, match="09:59 lies within 06:00–10:00"):
        Schedule("Europe/Stockholm", ((), day, *((),) * 5))


@pytest.mark.parametrize("count", [0, 6, 8])
def test_a_week_has_seven_days(count: int) -> None:
    with pytest.raises(ScheduleError, match="seven days"):
        Schedule("Europe/Stockholm", ((),) * count)


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Västerås", "../etc/passwd", "/etc/localtime", "CET+99"])
def test_a_zone_nobody_knows_is_a_schedule_that_cannot_be_meant(zone: str) -> None:
    with pytest.raises(ScheduleError, match="no time zone"):
        Schedule(zone, ((),) * 7)
