"""Times, hours and dates as people write them in a form, and what is wrong where they make no sense. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from meroppet.rules.intervals import MINUTES_A_DAY, Window
from meroppet.wire.written import minute_in as any_minute_in

MOST_CHARACTERS = 200
"""What is kept of anything written in a form."""

_DASH = re.compile(r"\s*[-–—]\s*")
_NEXT = re.compile(r"\s*(?:[,;]|\boch\b|\band\b)\s*")


class Wrong(StrEnum):
    """What is wrong with something written."""

    TIME = "time"
    SAME = "same"
    OVERLAP = "overlap"
    STATE = "state"
    HOURS = "hours"
    MISSING = "missing"
    DATE = "date"
    ORDER = "order"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Complaint:
    """Which field is wrong, in what way, and the value as written. `least`–`most`: what a number may be."""

    field: str
    wrong: Wrong
    value: str = ""
    least: int = 0
    most: int = 0


def clock(minute: int, separator: str = ".") -> str:
    """06.00; the end of a day is 24.00, and what lies after it is the next day's own clock."""
    shown = minute if minute <= MINUTES_A_DAY else minute - MINUTES_A_DAY
    return f"{shown // 60:02d}{separator}{shown % 60:02d}"


def minute_in(text: str) -> int | None:
    """The minute of the day as `wire.written` reads it; None if it is no time of one day. 24 is its end."""
    minute = any_minute_in(text)
    return minute if minute is not None and minute <= MINUTES_A_DAY else None


def stretch(start: str, end: str) -> tuple[int, int] | Wrong:
    """The minutes of a stretch as written; one that ends before it begins ends on the next day."""
    first, last = minute_in(start), minute_in(end)
    if first is None or last is None or first == MINUTES_A_DAY:
        return Wrong.TIME
    if last == first:
        return Wrong.SAME
    return first, last if last > first else last + MINUTES_A_DAY


def misread(start: str, end: str) -> str:
    """Of a stretch that is no time, the half that is none."""
    first = minute_in(start)
    return start if first is None or first == MINUTES_A_DAY else end


def windows_in(text: str) -> tuple[Window, ...] | Wrong:
    """The hours in `10-18, 19-21`, in order; nothing written is no hours."""
    found: list[Window] = []
    for written in _NEXT.split(text.strip()) if text.strip() else []:
        halves = _DASH.split(written)
        read = stretch(*halves) if len(halves) == 2 else Wrong.TIME
        if isinstance(read, Wrong):
            return read
        found.append(Window(*read))
    found.sort()
    return Wrong.OVERLAP if any(after.start < before.end for before, after in pairwise(found)) else tuple(found)


def hours_text(windows: tuple[Window, ...], separator: str = ".") -> str:
    """The hours as one writes them: 10.00–18.00, 19.00–21.00."""
    return ", ".join(f"{clock(window.start, separator)}–{clock(window.end, separator)}" for window in windows)


def date_in(text: str) -> date | None:
    """The date in 2027-04-05; None if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def number_in(text: str, least: int, most: int) -> int | None:
    """The whole number, or None if it is none within the bounds."""
    return int(text) if text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most else None
