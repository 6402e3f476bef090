"""The holidays agree with a second source: lag (1989:253) om allmänna helgdagar and the church's computus, by hand."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from meroppet.rules.schedule import Holiday
from server.schedules.holidays import HOLIDAYS_SE, DayKind, document_for, known_until, resolve

YEARS = range(2024, 2036)


def easter(year: int) -> date:
    """Easter Day by Gauss's rule as Meeus gives it (Astronomical Algorithms, chapter 8)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - correction + 15) % 30
    quarters, quarters_rest = divmod(rest, 4)
    weekday = (32 + 2 * century_rest + 2 * quarters - epact - quarters_rest) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def saturday_from(day: date) -> date:
    return day + timedelta(days=(5 - day.weekday()) % 7)


def by_law(year: int) -> dict[str, date]:
    """1 § lag (1989:253), and the days before that the holidays act and custom know as eves."""
    sunday = easter(year)
    midsummer, saints = saturday_from(date(year, 6, 20)), saturday_from(date(year, 10, 31))
    eve = timedelta(days=1)
    return {
        "nyarsdagen": date(year, 1, 1),
        "trettondagsafton": date(year, 1, 5),
        "trettondedag_jul": date(year, 1, 6),
        "skartorsdagen": sunday - 3 * eve,
        "langfredagen": sunday - 2 * eve,
        "paskafton": sunday - eve,
        "paskdagen": sunday,
        "annandag_pask": sunday + eve,
        "valborgsmassoafton": date(year, 4, 30),
        "forsta_maj": date(year, 5, 1),
        "kristi_himmelsfardsdag": sunday + 39 * eve,
        "pingstafton": sunday + 48 * eve,
        "pingstdagen": sunday + 49 * eve,
        "nationaldagen": date(year, 6, 6),
        "midsommarafton": midsummer - eve,
        "midsommardagen": midsummer,
        "alla_helgons_afton": saints - eve,
        "alla_helgons_dag": saints,
        "julafton": date(year, 12, 24),
        "juldagen": date(year, 12, 25),
        "annandag_jul": date(year, 12, 26),
        "nyarsafton": date(year, 12, 31),
    }


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_the_law_and_every_eve_is_there_and_no_other(year: int) -> None:
    found = resolve("SE", date(year, 1, 1), date(year, 12, 31))
    assert set(found) == {Holiday(day, key) for key, day in by_law(year).items()}


def test_the_rule_of_the_test_knows_easters_that_were_printed() -> None:
    printed = [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2030, 4, 21), (2035, 3, 25), (2038, 4, 25)]
    assert [easter(year) for year, _, _ in printed] == [date(*day) for day in printed]


def test_every_key_has_its_names_and_the_eves_are_told_from_the_holidays() -> None:
    assert {name.key for name in HOLIDAYS_SE} == set(by_law(2026))
    assert sum(name.kind is DayKind.HOLIDAY for name in HOLIDAYS_SE) == 13
    assert all(name.swedish and name.english for name in HOLIDAYS_SE)


def test_every_key_is_in_the_documents() -> None:
    said = (Path(__file__).parents[4] / "docs" / "hours.md").read_text(encoding="utf-8")
    assert [name.key for name in HOLIDAYS_SE if f"| `{name.key}` | {name.swedish} |" not in said] == []


def test_two_that_fall_on_one_day_are_both_told() -> None:
    assert {found.key for found in resolve("SE", date(2008, 5, 1), date(2008, 5, 1))} == {
        "forsta_maj",
        "kristi_himmelsfardsdag",
    }


@pytest.mark.parametrize("country", ["NO", "DK", "FI"])
def test_the_neighbours_have_holidays_under_plain_names(country: str) -> None:
    found = resolve(country, date(2026, 1, 1), date(2026, 12, 31))
    assert date(2026, 12, 25) in {holiday.day for holiday in found}
    assert all(holiday.key.replace("_", "").isalnum() and holiday.key.isascii() for holiday in found)


def test_a_country_nobody_knows_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="country = 'XX': no holidays are known; it looks like SE"):
        resolve("XX", date(2026, 1, 1), date(2026, 1, 2))


@pytest.mark.parametrize(
    ("today", "until"),
    [
        (date(2026, 11, 22), date(2027, 12, 31)),
        (date(2026, 11, 30), date(2027, 12, 31)),
        (date(2026, 12, 1), date(2028, 1, 31)),
        (date(2027, 1, 1), date(2028, 2, 29)),
    ],
)
def test_what_is_known_reaches_through_the_thirteenth_month_on(today: date, until: date) -> None:
    assert known_until(today) == until
    assert until - today > timedelta(days=365)
    document = document_for("SE", today)
    assert document.known_until == until
    assert document.days[0].day == date(today.year - 1, 1, 1)
    assert document.days[-1].day <= until
