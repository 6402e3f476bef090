"""PINs that are among the first anybody would guess, made by rules and not taken from anybody's list.

That a few hundred of ten thousand codes are half of all that people choose, and that these are repeats, runs, years,
dates and shapes on the keypad, is from DataGenetics, "PIN analysis" (2012), and from Markert et al., "This PIN Can Be
Easily Guessed" (IEEE S&P 2020). Everybody's birthday would be 588 codes of four digits; of dates only the patron's own
count, which a thief of her card is the likeliest to know.
"""

from datetime import date
from itertools import pairwise

from meroppet.rules.credentials import Pin

_ROWS = ("123", "456", "789", " 0 ")
_KEYS = {key: (row, column) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys) if key != " "}
_YEARS = range(1950, 2030)
"""Of those who were born earlier, their own year counts."""
_DRAWN = (
    "1397 1793 3179 3971 7139 7931 9317 9713 2486 2684 4268 4862 6248 6842 8426 8624 "
    "1379 1739 3197 3719 7193 7391 9137 9731 1937 1973 3791 2846 2648 4628 4826 "
    "1357 7531 1590 1593 3570 3571 7410 1470 3690 9630 2589 9852 1458 1236 1478 3698 "
    "1475 3695 7856 1254 2365 4587 5698 4521 5632 7854 8965 2587 8520 0258"
)
"""Corners and edges of the keypad walked round; crosses, stairs and letters drawn over it."""
_TOLD = "1004 2000 2001 1122 1313 4711 0007 1337 2468 8642 1357 9753 0420 6969 5683 0909"
_KNOWN = frozenset(f"{_DRAWN} {_TOLD}".split())


def is_weak(pin: Pin, birth_date: date | None) -> bool:
    """Whether a PIN is too easily guessed: by its digits alone, or of one who was born that day."""
    return _is_common(pin.digits) or (birth_date is not None and pin.digits in _of_birth(birth_date))


def common_pins() -> frozenset[str]:
    """Every PIN of four digits that is weak whoever has it: for the figures, and for whoever wants to read the list."""
    return frozenset(digits for digits in (f"{number:04}" for number in range(10_000)) if _is_common(digits))


def _is_common(digits: str) -> bool:
    return _repeats(digits) or _runs(digits) or _walks(digits) or _is_year(digits) or digits in _KNOWN


def _repeats(digits: str) -> bool:
    """One digit, pairs, or parts that are alike or mirrored."""
    half = len(digits) // 2
    halves = len(digits) % 2 == 0 and digits[:half] in {digits[half:], digits[half:][::-1]}
    pairs = len(digits) % 2 == 0 and digits[::2] == digits[1::2]
    triples = len(digits) == 6 and digits[:2] * 3 == digits
    return halves or pairs or triples or len(set(digits)) == 1


def _runs(digits: str) -> bool:
    """Up or down one by one, over nought as well."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return steps in ({1}, {9})


def _walks(digits: str) -> bool:
    """One straight line of keys."""
    steps = {
        (_KEYS[after][0] - _KEYS[before][0], _KEYS[after][1] - _KEYS[before][1]) for before, after in pairwise(digits)
    }
    return len(steps) == 1


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and int(digits) in _YEARS


def _of_birth(born: date) -> frozenset[str]:
    """The ways to write a birth date in four to six digits, and the year before and after it (one misremembers)."""
    written = {born.strftime(form) for form in ("%d%m", "%m%d", "%y%m", "%m%y", "%y%m%d", "%d%m%y", "%m%d%y", "%Y%m")}
    years = {f"{year:04}" for year in (born.year - 1, born.year, born.year + 1)}
    twice = {born.strftime("%y") * 2, born.strftime("%y") * 3}
    return frozenset(written | years | twice)
