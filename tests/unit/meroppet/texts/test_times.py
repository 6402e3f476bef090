"""A moment in words: the time today, a weekday within the week, a date beyond it, as each language says them."""

from datetime import date, datetime, timedelta

import pytest
from babel.dates import format_date

from meroppet.texts import when

NOW = datetime(2026, 11, 23, 6, 0)  # noqa: DTZ001 (a wall clock's time)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("sv", ("kl. 06.05", "tisdag kl. 06.05", "den 30 november kl. 06.05")),
        ("en", ("at 06:05", "Tuesday at 06:05", "on 30 November at 06:05")),
        ("fi", ("klo 06.05", "tiistaina klo 06.05", "30. marraskuuta klo 06.05")),
        ("ar", ("الساعة 06:05", "الثلاثاء الساعة 06:05", "30 نوفمبر الساعة 06:05")),
    ],
)
def test_today_soon_and_later(lang: str, said: tuple[str, str, str]) -> None:
    at = NOW.replace(minute=5)

    assert tuple(when(at + timedelta(days=days), NOW.date(), lang) for days in (0, 1, 7)) == said


@pytest.mark.parametrize("lang", ["sv", "en", "fi", "ar"])
@pytest.mark.parametrize("days", range(0, 365, 13))
def test_weekdays_and_months_are_those_of_the_calendars_of_the_world(lang: str, days: int) -> None:
    day = date(2026, 1, 1) + timedelta(days=days)
    at = datetime(day.year, day.month, day.day, 6)  # noqa: DTZ001

    assert format_date(day, "EEEE", locale=lang) in when(at, day - timedelta(days=1), lang)
    assert format_date(day, "MMMM", locale=lang) in when(at, day - timedelta(days=30), lang)
