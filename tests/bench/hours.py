"""What asking a branch's hours costs, beside a library written in Rust for OpenStreetMap's opening_hours."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours

from meroppet.rules.exceptions import Closed, Content, ExceptionDay, Level, OtherHours, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.schedule import HolidayRule, Schedule, Season, Treatment
from tests.bench.figures import Figure, percentile
from tests.oracles.osm import sentences
from tests.oracles.swedish_branch import SUMMER, SWEDISH_BRANCH, WEEKDAY, public_holidays

YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
MOMENTS = 20_000
YEARS = 40
LIBRARY = "opening-hours-py"


def figures() -> list[Figure]:
    """The state at a moment, and a year of spans of a schedule nobody has asked yet."""
    schedule = sayable()
    zone = ZoneInfo(schedule.zone)
    hours, theirs = Hours(schedule), OpeningHours("; ".join(sentences(schedule)), country="SE", timezone=zone)
    moments = [YEAR[0].astimezone(zone) + timedelta(minutes=26 * number) for number in range(MOMENTS)]
    walls = [moment.replace(tzinfo=None) for moment in moments]
    list(hours.spans(*YEAR))
    ours = percentile([_microseconds(partial(hours.state_at, moment)) for moment in moments], 50)
    library = percentile([_microseconds(partial(theirs.state, wall)) for wall in walls[::10]], 50)
    intervals = percentile([_worked(lambda: list(theirs.intervals(walls[0], walls[-1]))) for _ in range(5)], 50)
    plain, everything = (_cold_year(written) for written in (schedule, SWEDISH_BRANCH))
    return [
        Figure("the state of a branch at a moment, p50", ours, "µs", 5.0, library, f"{LIBRARY}'s state"),
        Figure("a year of spans, worked out anew, p50", plain, "ms", 10.0, intervals, f"{LIBRARY}'s intervals"),
        Figure("the same where everything is used, p50", everything, "ms", 20.0, plain, "the plainer year"),
    ]


def sayable() -> Schedule:
    """A branch with as much as both can say: a week, a summer, closed holidays, twenty dated exceptions."""
    contents: tuple[tuple[Content, ...], ...] = ((Closed(),), (OtherHours(SUMMER[0]),))
    dates = [date(2026, 1, 8) + number * timedelta(days=17) for number in range(20)]
    days = [ExceptionDay(first=day, last=day, contents=contents[number % 2]) for number, day in enumerate(dates)]
    return Schedule(
        "Europe/Stockholm",
        (WEEKDAY,) * 5 + (SUMMER[0],) * 2,
        seasons=(Season(id="summer", name="", first=(6, 15), last=(8, 15), weekly=SUMMER),),
        holiday_rules=tuple(
            HolidayRule(key=key, treatment=Treatment.CLOSED) for key in sorted({day.key for day in public_holidays()})
        ),
        holidays=public_holidays(),
        exceptions=tuple(ScheduleException(id=str(day.first), level=Level.BRANCH, days=(day,)) for day in days),
    )


def _cold_year(schedule: Schedule) -> float:
    return percentile([_worked(lambda: list(Hours(schedule).spans(*YEAR))) for _ in range(YEARS)], 50)


def _worked(ask: Callable[[], object]) -> float:
    """Milliseconds of the processor: what takes long is interrupted by whatever else the machine does."""
    begun = time.thread_time_ns()
    ask()
    return (time.thread_time_ns() - begun) / 1_000_000


def _microseconds(ask: Callable[[], object]) -> float:
    begun = time.perf_counter_ns()
    ask()
    return (time.perf_counter_ns() - begun) / 1000
