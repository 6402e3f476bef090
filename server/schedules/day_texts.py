"""Days as people write them in lists: 2026-12-24, 24 december, fredag 24-26 dec 2027. Pure; a wrong weekday is told."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from meroppet.texts.patron import N_
from server.schedules.sentences import NotUnderstood, Sentence

LONGEST = 400
"""Days in one stretch; what goes on for longer is a season, not a deviation."""
FARTHEST = timedelta(days=5 * 366)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan", "februari february feb", "mars march mar", "april apr", "maj may", "juni june jun",
            "juli july jul", "augusti august aug", "september sept sep", "oktober october okt oct", "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "måndag måndagen mån monday mon", "tisdag tisdagen tis tuesday tue", "onsdag onsdagen ons wednesday wed",
            "torsdag torsdagen tors tor thursday thu", "fredag fredagen fre friday fri",
            "lördag lördagen lör saturday sat", "söndag söndagen sön sunday sun",
        )
    )
    for name in names.split()
}  # fmt: skip
_NAMES = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WRITTEN = re.compile(r"(?:([a-zåäö]+)\.?,? )?(?:den )?([0-9]{1,2})(?::e)?(?: ([a-zåäö]+)\.?)?(?: ([0-9]{4}))?")
_SLASHED = re.compile(r"(?:([a-zåäö]+)\.?,? )?([0-9]{1,2})/([0-9]{1,2})(?:[ /-]([0-9]{4}))?")


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to a day, both included; the note says what was not written and had to be concluded."""

    first: date
    last: date
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class _Day:
    """A day as written; None where something is left out."""

    day: int
    month: int | None
    year: int | None
    weekday: int | None


def days_in(text: str, today: date) -> Days:
    """The days meant. A year that is not written is the next in which the day has not passed. Raises NotUnderstood."""
    said = re.sub(r"\s+", " ", re.sub(r"[‐-―]", "-", text.casefold())).strip(" .:")
    first, last = _halves(said, text)
    end = _resolved(last, today, text)
    start = end if first is last else _resolved(_completed(first, end), today, text)
    if start > end:
        raise NotUnderstood(N_("“%(text)s” ends before it begins; write the earlier day first"), text=text)
    if (end - start).days >= LONGEST:
        raise NotUnderstood(
            N_("“%(text)s” is more than %(most)s days; make a season of it in the week"), text=text, most=LONGEST
        )
    if not today - FARTHEST < start <= end < today + FARTHEST:
        raise NotUnderstood(N_("“%(text)s” is more than five years away; correct the year"), text=text)
    assumed = first.year is None and last.year is None
    note = Sentence(N_("No year is written; read as %(first)s."), {"first": start.isoformat()}) if assumed else None
    return Days(start, end, note)


def _halves(said: str, text: str) -> tuple[_Day, _Day]:
    iso = _ISO.fullmatch(said)
    if iso is not None:
        day = _Day(int(iso[3]), int(iso[2]), int(iso[1]), None)
        return day, day
    pair = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ?(?:--?|/|till|to|t\.o\.m\.?) ?([0-9]{4}-[0-9]{2}-[0-9]{2})", said
    )
    parts = [pair[1], pair[2]] if pair else re.split(r" ?- ?| till | to | t\.?o\.?m\.? ", said)
    if len(parts) > 2:
        raise _unknown(text)
    found = [_day(part, text) for part in parts]
    return found[0], found[-1]


def _unknown(text: str) -> NotUnderstood:
    return NotUnderstood(
        N_("“%(text)s” is no day; write it like 2026-12-24, 24 december 2026 or 2026-12-24 – 2026-12-26"), text=text
    )


def _day(said: str, text: str) -> _Day:
    if (iso := _ISO.fullmatch(said)) is not None:
        return _Day(int(iso[3]), int(iso[2]), int(iso[1]), None)
    if (slashed := _SLASHED.fullmatch(said)) is not None:
        weekday = _named(slashed[1], _WEEKDAYS, text)
        return _Day(int(slashed[2]), int(slashed[3]), int(slashed[4]) if slashed[4] else None, weekday)
    if (written := _WRITTEN.fullmatch(said)) is not None:
        year = int(written[4]) if written[4] else None
        weekday, month = _named(written[1], _WEEKDAYS, text), _named(written[3], _MONTHS, text)
        return _Day(int(written[2]), month, year, weekday)
    raise _unknown(text)


def _named(word: str | None, known: dict[str, int], text: str) -> int | None:
    if word is None:
        return None
    if word not in known:
        raise _unknown(text)
    return known[word]


def _completed(first: _Day, end: date) -> _Day:
    """24-26 december: what the first leaves out is as in the last; over New Year it is the year before."""
    month = first.month or end.month
    year = first.year
    if year is None:
        year = end.year if (month, first.day) <= (end.month, end.day) else end.year - 1
    return _Day(first.day, month, year, first.weekday)


def _resolved(day: _Day, today: date, text: str) -> date:
    if day.month is None:
        raise _unknown(text)
    years = [day.year] if day.year else range(today.year, today.year + 9)
    found = next((at for year in years if (at := _date(year, day)) and (day.year or at >= today)), None)
    if found is None:
        raise NotUnderstood(N_("“%(text)s” is in no calendar; correct the day or the month"), text=text)
    if day.weekday is not None and found.weekday() != day.weekday:
        raise NotUnderstood(
            N_("“%(text)s”: %(day)s is a %(weekday)s; correct the weekday, the day or write the year"),
            text=text,
            day=found.isoformat(),
            weekday=_NAMES[found.weekday()],
        )
    return found


def _date(year: int, day: _Day) -> date | None:
    try:
        return date(year, day.month or 0, day.day)
    except ValueError:
        return None
