"""Codes break between their parts: nothing is lost, nothing short is cut, nothing stays too long to fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.pages.codes import FITS, pieces


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("alarms.seen", ["alarms.seen"]),
        ("person: 0123abcd", ["person: 0123abcd"]),
        ("patron.decisions_read", ["patron.", "decisions_", "read"]),
        ("organisation.membership.ended", ["organisation.", "membership.", "ended"]),
        ("person: 2e3fc532fb149347232f", ["person: 2e3fc532", "fb149347", "232f"]),
    ],
)
def test_a_code_breaks_after_its_signs_and_a_key_in_eights(text: str, cut: list[str]) -> None:
    assert pieces(text) == cut


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_the_pieces_are_the_text_and_none_has_a_word_too_long(text: str) -> None:
    cut = pieces(text)

    assert "".join(cut) == text
    assert all(len(word.rstrip("._:/-")) <= FITS for piece in cut for word in piece.split())
