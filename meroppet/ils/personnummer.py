"""Whom a register means by a personnummer: it answers with its own number for her, so her birth date must agree."""

import re
from datetime import date

_TWELVE = re.compile(r"[0-9]{12}")
_COORDINATION = 60
"""Added to the day of a samordningsnummer (Skatteverket, SKV 707)."""


def born_by(number: str) -> date | None:
    """The birth date in twelve digits, or None: they are no personnummer and no samordningsnummer."""
    if _TWELVE.fullmatch(number) is None or _luhn(number[2:]) != 0:
        return None
    year, month, day = int(number[:4]), int(number[4:6]), int(number[6:8])
    try:
        return date(year, month, day - _COORDINATION if day > _COORDINATION else day)
    except ValueError:
        return None


def is_hers(asked: str, birth_date: date | None) -> bool:
    """Whether an answer under another number is about the person whose personnummer was asked for.

    A register that gives no birth date is not believed: it could be answering about anybody.
    """
    return birth_date is not None and birth_date == born_by(asked)


def _luhn(digits: str) -> int:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10
