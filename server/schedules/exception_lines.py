"""What an exception says, line by line, for lists and histories; the words are the form's own. Pure."""

from dataclasses import dataclass
from datetime import date

from meroppet.rules.exceptions import ScheduleException
from server.schedules.calendar_forms import Row, from_exception


@dataclass(frozen=True, slots=True)
class Line:
    """Days, the weekdays among them (empty: all), and what is said of them, as the form has it."""

    first: date
    last: date
    weekdays: tuple[int, ...]
    row: Row


def lines_of(exception: ScheduleException) -> tuple[Line, ...]:
    """The lines in the order in which they hold."""
    days = [found for found in exception.days for _ in found.contents]
    return tuple(
        Line(found.first, found.last, _some(found.weekdays), row)
        for found, row in zip(days, from_exception(exception).rows, strict=True)
    )


def _some(weekdays: frozenset[int]) -> tuple[int, ...]:
    return () if len(weekdays) == 7 else tuple(sorted(weekdays))
