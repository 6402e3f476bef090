"""What a patron shows and types: card numbers and PINs, normalised and validated, never stored or printed."""

import re
from dataclasses import dataclass
from datetime import date

_CARD = re.compile(r"[0-9A-Z]{4,32}")
_CARD_AS_READ = re.compile(r"[0-9A-Za-z]{4,32}")
_PIN = re.compile(r"[0-9]{4,6}")
_PERSON = re.compile(r"[0-9]{12}")
_DAYS_OF_COORDINATION = 60
"""A samordningsnummer has 60 added to its day (folkbokföringslagen 18 a §)."""
PERSONNUMMER_DIGITS = 12


@dataclass(frozen=True, slots=True, repr=False)
class CardNumber:
    """A card or tag number in its one canonical form: 4–32 characters of 0–9 and A–Z."""

    value: str

    def __post_init__(self) -> None:
        if _CARD.fullmatch(self.value) is None:
            raise ValueError("a card number is 4–32 characters of 0–9 and A–Z")

    def __repr__(self) -> str:
        return "CardNumber(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Pin:
    """Four to six digits as typed; its text form never shows them."""

    digits: str

    def __post_init__(self) -> None:
        if _PIN.fullmatch(self.digits) is None:
            raise ValueError("a PIN is four to six digits")

    def __repr__(self) -> str:
        return "Pin(…)"


def card_from_text(raw: str) -> CardNumber | None:
    """The card number in a scanned or typed text, or None if it can be none.

    Blanks and line ends around it belong to the scanner; anything odd inside is a refusal, not something to repair.
    """
    text = raw.strip(" \r\n\t")
    # Tested before it is put in capitals: those of "ß" are "SS".
    return CardNumber(text.upper()) if _CARD_AS_READ.fullmatch(text) else None


def card_from_bytes(raw: bytes) -> CardNumber | None:
    """The card number of a chip: its serial number (4, 7, 8 or 10 bytes, ISO 14443-3 and 15693) as upper-case hex."""
    return card_from_text(raw.hex()) if len(raw) in {4, 7, 8, 10} else None


def pin_from_digits(typed: str) -> Pin | None:
    """The PIN in what was typed, or None if it can be none."""
    return Pin(typed) if _PIN.fullmatch(typed) else None


def personnummer(typed: str, today: date) -> CardNumber | None:
    """The twelve digits of a personnummer or samordningsnummer as a number to ask the register by; None if it is none.

    Its date is a real one, not after today, and its check digit (mod 10 over the last ten) fits. It names a person by
    itself: whoever gets it neither stores nor logs it.
    """
    if _PERSON.fullmatch(typed) is None or not _is_born(typed, today):
        return None
    return CardNumber(typed) if mod_10_fits(typed[2:]) else None


def _is_born(typed: str, today: date) -> bool:
    day = int(typed[6:8])
    day -= _DAYS_OF_COORDINATION if day > _DAYS_OF_COORDINATION else 0
    try:
        return date(int(typed[:4]), int(typed[4:6]), day) <= today
    except ValueError:
        return False


def mod_10_fits(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (Luhn, ISO/IEC 7812-1 annex B)."""
    # From the right: the check digit once, the next one twice, and so on; of a sum above nine its digits are added.
    single = sum(int(digit) for digit in digits[::-2])
    double = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (single + double) % 10 == 0
