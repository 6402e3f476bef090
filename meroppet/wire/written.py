"""How people write single values (times, stretches of a day, dates, names), read, and written one way."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from meroppet.rules.intervals import MINUTES_A_DAY, Window, wall
from meroppet.wire.base import Document

_TIME = re.compile(r"([0-9]{1,2})(?:[.:]?([0-9]{2}))?")
_DASH = re.compile(r"\s*[-\u2013]\s*")


def minute_in(text: str) -> int | None:
    """The minute of the day in 6, 06, 6.30, 06:30 or 0630; None if it is no time. 24 ends the day, 26 goes on."""
    matched = _TIME.fullmatch(text.strip())
    if matched is None:
        return None
    hour, minute = int(matched[1]), int(matched[2] or 0)
    total = hour * 60 + minute
    return total if minute < 60 and total <= 2 * MINUTES_A_DAY else None


def window_in(text: str) -> Window:
    """The stretch in 06:00-22:00 or, over midnight, 22:00-02:00 (22:00-26:00). Raises ValueError where there is none.

    An end that is not after its beginning is one of the next day; a stretch of a whole day is 00:00-24:00.
    """
    first, dash, last = _DASH.sub("-", text.strip()).partition("-")
    start, end = minute_in(first), minute_in(last)
    if not dash or start is None or end is None or start == end or start >= MINUTES_A_DAY:
        raise ValueError("no stretch of a day; write it like 06:00-22:00, or 22:00-02:00 over midnight")
    return Window(start, end if end > start else end + MINUTES_A_DAY)


def stretch_of(window: Window) -> str:
    """A stretch as it is written: 06:00-22:00, 22:00-02:00; one of 24 hours ends after 24: 10:00-34:00."""
    over = window.end > MINUTES_A_DAY and window.end - window.start < MINUTES_A_DAY
    return f"{wall(window.start)}-{wall(window.end - MINUTES_A_DAY if over else window.end)}"


def _time(value: object) -> object:
    if not isinstance(value, str):
        return value
    minute = minute_in(value)
    if minute is None or minute > MINUTES_A_DAY:
        raise ValueError("no time of day; write it like 06:00")
    return wall(minute)


def _stretch(value: object) -> object:
    return stretch_of(window_in(value)) if isinstance(value, str) else value


def _stretches(value: object) -> object:
    return ("00:00-24:00",) if value is True else one_or_more(value)


def _only_iso(value: object) -> object:
    # Without this a bare number is taken for seconds since 1970.
    if isinstance(value, date) or (isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value)):
        return value
    raise ValueError("no date; write it like 2025-04-07")


def one_or_more(value: object) -> object:
    """A text alone is a list of one."""
    return (value,) if isinstance(value, str) else value


def _shaped(pattern: str, remedy: str) -> AfterValidator:
    """Refuses a text that is not of this pattern with a sentence people can act on."""
    wanted = re.compile(pattern, re.ASCII)

    def checked(text: str) -> str:
        if not wanted.fullmatch(text):
            raise ValueError(remedy)
        return text

    return AfterValidator(checked)


Time = Annotated[str, BeforeValidator(_time), Field(description="a time of day such as '06:00'")]
Stretch = Annotated[str, BeforeValidator(_stretch), Field(description="a stretch of a day such as '06:00-22:00'")]
MOST_PARTS = 96
"""Of one day in one list, a quarter of an hour each: what takes longer to work out than a door may take to look."""
Stretches = Annotated[
    tuple[Stretch, ...], Field(max_length=MOST_PARTS, description="stretches of a day such as ['06:00-22:00']")
]
Parts = Annotated[
    tuple[Stretch, ...],
    BeforeValidator(_stretches),
    Field(max_length=MOST_PARTS, description="stretches of a day such as ['06:00-12:00']; true for all of it"),
]
Name = Annotated[
    str,
    _shaped(r"[a-z0-9][a-z0-9_-]{0,62}", "no name; write lower-case letters a-z, digits, hyphens and underscores"),
    Field(description="a name in lower-case letters a-z, digits, hyphens and underscores, 63 at most"),
]
IsoDate = Annotated[date, BeforeValidator(_only_iso), Field(description="a date such as 2025-04-07")]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_iso),
    Field(description="a time with its offset such as 2025-04-07T15:00:00+02:00"),
]
YearDay = Annotated[
    str,
    _shaped(r"[0-9]{2}-[0-9]{2}", "no day of the year; write month and day like 06-15"),
    Field(description="a day of the year as month and day, such as '06-15'"),
]
Country = Annotated[
    str, _shaped(r"[A-Z]{2}", "no country; write its two letters like SE"), Field(description="a country such as 'SE'")
]
_Language = Annotated[str, _shaped(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", "no language; write its letters like sv or en")]
Reasons = Annotated[
    dict[_Language, Annotated[str, Field(max_length=500)]],
    Field(description="what the public reads, by language, such as { sv = 'Utbildning', en = 'Training' }"),
]
WeekdayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAY_NAMES: tuple[WeekdayName, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


class Written(Document):
    """A document that is refused where it cannot be meant, by the rules' own sentence."""

    def meant(self) -> object:
        """The rules' value. Raises ValueError (ScheduleError) where there is none."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        self.meant()
        return self
