"""Exceptions as a list: which come next, which are over, which are drafts. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from meroppet.rules.exceptions import ExceptionDay, ScheduleException
from server.schedules.exceptions import ExceptionView

_FAR = date.max


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list. `next_day`: the first day from today on of which it says something; None: it is over."""

    view: ExceptionView
    next_day: date | None
    may_change: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """The list's parts, each in the order in which staff look for them."""

    drafts: tuple[Entry, ...]
    coming: tuple[Entry, ...]
    over: tuple[Entry, ...]


def next_day(exception: ScheduleException, today: date) -> date | None:
    """The first day from today on of which the exception says something, or None."""
    found = [day for days in exception.days if (day := _next_of(exception, days, today)) is not None]
    return min(found, default=None)


def _next_of(exception: ScheduleException, days: ExceptionDay, today: date) -> date | None:
    first = max(today, days.first, exception.valid_from or days.first)
    last = min(days.last, exception.valid_until or days.last)
    # Of eight days in a row one is on every weekday.
    for number in range(first.toordinal(), min(last.toordinal(), first.toordinal() + 7) + 1):
        if date.fromordinal(number).weekday() in days.weekdays:
            return date.fromordinal(number)
    return None


def listed(views: Iterable[ExceptionView], today: date, decides: Sequence[str]) -> Listed:
    """The list on a day; `decides` are the ids of the places where its reader may change something."""
    entries = [Entry(view, next_day(view.exception, today), view.target.id in decides) for view in views]
    return Listed(
        drafts=tuple(sorted((entry for entry in entries if entry.view.is_draft), key=_coming)),
        coming=tuple(sorted((entry for entry in entries if _is_coming(entry)), key=_coming)),
        over=tuple(
            sorted(
                (entry for entry in entries if not entry.view.is_draft and entry.next_day is None),
                key=_last_day,
                reverse=True,
            )
        ),
    )


def _is_coming(entry: Entry) -> bool:
    return entry.next_day is not None and not entry.view.is_draft


def _coming(entry: Entry) -> tuple[date, str, str]:
    return entry.next_day or _FAR, entry.view.exception.title, entry.view.id


def _last_day(entry: Entry) -> tuple[date, str]:
    return max(days.last for days in entry.view.exception.days), entry.view.id
