"""A week as it stands in a form, half written: reading times, finding what cannot be meant, comparing. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import MINUTES_A_DAY, Interval
from meroppet.rules.schedule import Schedule

DAYS = range(7)
MOST_A_DAY = 8
_FIELD = re.compile(r"(start|end|state)-([0-6])-([0-9])")
_TIME = re.compile(r"([0-9]{1,2})(?:[.:]?([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class Line:
    """One interval as written."""

    start: str = ""
    end: str = ""
    state: str = BranchState.SELF_SERVICE.value


Week = tuple[tuple[Line, ...], ...]


class Wrong(StrEnum):
    """What cannot be meant."""

    TIME = "time"
    ORDER = "order"
    OVERLAP = "overlap"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Complaint:
    """Where something cannot be meant: day and line counted from 0, and the value as written."""

    day: int
    line: int
    wrong: Wrong
    value: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A week as written."""

    week: Week = field(default=((),) * 7)

    def edited(self, operation: str) -> "Draft":
        """After a button: add-DAY, remove-DAY-LINE or copy-DAY (to all other days); anything else changes nothing."""
        verb, _, rest = operation.partition("-")
        day, _, line = rest.partition("-")
        if not (day.isdecimal() and int(day) in DAYS):
            return self
        lines = self.week[int(day)]
        if verb == "add" and len(lines) < MOST_A_DAY:
            return self._with(int(day), (*lines, Line()))
        if verb == "remove" and line.isdecimal():
            return self._with(int(day), tuple(kept for at, kept in enumerate(lines) if at != int(line)))
        return replace(self, week=(lines,) * 7) if verb == "copy" else self

    def _with(self, day: int, lines: tuple[Line, ...]) -> "Draft":
        return replace(self, week=tuple(lines if at == day else own for at, own in enumerate(self.week)))


def from_form(form: Mapping[str, object]) -> Draft:
    """The week in a form's fields start-DAY-LINE, end-DAY-LINE and state-DAY-LINE; other fields are not looked at."""
    found: dict[tuple[int, int], dict[str, str]] = {}
    for name, value in form.items():
        matched = _FIELD.fullmatch(name)
        if matched is not None:
            found.setdefault((int(matched[2]), int(matched[3])), {})[matched[1]] = str(value).strip()[:20]
    return Draft(tuple(tuple(Line(**found[key]) for key in sorted(found) if key[0] == day) for day in DAYS))


def from_schedule(schedule: Schedule | None) -> Draft:
    """The week as it is now."""
    if schedule is None:
        return Draft()
    return Draft(tuple(tuple(_line(interval) for interval in day) for day in schedule.weekly))


def _line(interval: Interval) -> Line:
    return Line(clock(interval.start), clock(interval.end), interval.state.value)


def clock(minute: int) -> str:
    """06.00; the end of a day is 24.00."""
    return f"{minute // 60:02d}.{minute % 60:02d}"


def minute_in(text: str) -> int | None:
    """The minute of the day in 6, 06, 6.30, 06:30 or 0630; None if it is no time. 24 is a day's end."""
    matched = _TIME.fullmatch(text)
    if matched is None:
        return None
    hour, minute = int(matched[1]), int(matched[2] or 0)
    total = hour * 60 + minute
    return total if minute < 60 and total <= MINUTES_A_DAY else None


def complaints(draft: Draft) -> list[Complaint]:
    """Everything that cannot be meant, in the order of the form."""
    return [complaint for day in DAYS for complaint in _of_day(day, draft.week[day])]


def _of_day(day: int, lines: tuple[Line, ...]) -> list[Complaint]:
    found: list[Complaint] = []
    spans: list[tuple[int, int, int]] = []
    for at, line in enumerate(lines):
        start, end = minute_in(line.start), minute_in(line.end)
        if start is None or end is None:
            found.append(Complaint(day, at, Wrong.TIME, line.start if start is None else line.end))
        elif end <= start:
            found.append(Complaint(day, at, Wrong.ORDER, f"{clock(start)}–{clock(end)}"))
        elif line.state not in {BranchState.STAFFED, BranchState.SELF_SERVICE}:
            found.append(Complaint(day, at, Wrong.STATE, line.state))
        else:
            spans.append((start, end, at))
    return found + _overlaps(day, sorted(spans))


def _overlaps(day: int, spans: list[tuple[int, int, int]]) -> list[Complaint]:
    return [
        Complaint(day, at, Wrong.OVERLAP, f"{clock(start)}–{clock(end)}")
        for (_, before, _), (start, end, at) in pairwise(spans)
        if start < before
    ]


def schedule_in(draft: Draft, zone: str) -> Schedule:
    """The schedule a draft means, its days in order. Raises ScheduleError where `complaints` would complain."""
    return Schedule(zone, tuple(tuple(sorted(_interval(line) for line in day)) for day in draft.week))


def _interval(line: Line) -> Interval:
    return Interval(minute_in(line.start) or 0, minute_in(line.end) or 0, BranchState(line.state))


@dataclass(frozen=True, slots=True)
class DayChange:
    """One day's intervals before and after."""

    day: int
    before: tuple[Interval, ...]
    after: tuple[Interval, ...]


def changes(before: Schedule | None, after: Schedule) -> list[DayChange]:
    """The days that differ."""
    old = before.weekly if before else ((),) * 7
    return [DayChange(day, old[day], after.weekly[day]) for day in DAYS if old[day] != after.weekly[day]]
