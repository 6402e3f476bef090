"""Holidays: which there are, when they are, and how far ahead each consortium's devices know them.

Dates come from the package `holidays`; the keys are ours and never change, for patterns and host hours use them.
Half-days are not taken: what a day means for a branch is the branch's rule, not the calendar's.
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.schedule import Holiday
from meroppet.wire.schedule_convert import holidays_to_wire
from meroppet.wire.schedules import HolidaysDocument
from server.db import Session
from server.organisations.service import Kind, organisations
from server.replication.service import publish
from server.schedules.models import ScheduleHolidays

COUNTRY = "SE"
MONTHS_AHEAD = 13


class DayKind(StrEnum):
    """A day that law names, or the day before one (or another that many treat as such)."""

    HOLIDAY = "holiday"
    EVE = "eve"


@dataclass(frozen=True, slots=True)
class HolidayName:
    """A day of the year that branches may have a rule for."""

    key: str
    swedish: str
    english: str
    kind: DayKind


def _holiday(key: str, swedish: str, english: str) -> HolidayName:
    return HolidayName(key, swedish, english, DayKind.HOLIDAY)


def _eve(key: str, swedish: str, english: str) -> HolidayName:
    return HolidayName(key, swedish, english, DayKind.EVE)


HOLIDAYS_SE: tuple[HolidayName, ...] = (
    _holiday("nyarsdagen", "Nyårsdagen", "New Year's Day"),
    _eve("trettondagsafton", "Trettondagsafton", "Twelfth Night"),
    _holiday("trettondedag_jul", "Trettondedag jul", "Epiphany"),
    _eve("skartorsdagen", "Skärtorsdagen", "Maundy Thursday"),
    _holiday("langfredagen", "Långfredagen", "Good Friday"),
    _eve("paskafton", "Påskafton", "Easter Eve"),
    _holiday("paskdagen", "Påskdagen", "Easter Day"),
    _holiday("annandag_pask", "Annandag påsk", "Easter Monday"),
    _eve("valborgsmassoafton", "Valborgsmässoafton", "Walpurgis Night"),
    _holiday("forsta_maj", "Första maj", "May Day"),
    _holiday("kristi_himmelsfardsdag", "Kristi himmelsfärdsdag", "Ascension Day"),
    _eve("pingstafton", "Pingstafton", "Whitsun Eve"),
    _holiday("pingstdagen", "Pingstdagen", "Whit Sunday"),
    _holiday("nationaldagen", "Nationaldagen", "National Day"),
    _eve("midsommarafton", "Midsommarafton", "Midsummer Eve"),
    _holiday("midsommardagen", "Midsommardagen", "Midsummer Day"),
    _eve("alla_helgons_afton", "Alla helgons afton", "All Saints' Eve"),
    _holiday("alla_helgons_dag", "Alla helgons dag", "All Saints' Day"),
    _eve("julafton", "Julafton", "Christmas Eve"),
    _holiday("juldagen", "Juldagen", "Christmas Day"),
    _holiday("annandag_jul", "Annandag jul", "Boxing Day"),
    _eve("nyarsafton", "Nyårsafton", "New Year's Eve"),
)
"""In the order of the year 2026."""


def holiday_names(lang: str) -> dict[str, str]:
    """What they are called in a language, by their keys."""
    return {name.key: name.swedish if lang == "sv" else name.english for name in HOLIDAYS_SE}


_KEYS_SE = {name.swedish: name.key for name in HOLIDAYS_SE} | {
    "Allahelgonsafton": "alla_helgons_afton",
    "Sveriges nationaldag": "nationaldagen",
}
_NOT_TAKEN = frozenset({"klamdag"})
_HALF_DAY = re.compile(r"\s*\(.*\)$")

# Julafton, midsommarafton and nyårsafton are in `de_facto`, the other eves in `optional`: the default has neither.
_CATEGORIES = {
    "SE": ("public", "de_facto", "optional"),
    "DK": ("public", "optional"),
    "FI": ("public", "unofficial"),
}


@lru_cache(maxsize=64)
def resolve(country: str, first: date, last: date) -> tuple[Holiday, ...]:
    """The holidays and eves of the days first–last (inclusive), in order. Raises ValueError for an unknown country.

    Sweden's have the keys of HOLIDAYS_SE; other countries' are their local names in plain letters.
    """
    from holidays import country_holidays

    years = range(first.year, last.year + 1)
    language = "sv" if country == "SE" else None
    try:
        found = country_holidays(
            country, years=years, categories=_CATEGORIES.get(country, ("public",)), language=language
        )
    except NotImplementedError as error:
        raise ValueError(f"country = '{country}': no holidays are known; it looks like SE") from error
    named = ((day, _key(country, name)) for day in found if first <= day <= last for name in found.get_list(day))
    return tuple(sorted({Holiday(day, key) for day, key in named if key and key not in _NOT_TAKEN}))


def keys_of(country: str) -> frozenset[str]:
    """Every key that a country's holidays have. Raises ValueError for an unknown country."""
    if country == COUNTRY:
        return frozenset(name.key for name in HOLIDAYS_SE)
    # Some come by the moon or once in a few years: ten years have them all, where a key never has a year in it.
    return frozenset(holiday.key for holiday in resolve(country, date(2026, 1, 1), date(2035, 12, 31)))


def _key(country: str, name: str) -> str:
    plain = _HALF_DAY.sub("", name)
    if country == "SE" and plain in _KEYS_SE:
        return _KEYS_SE[plain]
    letters = unicodedata.normalize("NFKD", plain.casefold().replace("ø", "o").replace("æ", "ae"))
    return re.sub(r"[^a-z0-9]+", "_", letters.encode("ascii", "ignore").decode()).strip("_")[:63]


def known_until(today: date) -> date:
    """The last day of the thirteenth month after this one: on the first of each month it moves."""
    months = today.year * 12 + today.month - 1 + MONTHS_AHEAD
    year, month = divmod(months, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def document_for(country: str, today: date) -> HolidaysDocument:
    """What devices are told on a day: from the first of January of the year before, for whoever asks how it was."""
    until = known_until(today)
    return holidays_to_wire(resolve(country, date(today.year - 1, 1, 1), until), until)


async def ensure_holidays(session: Session, consortium: str) -> None:
    """Give a consortium its holidays if it has none."""
    if await _row(session, consortium) is None:
        await _put(session, consortium, COUNTRY, document_for(COUNTRY, session.now.date()))


async def holidays_of(session: Session, consortium: str) -> HolidaysDocument | None:
    """What the consortium's devices were told of holidays last."""
    row = await _row(session, consortium)
    return None if row is None else HolidaysDocument.model_validate_json(row.document)


async def set_country(session: Session, consortium: str, country: str) -> None:
    """Another country's holidays for a consortium. Raises ValueError for an unknown one."""
    await _put(session, consortium, country, document_for(country, session.now.date()))


async def roll(session: Session, now: datetime) -> int:
    """See that every consortium's holidays reach as far ahead as they shall; how many were told anew.

    Needs an unscoped session. Nothing is published where nothing is new.
    """
    told = 0
    for view in await organisations(session, Kind.CONSORTIUM):
        row = await _row(session, view.id)
        if row is None or row.known_until != known_until(now.date()):
            country = row.country if row else COUNTRY
            await _put(session, view.id, country, document_for(country, now.date()))
            told += 1
    return told


async def _row(session: Session, consortium: str) -> ScheduleHolidays | None:
    statement = select(ScheduleHolidays).where(col(ScheduleHolidays.consortium_id) == consortium)
    row: ScheduleHolidays | None = await session.scalar(statement)
    return row


async def _put(session: Session, consortium: str, country: str, document: HolidaysDocument) -> None:
    values = {
        "country": country, "known_until": document.known_until, "document": document.model_dump_json(),
        "at": session.now,
    }  # fmt: skip
    statement = session.insert(ScheduleHolidays).values(consortium_id=consortium, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["consortium_id"], set_=values))
    publish(session, consortium, audience=consortium, kind="holidays", value=document)
