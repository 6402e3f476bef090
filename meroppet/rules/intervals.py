"""Stretches of a day and weeks of them, in minutes after local midnight on the wall clock; values only.

A stretch over midnight ends after 1440 and belongs to the day on which it begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from meroppet.rules.branch import BranchState

MINUTES_A_DAY = 24 * 60
WEEKDAYS = range(7)
"""Monday is 0."""


class ScheduleError(ValueError):
    """A schedule that contradicts itself; the text names the place, the value and what is allowed."""


def wall(minute: int) -> str:
    """A minute of the day as 06:00; 24:00 is a day's end, 26:00 two hours into the next."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open stretch [start, end) of a day, at most a day long: 22:00–02:00 is (1320, 1560)."""

    start: int = 0
    end: int = MINUTES_A_DAY

    def __post_init__(self) -> None:
        if not 0 <= self.start < MINUTES_A_DAY or not self.start < self.end <= self.start + MINUTES_A_DAY:
            raise ScheduleError(
                f"{wall(self.start)}–{wall(self.end)}: it begins within 00:00–23:59, ends later, lasts a day at most"
            )


ALL_DAY = Window()


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A window in which a branch is staffed or self-service: 06:00–22:00 is (360, 1320).

    Staffed may lie over self-service and wins there; what no interval covers is closed.
    """

    start: int
    end: int
    state: BranchState

    def __post_init__(self) -> None:
        Window(self.start, self.end)
        if self.state not in {BranchState.STAFFED, BranchState.SELF_SERVICE}:
            raise ScheduleError(
                f"{wall(self.start)}–{wall(self.end)}: {self.state}; an interval is staffed or self_service, "
                "and what is not listed is closed"
            )


Day = tuple[Interval, ...]
Week = tuple[Day, ...]

DEFAULT_WEEK: Week = ((Interval(6 * 60, 22 * 60, BranchState.SELF_SERVICE),),) * 7
"""What a branch has that has said nothing else."""


def require_apart(windows: Iterable[Window | Interval], where: str) -> None:
    """Raise ScheduleError where two of the windows overlap; `where` is named in the sentence."""
    for before, after in pairwise(sorted(windows)):
        if after.start < before.end:
            raise ScheduleError(
                f"{where}: {wall(after.start)} lies within {wall(before.start)}–{wall(before.end)}; "
                "begin later or end that one earlier"
            )


def require_day(day: Day, where: str) -> None:
    """Raise ScheduleError where two intervals of one state overlap; staffed may lie over self-service."""
    for state in (BranchState.STAFFED, BranchState.SELF_SERVICE):
        require_apart((interval for interval in day if interval.state is state), where)


def require_week(week: Week, where: str) -> None:
    """Raise ScheduleError unless the week has seven days, in none of which two intervals of a state overlap."""
    if len(week) != len(WEEKDAYS):
        raise ScheduleError(f"{where}: a week has seven days, not {len(week)}")
    for day in week:
        require_day(day, where)


def require_in_order(first: date | None, last: date | None, where: str) -> None:
    """Raise ScheduleError where both are known and `last` is the earlier."""
    if first is not None and last is not None and last < first:
        raise ScheduleError(f"{where}: ends on {last}, before it begins on {first}")
