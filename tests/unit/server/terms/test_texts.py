"""A text is kept as it was written but for how lines end; its digest names exactly its words, and changes are told."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.terms import Version
from server.organisations.service import Kind, OrganisationView
from server.terms.forms import Typed, draft_from, proposed, typed
from server.terms.guests import approval, languages
from server.terms.service import Draft, VersionView
from server.terms.texts import Change, Text, difference, text_from_form

DAY = date(2026, 11, 23)
FIRST = Text(lang="sv", title="Avtal", body="Stäng dörren.", changed="")


def test_a_text_keeps_its_words_whatever_browser_sent_it() -> None:
    sent = text_from_form("sv", "  Avtal   om \t dörren ", "# Rubrik \r\n\r\n\r\n- ett\r- två\r\n", " Nytt ")

    assert sent == Text(lang="sv", title="Avtal om dörren", body="# Rubrik\n\n- ett\n- två", changed="Nytt")


@given(st.text(max_size=200))
def test_tidying_twice_changes_nothing_more(body: str) -> None:
    once = text_from_form("sv", "x", body, "").body

    assert text_from_form("sv", "x", once, "").body == once


@pytest.mark.parametrize(
    "other",
    [
        Text(lang="en", title="Avtal", body="Stäng dörren."),
        Text(lang="sv", title="Avtalet", body="Stäng dörren."),
        Text(lang="sv", title="Avtal", body="Stäng dörren"),
        Text(lang="sv", title="Avtal", body="Stäng dörren.", changed="Nytt"),
    ],
)
def test_the_digest_is_of_everything_that_is_shown(other: Text) -> None:
    same = Text(lang="sv", title="Avtal", body="Stäng dörren.")

    assert FIRST.sha256 == same.sha256 != other.sha256


def test_a_difference_names_what_is_new_and_what_is_gone() -> None:
    found = difference("# Här\n\nStäng.\nSläck.", "# Här\n\nStäng.\n\nVisa hänsyn.")

    assert found == [
        (Change.SAME, "# Här"),
        (Change.SAME, "Stäng."),
        (Change.REMOVED, "Släck."),
        (Change.ADDED, "Visa hänsyn."),
    ]


@given(before=st.text("ab\n", max_size=40), after=st.text("ab\n", max_size=40))
def test_a_difference_holds_both_texts(before: str, after: str) -> None:
    found = difference(before, after)

    old = [line for change, line in found if change is not Change.ADDED]
    new = [line for change, line in found if change is not Change.REMOVED]
    assert (old, new) == ([line for line in before.split("\n") if line], [line for line in after.split("\n") if line])


def test_a_form_becomes_a_draft_without_the_languages_nobody_wrote_in() -> None:
    said = typed({"effective": "2026-12-24", "grace_days": "30", "title_sv": "Avtal", "body_sv": "Text"})

    draft = draft_from(said)

    assert isinstance(draft, Draft)
    assert (draft.effective, draft.grace_days, draft.anew) == (date(2026, 12, 24), 30, True)
    assert [text.lang for text in draft.texts] == ["sv"]


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"effective": "", "grace_days": "0"}, "effective"),
        ({"effective": "24 dec", "grace_days": "0"}, "effective"),
        ({"effective": "2026-12-24", "grace_days": ""}, "grace_days"),
        ({"effective": "2026-12-24", "grace_days": "²"}, "grace_days"),
        ({"effective": "2026-12-24", "grace_days": "366"}, "grace_days"),
    ],
)
def test_a_form_that_cannot_be_read_names_the_field(form: dict[str, str], wrong: str) -> None:
    said = draft_from(typed(form))

    assert isinstance(said, Typed)
    assert said.wrong == wrong


def test_the_next_version_begins_with_the_words_of_the_last_but_not_with_what_was_new_in_it() -> None:
    text = Text(lang="sv", title="Avtal", body="Text", changed="Om dörren.")
    before = VersionView("v1", "west", Version(number=1, effective=DAY), {"sv": text}, "me", "me", None)

    said = proposed(before, DAY)

    assert said.texts == {"sv": Text(lang="sv", title="Avtal", body="Text")}
    assert (said.effective, said.anew) == ("2026-11-23", True)


def test_an_approval_names_the_municipality_in_every_language() -> None:
    place = OrganisationView("vannas-kommun", Kind.MUNICIPALITY, "Vännäs kommun", "2260")

    asked = [approval(place, lang) for lang in (*languages(), "fi")]

    assert [each.text.lang for each in asked] == ["sv", "en", "sv"]
    assert all("Vännäs kommun" in each.text.body for each in asked)
