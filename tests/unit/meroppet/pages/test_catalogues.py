"""A sentence without a language is found before a patron meets it."""

from pathlib import Path

import pytest

from meroppet.pages.catalogues import Domain, extract, problems
from meroppet.pages.translations import load


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    (tmp_path / "templates").mkdir()
    say(tmp_path, '{{ _("Borrow") }}{% trans count=n %}{{ count }} loan{% pluralize %}{{ count }} loans{% endtrans %}')
    (tmp_path / "words.py").write_text('N_("Return")\n')
    return Domain("desk", tmp_path, tmp_path / "i18n")


def say(folder: Path, text: str) -> None:
    (folder / "templates" / "page.html").write_text(text)


def translate(domain: Domain, **words: str) -> None:
    path = domain.folder / "sv.po"
    text = path.read_text(encoding="utf-8")
    for english, swedish in words.items():
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{swedish}"')
    path.write_text(text, encoding="utf-8")


def test_a_package_without_catalogues_is_told_to_make_them(domain: Domain):
    assert list(problems(domain)) == [
        "desk: sv.po is missing; run extract",
        "desk: en.po is missing; run extract",
    ]


def test_english_fills_itself_in_and_swedish_is_asked_for(domain: Domain):
    extract(domain)

    assert [problem.split(": ", 1)[1] for problem in problems(domain)] == [
        "not translated: %(count)s loan",
        "not translated: Borrow",
        "not translated: Return",
    ]
    assert load(domain.folder, "en").gettext("Borrow") == "Borrow"


def test_what_was_translated_stays_when_more_is_said(domain: Domain):
    extract(domain)
    translate(domain, Borrow="Låna", Return="Lämna tillbaka")
    say(domain.source, '{{ _("Borrow") }}{{ _("Renew") }}')
    assert "desk/sv.po: not extracted: Renew" in list(problems(domain))

    extract(domain)

    assert list(problems(domain)) == ["desk/sv.po: not translated: Renew"]
    assert load(domain.folder, "sv").gettext("Borrow") == "Låna"


def test_a_sentence_that_gets_a_plural_is_translated_anew_and_never_silently_left_out(domain: Domain):
    say(domain.source, "{% trans count=n %}{{ count }} loan{% endtrans %}")
    extract(domain)
    translate(domain, **{"%(count)s loan": "%(count)s lån"})
    say(domain.source, "{% trans count=n %}{{ count }} loan{% pluralize %}{{ count }} loans{% endtrans %}")

    extract(domain)

    assert "desk/sv.po: not translated: %(count)s loan" in list(problems(domain))


def test_shared_sentences_are_found_behind_a_packages_own(domain: Domain):
    extract(domain)

    assert load(domain.folder, "sv").gettext("Language") == "Språk"
