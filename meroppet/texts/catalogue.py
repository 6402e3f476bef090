"""Reads a gettext catalogue (.po) as it lies in git; there is no compiled file to forget."""

import io
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def read_catalogue(path: Path) -> GNUTranslations:
    """The translations in a .po file named after its language. Raises FileNotFoundError where it is missing."""
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.stem)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


FOLDER = Path(__file__).parent / "i18n"
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ur", "yi"})
"""Languages whose lines begin at the right."""


def languages() -> tuple[str, ...]:
    """The languages a door and an announcement can speak: one catalogue each."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.po")))


@cache
def sentences(lang: str) -> GNUTranslations:
    """This package's own sentences in a language, Swedish where it is none of ours."""
    known = lang if (FOLDER / f"{lang}.po").exists() else "sv"
    return read_catalogue(FOLDER / f"{known}.po")
