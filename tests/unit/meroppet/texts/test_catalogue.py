"""A catalogue is read as the library that writes it would read it, and says the same."""

import io
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from meroppet.texts.catalogue import read_catalogue

ROOT = Path(__file__).parents[4]
CATALOGUES = sorted(
    path for package in ("meroppet", "kiosk", "server", "demo") for path in (ROOT / package).rglob("*.po")
)


def by_babel(path: Path) -> GNUTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.stem)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def sentences(path: Path) -> list[tuple[str, ...]]:
    """Every message of a catalogue: its context, its sentence, and its plural where it has one."""
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.stem)
    return [
        (message.context or "", *((message.id,) if isinstance(message.id, str) else message.id))
        for message in catalogue
        if message.id
    ]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_every_catalogue_of_ours_says_what_the_library_reads_in_it(path: Path) -> None:
    ours, theirs = read_catalogue(path), by_babel(path)
    said = sentences(path)

    assert said
    for context, one, *many in said:
        if many:
            for count in range(13):
                assert ours.ngettext(one, many[0], count) == theirs.ngettext(one, many[0], count)
        elif context:
            assert ours.pgettext(context, one) == theirs.pgettext(context, one)
        else:
            assert ours.gettext(one) == theirs.gettext(one)


def test_what_is_fuzzy_old_or_empty_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "sv.po").write_text(
        'msgid ""\nmsgstr "Language: sv\\n"\n\n'
        '# a note\n#, fuzzy\nmsgid "Guess"\nmsgstr "Gissning"\n\n'
        '#~ msgid "Old"\n#~ msgstr "Gammal"\n\n'
        'msgid "Empty"\nmsgstr ""\n\n'
        'msgid ""\n"Two "\n"lines\\n"\nmsgstr ""\n"Två \\"rader\\"\\n"\nmsgctxt "verb"\nmsgid "Open"\nmsgstr "Öppna"\n',
        encoding="utf-8",
    )

    found = read_catalogue(tmp_path / "sv.po")

    assert [found.gettext(text) for text in ("Guess", "Old", "Empty")] == ["Guess", "Old", "Empty"]
    assert found.gettext("Two lines\n") == 'Två "rader"\n'
    assert found.pgettext("verb", "Open") == "Öppna"


def test_arabic_counts_in_six_ways(tmp_path: Path) -> None:
    forms = "".join(f'msgstr[{number}] "form {number}"\n' for number in range(6))
    (tmp_path / "ar.po").write_text(f'msgid "one"\nmsgid_plural "many"\n{forms}', encoding="utf-8")

    found = read_catalogue(tmp_path / "ar.po")

    said = [found.ngettext("one", "many", count) for count in (0, 1, 2, 3, 11, 100)]
    assert said == [f"form {number}" for number in range(6)]


def test_a_catalogue_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_catalogue(tmp_path / "sv.po")
