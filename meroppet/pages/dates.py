"""Dates and times as people here write them: 24 hours, "06.00" in Swedish, week numbers; aware times only."""

from datetime import date, datetime, time, tzinfo

from babel.dates import format_date

_SEPARATORS = {"sv": ".", "en": ":"}


def clock_time(value: time | datetime, lang: str) -> str:
    """06.00 in Swedish, 06:00 in English. A datetime is shown in its own zone; convert it first (`local`)."""
    separator = _SEPARATORS.get(lang, ":")
    return f"{value.hour:02d}{separator}{value.minute:02d}"


def exact_time(value: datetime, lang: str) -> str:
    """Hour, minute and second, for event lists."""
    return f"{clock_time(value, lang)}{_SEPARATORS.get(lang, ':')}{value.second:02d}"


def local(value: datetime, zone: tzinfo) -> datetime:
    """The same instant on the branch's wall clock. Raises ValueError for a naive time."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    return value.astimezone(zone)


def long_date(value: date, lang: str) -> str:
    """söndag 22 november / Sunday 22 November."""
    return format_date(value, "EEEE d MMMM", locale=lang)


def short_date(value: date, lang: str) -> str:
    """sön 22 nov. / Sun 22 Nov."""
    return format_date(value, "E d MMM", locale=lang)


def date_with_year(value: date, lang: str) -> str:
    """22 november 2026 / 22 November 2026."""
    return format_date(value, "d MMMM y", locale=lang)


def weekday(value: date | int, lang: str) -> str:
    """The day's name; an int counts from Monday = 0."""
    day = date(2024, 1, 1 + value) if isinstance(value, int) else value
    return format_date(day, "EEEE", locale=lang)


def week_number(value: date) -> int:
    """ISO 8601 week, as Swedish calendars count."""
    return value.isocalendar().week
