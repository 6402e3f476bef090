"""In which encoding a register writes å, ä and ö: judged from its bytes, and from what the text should be if known."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_SWEDISH = "åäöÅÄÖéÉüÜ"
CANDIDATES = ("utf-8", "latin-1", "cp850")


class Letters(StrEnum):
    """What becomes of letters outside ASCII."""

    WHOLE = "whole"
    DECOMPOSED = "decomposed"
    STRIPPED = "stripped"
    QUESTIONED = "questioned"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Lettering:
    """An encoding and what it does to letters; `charset` is None where nothing told it."""

    charset: str | None
    letters: Letters


def lettering(texts: Iterable[bytes], known: str | None = None) -> Lettering:
    """How texts off the wire are written. `known` is one of them as it should read, with a letter outside ASCII."""
    seen = [text for text in texts if text]
    written = [text for text in seen if not text.isascii()]
    if written:
        return _written(written)
    if known is not None and not known.isascii():
        return _lost(seen, known)
    return Lettering(None, Letters.UNSEEN)


def _written(texts: list[bytes]) -> Lettering:
    charset = _charset(texts)
    decoded = [text.decode(charset, "replace") for text in texts]
    if charset == "utf-8" and any(unicodedata.normalize("NFC", text) != text for text in decoded):
        return Lettering(charset, Letters.DECOMPOSED)
    return Lettering(charset, Letters.WHOLE)


def _charset(texts: list[bytes]) -> str:
    joined = b" ".join(texts)
    try:
        joined.decode("utf-8")
    except UnicodeDecodeError:
        # Of the two left, the one in which the odd bytes are Swedish letters.
        return max(("latin-1", "cp850"), key=lambda name: _swedish(joined, name))
    return "utf-8"


def _swedish(data: bytes, charset: str) -> int:
    return sum(letter in _SWEDISH for letter in data.decode(charset, "replace"))


def _lost(texts: list[bytes], known: str) -> Lettering:
    """Only ASCII came, though other letters were expected."""
    plain = {text.decode("ascii").strip().casefold() for text in texts}
    if _as_ascii(known, "") in plain:
        return Lettering("ascii", Letters.STRIPPED)
    if {_as_ascii(known, "?"), known.encode("ascii", "replace").decode("ascii").casefold()} & plain:
        return Lettering("ascii", Letters.QUESTIONED)
    return Lettering(None, Letters.UNSEEN)


def _as_ascii(text: str, instead: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(letter if letter.isascii() else instead for letter in apart).strip().casefold()
