"""Which field of 64 carries what: sure where a fact of the test patron is known, likely where a value fits, else none.

A field's meaning is a site's own: PA alone is an expiry date, a patron's kind or a permission among vendors.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from meroppet.sip2.fields import read_date

DATE_FORMATS = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y")
STANDARD = frozenset(
    {"AA", "AE", "AF", "AG", "AO", "AS", "AT", "AU", "AV", "AY", "AZ", "BD", "BE", "BF", "BH", "BL"}
    | {"BP", "BQ", "BU", "BV", "BZ", "CA", "CB", "CC", "CD", "CQ"}
)
"""What the standard itself has in 64: never a site's own meaning."""

_OLDEST = 120 * 365
_YOUNGEST = 3 * 365
_LONGEST_EXPIRY = 60 * 365

Fields = tuple[tuple[str, str], ...]


class Certainty(StrEnum):
    """How well a guess stands."""

    SURE = "sure"
    LIKELY = "likely"
    SEVERAL = "several"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Guess:
    """A field's meaning; `several` are the ones to choose among. `form` is how its date is written."""

    identifier: str | None
    certainty: Certainty
    several: tuple[str, ...] = ()
    form: str | None = None


NOTHING = Guess(None, Certainty.NONE)


def own_fields(fields: Fields) -> tuple[str, ...]:
    """The identifiers that are not the standard's, each once."""
    return tuple(dict.fromkeys(name for name, value in fields if name not in STANDARD and value.strip()))


def birth_date(fields: Fields, today: date, known: date | None) -> Guess:
    """The field with the birth date."""
    fits = _between(today - timedelta(days=_OLDEST), today - timedelta(days=_YOUNGEST))
    return _date(fields, known, fits, ("PB", "BC", "PD"))


def expires(fields: Fields, today: date, known: date | None, birth: str | None) -> Guess:
    """The field with the day the card runs out; a day in the past is believed only of a field named for it."""
    others = tuple(pair for pair in fields if pair[0] != birth)
    fits = _between(today, today + timedelta(days=_LONGEST_EXPIRY))
    return _date(others, known, fits, ("PA", "PX", "XE", "PE"))


def _between(first: date, last: date) -> Callable[[date], bool]:
    return lambda day: first <= day <= last


def _date(fields: Fields, known: date | None, fits: Callable[[date], bool], usual: tuple[str, ...]) -> Guess:
    if known is not None:
        return _known_date(fields, known)
    found = [name for name, value in _own(fields) if any(fits(day) for day, _ in _readings(value))]
    guess = _choose(found, usual)
    if guess.identifier is None:
        return guess
    value = next(value for name, value in fields if name == guess.identifier)
    form = next(form for day, form in _readings(value) if fits(day))
    return Guess(guess.identifier, guess.certainty, guess.several, form)


def _known_date(fields: Fields, known: date) -> Guess:
    for name, value in _own(fields):
        for day, form in _readings(value):
            if day == known:
                return Guess(name, Certainty.SURE, form=form)
    return NOTHING


def _readings(value: str) -> Iterable[tuple[date, str]]:
    """Every date a value can be read as; `01/02/2003` is two."""
    for form in DATE_FORMATS:
        day = read_date(value, (form,))
        if day is not None:
            yield day, form


def _own(fields: Fields) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in fields if name not in STANDARD)


def _choose(found: list[str], usual: tuple[str, ...]) -> Guess:
    found = list(dict.fromkeys(found))
    named = next((name for name in usual if name in found), None)
    if named is not None:
        return Guess(named, Certainty.LIKELY, tuple(found))
    if len(found) == 1:
        return Guess(found[0], Certainty.LIKELY, tuple(found))
    return Guess(None, Certainty.SEVERAL if found else Certainty.NONE, tuple(found))


def category(fields: Fields, known: str | None, birth: str | None) -> Guess:
    """The field with the patron's category; unknown, the usual ones are believed where no record's number is in them.

    FU is FOLIO's, PA that of Polaris, whose birth date is in BC; elsewhere PA is many other things.
    """
    if known is not None:
        return _equal(fields, known)
    usual = ("PC", "FU", "PA") if birth == "BC" else ("PC", "FU")
    words = [name for name, value in _own(fields) if name in usual and value and not _is_long_number(value)]
    return _choose(words, usual)


def _is_long_number(value: str) -> bool:
    return value.strip().isdigit() and len(value.strip()) > 3


def home(fields: Fields, places: Iterable[str], known: str | None) -> Guess:
    """The field with the home branch: equal to what is known, or to what the register calls a place of its own."""
    if known is not None:
        return _equal(fields, known)
    named = {place.strip().casefold() for place in places if place.strip()}
    found = [name for name, value in _own(fields) if value.strip().casefold() in named or (name == "AQ" and value)]
    return _choose(found, ("AQ",))


def permission(fields: Fields, birth: str | None) -> Guess:
    """The field that says who may enter: KohaSuomi's PA, a bare 0 or 1 beside a birth date in PB."""
    flags = [name for name, value in _own(fields) if name == "PA" and value.strip() in ("0", "1", "Y", "N")]
    return _choose(flags if birth == "PB" else [], ("PA",))


def _equal(fields: Fields, known: str) -> Guess:
    wanted = known.strip().casefold()
    found = next((name for name, value in _own(fields) if value.strip().casefold() == wanted), None)
    return Guess(found, Certainty.SURE) if found is not None else NOTHING
