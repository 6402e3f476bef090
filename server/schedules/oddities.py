"""What staff should look at twice before they save hours: nothing here is forbidden. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    Maintenance,
    MoreHours,
    NotAfter,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import MINUTES_A_DAY, Window
from meroppet.rules.schedule import Schedule
from server.schedules.calendar_days import midnight

LOOK_AHEAD = 28
"""Days of a pattern that are looked at: each weekday four times."""
A_YEAR = 366
MOST_DAYS = 60
"""Days of one exception that are looked at."""
FEW_HOLIDAYS = 3
"""Holidays without a rule that are told one by one; of more the next is told for all."""


class OddityKind(StrEnum):
    """What is odd."""

    PAST = "past"
    BEYOND_KNOWN = "beyond_known"
    CHANGES_NOTHING = "changes_nothing"
    CONTRADICTS = "contradicts"
    CLOSED_WHILE_STAFFED = "closed_while_staffed"
    STAFFED_BEYOND_HOST = "staffed_beyond_host"
    LONG_DAY = "long_day"
    SHORT_DAY = "short_day"
    HOLIDAY_WITHOUT_RULE = "holiday_without_rule"
    HOLIDAYS_WITHOUT_RULE = "holidays_without_rule"
    NEVER_OPEN = "never_open"


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing to look at twice.

    `day` is the (first) local day, `start` and `end` minutes on its wall clock; `subject` is an exception's title (or
    id), a holiday's key, or empty; `other` the title (or id) of the exception that it contradicts.
    """

    kind: OddityKind
    day: date | None = None
    start: int | None = None
    end: int | None = None
    subject: str = ""
    other: str = ""


def oddities(before: Schedule | None, after: Schedule, today: date) -> list[Oddity]:
    """What is odd in `after` and was not in `before`, by day; `today` is local. Both are whole schedules."""
    changed = [own for own in after.exceptions if before is None or own not in before.exceptions]
    found = [*_of_exceptions(after, changed, today)]
    if before is None or _pattern(before) != _pattern(after):
        known = set(_of_pattern(before, today)) if before else set()
        found += _few([oddity for oddity in _of_pattern(after, today) if oddity not in known or _stays(oddity, after)])
    return sorted(dict.fromkeys(found), key=lambda oddity: (oddity.day or date.min, oddity.kind, oddity.start or 0))


def _stays(oddity: Oddity, after: Schedule) -> bool:
    """Whether it is told anew each time: nobody has thought of holidays here yet."""
    return oddity.kind is OddityKind.HOLIDAY_WITHOUT_RULE and not after.holiday_rules


def _few(found: list[Oddity]) -> list[Oddity]:
    """The same with one for all holidays where there are many of them: the next."""
    holidays = [oddity for oddity in found if oddity.kind is OddityKind.HOLIDAY_WITHOUT_RULE]
    if len(holidays) <= FEW_HOLIDAYS:
        return found
    others = [oddity for oddity in found if oddity.kind is not OddityKind.HOLIDAY_WITHOUT_RULE]
    return [*others, replace(holidays[0], kind=OddityKind.HOLIDAYS_WITHOUT_RULE)]


def _pattern(schedule: Schedule) -> Schedule:
    return replace(schedule, exceptions=(), orders=())


# --- Exceptions ----------------------------------------------------------------------------------------------------


def _of_exceptions(after: Schedule, changed: list[ScheduleException], today: date) -> Iterator[Oddity]:
    hours = Hours(after)
    for exception in changed:
        days = list(_days(exception))
        coming = [day for day in days if day >= today][:MOST_DAYS]
        if days and not coming:
            yield Oddity(OddityKind.PAST, days[-1], subject=_name(exception))
            continue
        if after.known_until is not None and days and days[-1] > after.known_until:
            yield Oddity(OddityKind.BEYOND_KNOWN, days[-1], subject=_name(exception))
        other = _without(after, exception)
        if not _differs(hours, other, coming):
            yield Oddity(OddityKind.CHANGES_NOTHING, coming[0] if coming else None, subject=_name(exception))
        yield from _contradictions(after, exception, coming)
        yield from _closed_while_staffed(after, hours, coming)
        nights = {night for day in coming for night in (day, day + timedelta(days=1))}
        turned = set(_clock_changes(other, nights))
        yield from (odd for odd in _clock_changes(hours, nights) if odd not in turned)


def _name(exception: ScheduleException) -> str:
    return exception.title or exception.id


def _days(exception: ScheduleException) -> Iterator[date]:
    """The days of which it says something, in order, ten years at most."""
    first = min(days.first for days in exception.days)
    last = max(days.last for days in exception.days)
    for step in range(min((last - first).days, 10 * A_YEAR) + 1):
        day = first + timedelta(days=step)
        if exception.on(day):
            yield day


def _without(schedule: Schedule, exception: ScheduleException) -> Hours:
    return Hours(replace(schedule, exceptions=tuple(own for own in schedule.exceptions if own != exception)))


def _differs(hours: Hours, other: Hours, days: Iterable[date]) -> bool:
    # The night after belongs to it: hours over midnight are the day's on which they begin.
    return any(_states(hours, day) != _states(other, day) for day in days)


def _states(hours: Hours, day: date) -> list[tuple[datetime, BranchState, bool]]:
    start = midnight(hours, day)
    spans = hours.spans(start, midnight(hours, day + timedelta(days=2)))
    found: list[tuple[datetime, BranchState, bool]] = []
    for span in spans:
        if not found or found[-1][1:] != (span.state, span.answer.listed_only):
            found.append((span.start, span.state, span.answer.listed_only))
    return found


def _contradictions(after: Schedule, exception: ScheduleException, days: list[date]) -> Iterator[Oddity]:
    for other in after.exceptions:
        if other == exception:
            continue
        day = next((day for day in days if _contradict(exception, other, day)), None)
        if day is not None:
            yield Oddity(OddityKind.CONTRADICTS, day, subject=_name(exception), other=_name(other))


def _contradict(one: ScheduleException, two: ScheduleException, day: date) -> bool:
    pairs = [(mine, theirs) for mine in one.on(day) for theirs in two.on(day)]
    if one.level is two.level and any(
        isinstance(mine, OtherHours) and isinstance(theirs, OtherHours) and mine != theirs for mine, theirs in pairs
    ):
        return True
    return any(_closes(mine, theirs) or _closes(theirs, mine) for mine, theirs in pairs)


def _closes(restriction: Content, opening: Content) -> bool:
    """Whether one takes away what the other gives."""
    cut = _cut(restriction)
    return cut is not None and any(window.start < cut.end and cut.start < window.end for window in _given(opening))


def _cut(content: Content) -> Window | None:
    match content:
        case Closed(window) | Maintenance(window):
            return window
        case NotBefore(minute):
            return Window(0, minute)
        case NotAfter(minute):
            return Window(minute, MINUTES_A_DAY)
        case _:
            return None


def _given(content: Content) -> list[Window]:
    match content:
        case MoreHours(intervals):
            return [Window(interval.start, interval.end) for interval in intervals]
        case Event(window, _):
            return [window]
        case _:
            # Other hours say what the day is at most; what closes a part of it is the finer word.
            return []


def _closed_while_staffed(after: Schedule, hours: Hours, days: list[date]) -> Iterator[Oddity]:
    """Staff are there, before or after, and the doors closed in between: as a rule somebody forgot them."""
    meant = Hours(_unrestricted(after))
    for day in days:
        cut, kept = _staffed(meant, hours, day)
        if kept:
            for start, end in cut:
                yield Oddity(OddityKind.CLOSED_WHILE_STAFFED, day, start, end)


def _unrestricted(schedule: Schedule) -> Schedule:
    exceptions = (_openings(exception) for exception in schedule.exceptions)
    return replace(schedule, exceptions=tuple(own for own in exceptions if own), orders=(), host=None)


def _openings(exception: ScheduleException) -> ScheduleException | None:
    kept = []
    for days in exception.days:
        contents = tuple(content for content in days.contents if isinstance(content, OtherHours | MoreHours | Event))
        if contents:
            kept.append(replace(days, contents=contents))
    return replace(exception, days=tuple(kept)) if kept else None


def _staffed(meant: Hours, hours: Hours, day: date) -> tuple[list[tuple[int, int]], bool]:
    """Where the day is meant to be staffed and is not open; and whether any of its staffed hours are left."""
    cut: list[tuple[int, int]] = []
    kept = False
    for span in meant.spans(midnight(meant, day), midnight(meant, day + timedelta(days=1))):
        if span.state is not BranchState.STAFFED:
            continue
        for real in hours.spans(span.start, span.end):
            if real.state in OPEN:
                kept = True
            else:
                cut.append((_minute(hours, real.start, day), _minute(hours, real.end, day)))
    return cut, kept


def _minute(hours: Hours, moment: datetime, day: date) -> int:
    local = moment.astimezone(hours.zone)
    return (local.date() - day).days * MINUTES_A_DAY + local.hour * 60 + local.minute


# --- Patterns ------------------------------------------------------------------------------------------------------


def _of_pattern(schedule: Schedule, today: date) -> Iterator[Oddity]:
    plain = _pattern(schedule)
    hours = Hours(plain)
    yield from _clock_changes(hours, (today + timedelta(days=step) for step in range(A_YEAR)))
    yield from _holidays(plain, hours, today)
    yield from _beyond_host(plain, hours, today)
    ahead = hours.spans(midnight(hours, today), midnight(hours, today + timedelta(days=LOOK_AHEAD)))
    if not any(span.state in OPEN for span in ahead):
        yield Oddity(OddityKind.NEVER_OPEN)


def _clock_changes(hours: Hours, days: Iterable[date]) -> Iterator[Oddity]:
    """Nights in which the clock is turned while the branch is open: it is so an hour longer, or shorter."""
    for day in days:
        start, end = midnight(hours, day), midnight(hours, day + timedelta(days=1))
        turned = (end.utcoffset() or timedelta()) - (start.utcoffset() or timedelta())
        if turned and hours.state_at(_turn(start, end)).state in OPEN:
            yield Oddity(OddityKind.SHORT_DAY if turned > timedelta() else OddityKind.LONG_DAY, day)


def _turn(start: datetime, end: datetime) -> datetime:
    """The moment at which the clock is turned, between two midnights."""
    zone, offset = start.tzinfo, start.utcoffset()
    first, last = start.timestamp(), end.timestamp()
    while last - first > 1:
        middle = (first + last) // 2
        same = datetime.fromtimestamp(middle, zone).utcoffset() == offset
        first, last = (middle, last) if same else (first, middle)
    return datetime.fromtimestamp(last, zone)


def _holidays(schedule: Schedule, hours: Hours, today: date) -> Iterator[Oddity]:
    """The next day of each holiday on which the branch is open although nobody has said what it does then."""
    ruled = {rule.key for rule in schedule.holiday_rules}
    told: set[str] = set()
    for holiday in sorted(schedule.holidays):
        if holiday.day < today or holiday.key in ruled or holiday.key in told:
            continue
        told.add(holiday.key)
        start, end = midnight(hours, holiday.day), midnight(hours, holiday.day + timedelta(days=1))
        if any(span.state in OPEN for span in hours.spans(start, end)):
            yield Oddity(OddityKind.HOLIDAY_WITHOUT_RULE, holiday.day, subject=holiday.key)


def _beyond_host(schedule: Schedule, hours: Hours, today: date) -> Iterator[Oddity]:
    """Staffed hours in which the building is shut: once a weekday. Self-service may follow the building unsaid."""
    if schedule.host is None:
        return
    meant, told = Hours(replace(schedule, host=None)), set[tuple[int, int, int]]()
    for day in (today + timedelta(days=step) for step in range(LOOK_AHEAD)):
        for start, end in _staffed(meant, hours, day)[0]:
            if (day.weekday(), start, end) not in told:
                told.add((day.weekday(), start, end))
                yield Oddity(OddityKind.STAFFED_BEYOND_HOST, day, start, end, schedule.host.name)
