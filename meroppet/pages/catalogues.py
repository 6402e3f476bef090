"""`python -m meroppet.pages.catalogues extract|check`: keeps every package's sentences in Swedish and English.

Sentences are written in English in the code; both catalogues are in git and read as they are: nothing to compile.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from meroppet.pages.languages import LANGUAGES
from meroppet.pages.translations import catalogue_file

ROOT = Path(__file__).parents[2]
METHODS = [("**/templates/**.*", "jinja2"), ("**.py", "python"), ("templates/**.*", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "N_": None}
OPTIONS = {"**/templates/**.*": {"trimmed": "true"}, "templates/**.*": {"trimmed": "true"}}


@dataclass(frozen=True, slots=True)
class Domain:
    """One package's sentences: where they are said, and the folder that holds their catalogues."""

    name: str
    source: Path
    folder: Path


DOMAINS = (
    Domain("pages", ROOT / "meroppet" / "pages", ROOT / "meroppet" / "pages" / "i18n"),
    Domain("texts", ROOT / "meroppet" / "texts", ROOT / "meroppet" / "texts" / "i18n"),
    Domain("kiosk", ROOT / "kiosk", ROOT / "kiosk" / "web" / "i18n"),
    Domain("server", ROOT / "server", ROOT / "server" / "web" / "i18n"),
    Domain("demo", ROOT / "demo", ROOT / "demo" / "web" / "i18n"),
)


def extract(domain: Domain) -> None:
    """Brings both catalogues up to the code: new sentences are added, unused ones leave, English fills itself in."""
    template = _template(domain)
    domain.folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        path = catalogue_file(domain.folder, language.code)
        catalogue = _read(path, language.code)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        _forget_guesses(catalogue)
        if language.code == "en":
            _say_as_written(catalogue)
        _write(path, catalogue)


def problems(domain: Domain) -> Iterator[str]:
    """Every sentence that lacks a language, or that no catalogue knows; empty when all is said."""
    said = {_key(message) for message in _template(domain) if message.id}
    for language in LANGUAGES:
        path = catalogue_file(domain.folder, language.code)
        if not path.exists():
            yield f"{domain.name}: {path.name} is missing; run extract"
            continue
        catalogue = _read(path, language.code)
        held = {_key(message): message for message in catalogue if message.id}
        yield from (f"{domain.name}/{path.name}: not extracted: {key}" for key in sorted(said - held.keys()))
        yield from (f"{domain.name}/{path.name}: no longer said: {key}" for key in sorted(held.keys() - said))
        yield from (f"{domain.name}/{path.name}: not translated: {key}" for key in sorted(_empty(held)))


def main(arguments: list[str]) -> int:
    """Exit code 0 when the command did what it says; `check` prints what is missing and answers 1."""
    domains = [domain for domain in DOMAINS if _speaks(domain)]
    if arguments == ["extract"]:
        for domain in domains:
            extract(domain)
        return 0
    if arguments == ["check"]:
        found = [problem for domain in domains for problem in problems(domain)]
        sys.stdout.writelines(f"{problem}\n" for problem in found)
        return 1 if found else 0
    sys.stderr.write("usage: python -m meroppet.pages.catalogues extract|check\n")
    return 2


def _speaks(domain: Domain) -> bool:
    return domain.folder.exists() or any(path.is_dir() for path in domain.source.rglob("templates"))


def _template(domain: Domain) -> Catalog:
    catalogue = Catalog(charset="utf-8")
    found = extract_from_dir(domain.source, METHODS, OPTIONS, KEYWORDS, ("Translators:",))
    for filename, _line, message, _comments, context in found:
        # Line numbers would change both catalogues with every edit of a template.
        catalogue.add(message, locations=[(f"{filename}", 0)], context=context)
    return catalogue


def _read(path: Path, lang: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=lang, charset="utf-8")
    with path.open("rb") as source:
        return read_po(source, locale=lang)


def _write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as target:
        write_po(target, catalogue, width=0, omit_header=True, sort_output=True, no_location=True)


def _forget_guesses(catalogue: Catalog) -> None:
    """A sentence whose form changed (say, got a plural) is marked fuzzy, which gettext leaves out: say it anew."""
    for message in catalogue:
        if message.id and message.fuzzy:
            message.flags.discard("fuzzy")
            message.string = "" if isinstance(message.id, str) else ("",) * catalogue.num_plurals


def _say_as_written(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id and not _is_said(message):
            message.string = message.id if isinstance(message.id, str) else tuple(message.id)


def _is_said(message: Message) -> bool:
    said = "" if message.fuzzy else message.string or ""
    return bool(said) if isinstance(said, str) else all(said)


def _key(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}|{text}" if message.context else str(text)


def _empty(held: dict[str, Message]) -> set[str]:
    return {key for key, message in held.items() if not _is_said(message)}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
