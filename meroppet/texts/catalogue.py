"""Reads a gettext catalogue (.po) as it lies in git; there is no compiled file to forget.

By itself: the library that writes catalogues knows the calendars of the world too, and a door has no memory for those.
"""

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

FOLDER = Path(__file__).parent / "i18n"
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ur", "yi"})
"""Languages whose lines begin at the right."""
_TWO_FORMS = "nplurals=2; plural=(n != 1);"
_PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
}
"""How a language counts, where it is not as Swedish and English do (CLDR)."""
_MAGIC = 0x950412DE
_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])?\s+"(.*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(slots=True)
class _Entry:
    """One message as it is read: its parts by keyword (and number), as far as they have come."""

    parts: dict[str, str] = field(default_factory=dict)
    is_fuzzy: bool = False


def read_catalogue(path: Path) -> GNUTranslations:
    """The translations in a .po file named after its language. Raises FileNotFoundError where it is missing."""
    entries = _entries(path.read_text(encoding="utf-8").splitlines())
    said = dict(pair for entry in entries if (pair := _said(entry)) is not None)
    said[""] = f"Content-Type: text/plain; charset=UTF-8\nPlural-Forms: {_PLURALS.get(path.stem, _TWO_FORMS)}\n"
    return GNUTranslations(io.BytesIO(_compiled(said)))


def languages() -> tuple[str, ...]:
    """The languages a door and an announcement can speak: one catalogue each."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.po")))


@cache
def sentences(lang: str) -> GNUTranslations:
    """This package's own sentences in a language, Swedish where it is none of ours."""
    known = lang if (FOLDER / f"{lang}.po").exists() else "sv"
    return read_catalogue(FOLDER / f"{known}.po")


def _entries(lines: list[str]) -> Iterator[_Entry]:
    entry, key = _Entry(), ""
    for line in lines:
        if found := _KEYWORD.match(line):
            word, number, text = found.groups()
            if word in {"msgctxt", "msgid"} and any(part.startswith("msgstr") for part in entry.parts):
                yield entry
                entry = _Entry()
            key = word + (number or "")
            entry.parts[key] = _unescaped(text)
        elif line.startswith('"'):
            entry.parts[key] += _unescaped(line[1:-1])
        elif not line.strip() and entry.parts:
            yield entry
            entry = _Entry()
        elif line.startswith("#,") and "fuzzy" in line:
            entry.is_fuzzy = True
    yield entry


def _said(entry: _Entry) -> tuple[str, str] | None:
    """A message and its translation as gettext keeps them; None where it has none that holds."""
    parts = entry.parts
    key = parts.get("msgid", "")
    forms = [text for name, text in sorted(parts.items()) if name.startswith("msgstr")]
    if not key or entry.is_fuzzy or not all(forms) or not forms:
        return None
    if "msgctxt" in parts:
        key = f"{parts['msgctxt']}\x04{key}"
    return (f"{key}\x00{parts['msgid_plural']}" if "msgid_plural" in parts else key), "\x00".join(forms)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def _compiled(said: dict[str, str]) -> bytes:
    """The catalogue in the form gettext reads (GNU gettext manual, "The Format of GNU MO Files")."""
    pairs = sorted((key.encode(), text.encode()) for key, text in said.items())
    count, head = len(pairs), 28
    at = head + 16 * count
    tables: list[list[int]] = [[], []]
    body = b""
    for column in (0, 1):
        for pair in pairs:
            tables[column] += [len(pair[column]), at + len(body)]
            body += pair[column] + b"\x00"
    numbers = (_MAGIC, 0, count, head, head + 8 * count, 0, at)
    return struct.pack(f"<{7 + 4 * count}I", *numbers, *tables[0], *tables[1]) + body
