"""Joins each package's gettext catalogue (.po) with the shared one when a process starts."""

from gettext import NullTranslations
from pathlib import Path

from meroppet.texts.catalogue import read_catalogue

OWN_CATALOGUE = Path(__file__).parent / "i18n"


def catalogue_file(folder: Path, lang: str) -> Path:
    """Where a package keeps its sentences in one language."""
    return folder / f"{lang}.po"


def load(folder: Path, lang: str) -> NullTranslations:
    """The package's sentences, then the shared ones. Raises FileNotFoundError where a language is missing."""
    translations = read_catalogue(catalogue_file(folder, lang))
    if folder != OWN_CATALOGUE:
        translations.add_fallback(read_catalogue(catalogue_file(OWN_CATALOGUE, lang)))
    return translations
