"""What the doors will do if a change is saved, beside what they do now: branch by branch and day by day. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from meroppet.rules.exceptions import ExceptionDay, ScheduleException
from meroppet.rules.hours import Hours
from server.schedules.calendar_days import DAY, Bar, DayHours, day_hours

DAYS_SHOWN = 21
MOST_DAYS = 800
"""Days looked at for what changes: two years of a list of deviating days."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A branch on a day, before and after."""

    before: DayHours
    after: DayHours

    @property
    def day(self) -> date:
        """Which one."""
        return self.after.day

    @property
    def is_changed(self) -> bool:
        """Whether the doors will do otherwise than they do now."""
        return self.before.bars != self.after.bars


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch's days in the chart."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Branches that a day, or each of some days in a row, treats alike, before and after."""

    day: date
    last: date
    before: DayHours
    after: DayHours
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A branch by name, and its hours without and with the change."""

    name: str
    before: Hours
    after: Hours


@dataclass(frozen=True, slots=True)
class Preview:
    """The chart, and every change, whether the chart shows its day or not."""

    days: tuple[date, ...]
    rows: tuple[BranchRow, ...]
    changes: tuple[Change, ...]

    @property
    def changed_branches(self) -> int:
        """How many branches anything changes for."""
        return len({name for change in self.changes for name in change.branches})


def affected(exceptions: Iterable[ScheduleException]) -> tuple[date, ...]:
    """The days that exceptions speak of, and those after them, into which hours may reach; at most MOST_DAYS."""
    found: set[date] = set()
    for exception in exceptions:
        for days in exception.days:
            found.update(
                night for day in _covered(exception, days) for night in (day, day if day == date.max else day + DAY)
            )
    return tuple(sorted(found)[:MOST_DAYS])


def _covered(exception: ScheduleException, days: ExceptionDay) -> Iterator[date]:
    first = max(days.first, exception.valid_from or days.first)
    last = min(days.last, exception.valid_until or days.last)
    for number in range(first.toordinal(), min(last.toordinal(), first.toordinal() + MOST_DAYS) + 1):
        if date.fromordinal(number).weekday() in days.weekdays:
            yield date.fromordinal(number)


def chart_from(days: Sequence[date], today: date) -> date:
    """The Monday with which a chart begins: the week of the first day concerned that is not over."""
    first = next((day for day in days if day >= today), days[0] if days else today)
    return first - timedelta(days=first.weekday())


def preview(branches: Sequence[Comparison], concerned: Sequence[date], monday: date, most: int) -> Preview:
    """The chart of three weeks from a Monday, of `most` branches, and what changes for all on the days concerned."""
    shown = tuple(monday + timedelta(days=number) for number in range(DAYS_SHOWN))
    rows = tuple(BranchRow(found.name, tuple(_cell(found, day) for day in shown)) for found in branches[:most])
    return Preview(shown, rows, tuple(_changes(branches, concerned)))


def _cell(branch: Comparison, day: date) -> Cell:
    return Cell(day_hours(branch.before, day), day_hours(branch.after, day))


def _changes(branches: Sequence[Comparison], days: Sequence[date]) -> Iterator[Change]:
    """By day; a day on which all is as on the day before is told with it."""
    run: list[Change] = []
    for day in days:
        found = list(_of_day(branches, day))
        if run and found and run[0].last + DAY == day and _told(found) == _told(run):
            run = [replace(change, last=day) for change in run]
            continue
        yield from run
        run = found
    yield from run


def _told(changes: Sequence[Change]) -> list[tuple[tuple[Bar, ...], tuple[Bar, ...], tuple[str, ...]]]:
    return [(change.before.bars, change.after.bars, change.branches) for change in changes]


def _of_day(branches: Sequence[Comparison], day: date) -> Iterator[Change]:
    alike: dict[tuple[DayHours, DayHours], list[str]] = {}
    for branch in branches:
        cell = _cell(branch, day)
        if cell.is_changed:
            alike.setdefault((cell.before, cell.after), []).append(branch.name)
    for (before, after), names in alike.items():
        yield Change(day, day, before, after, tuple(names))
