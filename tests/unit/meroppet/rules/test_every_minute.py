"""Hours against a watchman who paints every minute (tests/oracles/watchman.py)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours, Span
from meroppet.rules.provenance import Answer
from tests.oracles.random_schedules import Dice
from tests.oracles.swedish_branch import SWEDISH_BRANCH
from tests.oracles.watchman import Seen, Watchman, real_midnights

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES = [number * MINUTE for number in range(1440)]

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
    ("Asia/Gaza", datetime(2026, 3, 28, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 1, 1, 18, 15, tzinfo=UTC)),
]


def by_minute(spans: Iterator[Span], first: datetime) -> Iterator[list[Answer]]:
    """The spans, a minute at a time, a day at a time."""
    strip: list[Answer] = []
    for span in spans:
        assert span.start == first + len(strip) * MINUTE
        strip += [span.answer] * ((span.end - span.start) // MINUTE)
        while len(strip) >= 1440:
            yield strip[:1440]
            strip, first = strip[1440:], first + DAY


def told(answer: Answer) -> Seen:
    return answer.state, str(answer.rule)


def watch(hours: Hours, first: date, last: date) -> list[tuple[datetime, BranchState]]:
    """Compare every minute of the days; what the watchman saw, from each minute at which the state was another."""
    watchman, seen_states = Watchman(hours.schedule), []
    midnights = list(real_midnights(first, last))
    strips = by_minute(hours.spans(midnights[0], midnights[-1] + DAY), midnights[0])
    for midnight, strip in zip(midnights, strips, strict=True):
        asked = [hours.state_at(midnight + minute) for minute in MINUTES]
        seen = watchman.minutes(midnight)
        assert asked == strip
        # Equal ones are one object on either side, so a few pairs stand for the day's 1,440.
        pairs = set(zip(map(id, asked), map(id, seen), strict=True))
        answers, sights = dict(zip(map(id, asked), asked, strict=True)), dict(zip(map(id, seen), seen, strict=True))
        assert all(told(answers[answer]) == sights[sight] for answer, sight in pairs), f"{midnight:%Y-%m-%d}"
        seen_states += [state for state, _ in seen]
    runs, at = [], 0
    for state, group in groupby(seen_states):
        runs.append((midnights[0] + at * MINUTE, state))
        at += len(list(group))
    return runs


def test_ten_years_are_what_a_watchman_sees_at_each_of_their_5_258_880_minutes() -> None:
    hours = Hours(SWEDISH_BRANCH)

    runs = watch(hours, date(2026, 1, 1), date(2035, 12, 31))

    assert len(runs) > 10_000
    for (start, state), (following, other) in pairwise(runs):
        for moment in (start, following - MINUTE):
            change = hours.next_change(moment)
            assert change is not None
            assert (change.start, change.state) == (following, other)
            assert hours.next_opening(moment, frozenset({state, other})) == moment
            assert hours.next_opening(moment, frozenset({other})) == following


@pytest.mark.parametrize(("zone", "jump"), JUMPS)
def test_any_schedule_is_what_a_watchman_sees_in_a_week_in_which_the_clock_is_turned(zone: str, jump: datetime) -> None:
    for number in range(20):
        schedule = Dice(number, jump).schedule(zone)
        runs = watch(Hours(schedule), (jump - 3 * DAY).date(), (jump + 3 * DAY).date())
        cold = Hours(schedule)
        for (start, _), (following, other) in pairwise(runs):
            change = cold.next_change(start, 8 * DAY)
            assert change is not None, number
            assert (change.start, change.state) == (following, other), number
