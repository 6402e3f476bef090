"""Electronic identifications of the demo's patrons: invented personnummer in the range that is kept for tests."""

from datetime import date

from demo.people import PEOPLE, Person

FIRST_SERIAL, LAST_SERIAL = 980, 999
"""Numbers in this range are given to nobody (Skatteverket, test-personnummer)."""
_BY_TESTERS = PEOPLE[: LAST_SERIAL - FIRST_SERIAL + 1]


def personnummer(person: Person, today: date) -> str | None:
    """The person's number in the demo; None for a card that is nobody's own, or of whom no birth date is known."""
    born = person.born(today)
    if born is None or person not in _BY_TESTERS:
        return None
    digits = f"{born:%Y%m%d}{FIRST_SERIAL + _BY_TESTERS.index(person)}"
    return digits + str(-_luhn(digits[2:]) % 10)


def holders(today: date) -> list[tuple[str, str, str]]:
    """Whoever has an electronic identification: number, given name, surname."""
    known = ((personnummer(person, today), person.name) for person in _BY_TESTERS)
    return [(number, *_parted(name)) for number, name in known if number is not None]


def _parted(name: str) -> tuple[str, str]:
    given, _, surname = name.partition(" ")
    return given, surname


def _luhn(digits: str) -> int:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled)
