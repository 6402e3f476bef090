"""Reads gettext catalogues (.po) into translations when a process starts; no compiled file to forget."""

import io
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

OWN_CATALOGUE = Path(__file__).parent / "i18n"


def catalogue_file(folder: Path, lang: str) -> Path:
    """Where a package keeps its sentences in one language."""
    return folder / f"{lang}.po"


def load(folder: Path, lang: str) -> NullTranslations:
    """The package's sentences, then the shared ones. Raises FileNotFoundError where a language is missing."""
    translations = _read(catalogue_file(folder, lang))
    if folder != OWN_CATALOGUE:
        translations.add_fallback(_read(catalogue_file(OWN_CATALOGUE, lang)))
    return translations


def _read(path: Path) -> GNUTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.stem)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
