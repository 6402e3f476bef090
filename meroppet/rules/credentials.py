"""What a patron shows and types: card numbers and PINs, normalised and validated, never stored or printed."""

import re
from dataclasses import dataclass

_CARD = re.compile(r"[0-9A-Z]{4,32}")
_CARD_AS_READ = re.compile(r"[0-9A-Za-z]{4,32}")
_PIN = re.compile(r"[0-9]{4,6}")


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
