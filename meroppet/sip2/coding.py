"""Text as registers write it: read with every patience, written without ever failing."""

import string
import unicodedata
from dataclasses import dataclass

from meroppet.sip2.errors import SIP2EncodingError

_ASCII = "".join(sorted(set(string.printable) - set(string.whitespace))) + " "
_PLAIN = str.maketrans(
    {
        "Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "ß": "ss",
        "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "ı": "i",
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "*",
        "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    }
)  # fmt: skip
"""What stands for letters that have no accent to lose."""


@dataclass(frozen=True, slots=True)
class TextCoding:
    """How text is read and written: strictly as `charset`, else as `fallback`, else with replacement characters.

    Raises SIP2EncodingError for an encoding that is not known, or in which ASCII is not ASCII.
    """

    charset: str = "utf-8"
    fallback: str | None = "cp850"
    transliterates: bool = True
    """Whether a letter that `charset` lacks is written as its nearest ASCII; else it becomes "?" at once."""

    def __post_init__(self) -> None:
        for name in (self.charset, self.fallback):
            if name is not None and not _is_usable(name):
                raise SIP2EncodingError(
                    f"no encoding {name!r} that SIP2 could be written in; try utf-8, cp850 or latin-1"
                )

    def read(self, raw: bytes) -> str:
        """The text in NFC (some registers send decomposed letters); what is no text is replaced (U+FFFD)."""
        try:
            text = raw.decode(self.charset)
        except UnicodeDecodeError:
            text = self._read_otherwise(raw)
        return text if text.isascii() else unicodedata.normalize("NFC", text)

    def _read_otherwise(self, raw: bytes) -> str:
        if self.fallback is None:
            return raw.decode(self.charset, "replace")
        try:
            return raw.decode(self.fallback)
        except UnicodeDecodeError:
            return raw.decode(self.charset, "replace")

    def write(self, text: str) -> bytes:
        """The text in NFC and in `charset`; what it lacks is transliterated or becomes "?". Never raises."""
        if text.isascii():
            return text.encode("ascii")
        text = unicodedata.normalize("NFC", text)
        try:
            return text.encode(self.charset)
        except UnicodeEncodeError:
            return b"".join(self._write_letter(letter) for letter in text)

    def _write_letter(self, letter: str) -> bytes:
        if self.can_write(letter):
            return letter.encode(self.charset)
        plain = letter.translate(_PLAIN) if self.transliterates else letter
        if not plain.isascii() and self.transliterates:
            plain = unicodedata.normalize("NFKD", letter)[:1]
        return plain.encode("ascii") if plain.isascii() and plain.isprintable() else b"?"

    def can_write(self, text: str) -> bool:
        """True when every character has a place in `charset`; passwords must, or another one would be sent."""
        try:
            text.encode(self.charset)
        except UnicodeEncodeError:
            return False
        return True

    def code_points(self, raw: bytes) -> int:
        """The sum of the characters' numbers: what a peer sends that adds characters instead of bytes."""
        try:
            return sum(map(ord, raw.decode(self.charset)))
        except UnicodeDecodeError:
            return sum(raw)


def _is_usable(name: str) -> bool:
    try:
        return _ASCII.encode(name) == _ASCII.encode("ascii")
    except (LookupError, ValueError):
        return False
