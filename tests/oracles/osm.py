"""A schedule in the words of OpenStreetMap's opening_hours, for a reader of that format that is not ours.

Sayable: a week, staffed hours over self-service ones (as comments), seasons, public holidays that are closed or, where
all days are alike, shorter or self-service only, other hours or none on dates, hours over midnight in a week by itself.

Not sayable: restrictions that intersect (not before, not after, no self-service, a host building), levels and which
rule won, events and their lists, maintenance, orders. The reader cuts hours over midnight where the next day has a rule
of its own, and of an hour that daylight saving repeats it opens in one only, so it is asked for wall-clock time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import pairwise

from opening_hours import OpeningHours, State

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, OtherHours, ScheduleException
from meroppet.rules.intervals import Day, Interval, wall
from meroppet.rules.schedule import HolidayRule, Schedule, Season, Treatment

ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Reader:
    """What the library says of a schedule between two wall-clock times."""

    def __init__(self, schedule: Schedule, start: datetime, end: datetime) -> None:
        self.text = "; ".join(sentences(schedule))
        said = OpeningHours(self.text, country="SE").intervals(start, end)
        found = [(begins, comment if state is State.OPEN else "closed") for begins, _, state, comment in said]
        self.starts = [begins for begins, _ in found]
        self._states = [BranchState(state) for _, state in found]

    def at(self, moment: datetime) -> BranchState:
        """The state when the clock on the wall shows this."""
        return self._states[bisect_right(self.starts, moment) - 1]


def sentences(schedule: Schedule) -> Iterator[str]:
    """The rules, the weakest first: a later one replaces the days it is about."""
    # With commas, or a day with hours of its own would cut those of the night before; staff last, to lie over them.
    said = [text for weekday, day in enumerate(schedule.weekly) for text in _parts(DAYS[weekday], day)]
    yield ", ".join(sorted(said, key=lambda text: STAFFED in text)) or "off"
    for season in schedule.seasons:
        yield from _season(season)
    # One rule stands for all of them: the format knows no holiday by name.
    for rule in schedule.holiday_rules[:1]:
        yield from _holidays(rule, schedule.weekly[0])
    for exception in schedule.exceptions:
        yield from _exception(exception)


def _season(season: Season) -> Iterator[str]:
    stretch = "-".join(f"{MONTHS[month - 1]} {day:02}" for month, day in (season.first, season.last))
    yield f"{stretch} off"
    for weekday, day in enumerate(season.weekly):
        yield from _on(f"{stretch} {DAYS[weekday]}", day)


def _holidays(rule: HolidayRule, usual: Day) -> Iterator[str]:
    if rule.treatment is Treatment.AS_USUAL:
        return
    yield "PH off"
    if rule.treatment is not Treatment.CLOSED:
        yield from _on("PH", tuple(_treated(rule, usual)))


def _treated(rule: HolidayRule, usual: Day) -> Iterator[Interval]:
    for interval in usual:
        window = rule.window or interval
        start, end = max(interval.start, window.start), min(interval.end, window.end)
        state = ALONE if rule.treatment is Treatment.SELF_SERVICE_ONLY else interval.state
        if start < end:
            yield Interval(start, end, state)


def _exception(exception: ScheduleException) -> Iterator[str]:
    for days in exception.days:
        stretch = f"{_date(days.first)}-{_date(days.last)}" if days.first != days.last else _date(days.first)
        for content in days.contents:
            yield f"{stretch} off"
            if isinstance(content, OtherHours):
                yield from _on(stretch, content.intervals)
            else:
                assert content == Closed(), "the format cannot say it"


def _date(day: date) -> str:
    return f"{day.year} {MONTHS[day.month - 1]} {day.day:02}"


def _on(when: str, day: Day) -> Iterator[str]:
    parts = _parts(when, day)
    if parts:
        yield ", ".join(parts)


def _parts(when: str, day: Day) -> list[str]:
    """Self-service hours where there are no staff, and staffed ones."""
    return [
        f'{when} {",".join(f"{wall(start)}-{wall(end)}" for start, end in stretches)} "{state}"'
        for state, stretches in ((ALONE, _runs(day, ALONE)), (STAFFED, _runs(day, STAFFED)))
        if stretches
    ]


def _runs(day: Day, wanted: BranchState) -> list[tuple[int, int]]:
    edges = sorted({edge for interval in day for edge in (interval.start, interval.end)})
    return [(start, end) for start, end in pairwise(edges) if _state(day, start) is wanted]


def _state(day: Iterable[Interval], minute: int) -> BranchState:
    found = {interval.state for interval in day if interval.start <= minute < interval.end}
    return STAFFED if STAFFED in found else ALONE if ALONE in found else BranchState.CLOSED
