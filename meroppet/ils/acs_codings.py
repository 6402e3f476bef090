"""Two odd ways of writing text that registers were seen to have; the demo register writes in them where told to."""

import unicodedata
from dataclasses import dataclass

from meroppet.sip2.coding import TextCoding


@dataclass(frozen=True, slots=True)
class DecomposedCoding(TextCoding):
    """As Evergreen: letters and accents apart (NFD); ASCII loses the accents, other encodings get "?" for them."""

    def write(self, text: str) -> bytes:
        """The text in NFD and in `charset`. Never raises."""
        apart = unicodedata.normalize("NFD", text)
        return apart.encode(self.charset, "ignore" if self.charset == "ascii" else "replace")


@dataclass(frozen=True, slots=True)
class UnstatedCoding(TextCoding):
    """As a Koha account without `encoding`: Latin-1, unless a character is beyond it; then all of it is UTF-8."""

    def write(self, text: str) -> bytes:
        """The text in the one or the other. Never raises."""
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return text.encode("utf-8", "replace")
