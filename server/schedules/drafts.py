"""A week as it stands in a form, half written: reading it, what makes no sense in it, editing by buttons. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import Day, Interval, Window
from meroppet.rules.intervals import Week as RulesWeek
from server.schedules.written import Complaint, Wrong, clock, misread, stretch

DAYS = range(7)
MOST_A_DAY = 8
"""Lines that the form's button gives a day. A week that came otherwise may have more, and keeps them."""
_FIELD = re.compile(r"(start|end|state)-([0-6])-([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class Line:
    """One interval as written."""

    start: str = ""
    end: str = ""
    state: str = BranchState.SELF_SERVICE.value

    @property
    def goes_on(self) -> bool:
        """Whether it ends after midnight, on the next day."""
        read = stretch(self.start, self.end)
        return not isinstance(read, Wrong) and read[1] > 24 * 60


Week = tuple[tuple[Line, ...], ...]


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


def from_week(week: RulesWeek) -> Draft:
    """The week as it is now."""
    return Draft(tuple(tuple(_line(interval) for interval in day) for day in week))


def _line(interval: Interval) -> Line:
    return Line(clock(interval.start), clock(interval.end), interval.state.value)


def from_windows(weekly: tuple[tuple[Window, ...], ...]) -> Draft:
    """A week that only says when it is open, such as a host building's."""
    return Draft(tuple(tuple(Line(clock(window.start), clock(window.end)) for window in day) for day in weekly))


def complaints(draft: Draft) -> list[Complaint]:
    """Every line that makes no sense, as DAY-LINE counted from 0, in the order of the form."""
    return [complaint for day in DAYS for complaint in _of_day(day, draft.week[day])]


def _of_day(day: int, lines: tuple[Line, ...]) -> list[Complaint]:
    found: list[Complaint] = []
    spans: list[tuple[str, int, int, int]] = []
    for at, line in enumerate(lines):
        read = stretch(line.start, line.end)
        if isinstance(read, Wrong):
            value = misread(line.start, line.end) if read is Wrong.TIME else line.start
            found.append(Complaint(f"{day}-{at}", read, value))
        elif line.state not in {BranchState.STAFFED, BranchState.SELF_SERVICE}:
            found.append(Complaint(f"{day}-{at}", Wrong.STATE, line.state))
        else:
            spans.append((line.state, *read, at))
    return found + _overlaps(day, sorted(spans))


def _overlaps(day: int, spans: list[tuple[str, int, int, int]]) -> list[Complaint]:
    """Staffed may lie over self-service, but two of one state would say the same thing twice."""
    return [
        Complaint(f"{day}-{at}", Wrong.OVERLAP, f"{clock(start)}–{clock(end)}")
        for (before_state, _, before, _), (state, start, end, at) in pairwise(spans)
        if state == before_state and start < before
    ]


def week_in(draft: Draft) -> RulesWeek:
    """The week a draft means, each day in order. Raises ValueError where `complaints` would complain."""
    return tuple(_day(lines) for lines in draft.week)


def _day(lines: tuple[Line, ...]) -> Day:
    return tuple(sorted(Interval(*_minutes(line), BranchState(line.state)) for line in lines))


def windows_of(draft: Draft) -> tuple[tuple[Window, ...], ...]:
    """The week as stretches only. Raises ValueError where `complaints` would complain."""
    return tuple(tuple(sorted(Window(*_minutes(line)) for line in lines)) for lines in draft.week)


def _minutes(line: Line) -> tuple[int, int]:
    read = stretch(line.start, line.end)
    if isinstance(read, Wrong):
        raise ValueError(f"{line.start}–{line.end}: {read}; look at complaints first")
    return read
