"""Plain text in pieces: nothing of it is lost, and nothing but line marks is taken away."""

from hypothesis import given
from hypothesis import strategies as st

from meroppet.pages.prose import Piece, Shape, pieces


def test_headings_lists_and_paragraphs_are_told_apart() -> None:
    found = pieces("# När du är här\nDu får komma in\npå egen hand.\n- Stäng\n* Släck\n\n- Visa hänsyn\n\nTack!")

    assert found == (
        Piece(Shape.HEADING, ("När du är här",)),
        Piece(Shape.PARAGRAPH, ("Du får komma in", "på egen hand.")),
        Piece(Shape.LIST, ("Stäng", "Släck")),
        Piece(Shape.LIST, ("Visa hänsyn",)),
        Piece(Shape.PARAGRAPH, ("Tack!",)),
    )


@given(st.text("ab-*# \n", max_size=60))
def test_every_line_is_in_exactly_one_piece(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]

    assert sum(len(piece.lines) for piece in pieces(text)) == len(lines)
