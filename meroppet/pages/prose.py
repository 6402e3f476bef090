"""Plain text as people write it, in pieces a page can lay out: headings (#), lists (-) and paragraphs."""

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """What a piece is."""

    HEADING = "heading"
    LIST = "list"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Piece:
    """A heading or a paragraph of one line or more, or a list's items."""

    shape: Shape
    lines: tuple[str, ...]


def pieces(text: str) -> tuple[Piece, ...]:
    """The text in order. Every line of it is in exactly one piece, without the marks `# ` and `- `."""
    found: list[Piece] = []
    is_new = True
    for line in text.splitlines():
        if not line.strip():
            is_new = True
            continue
        shape, words = _read(line.strip())
        if is_new or shape is Shape.HEADING or found[-1].shape is not shape:
            found.append(Piece(shape, (words,)))
        else:
            found[-1] = Piece(shape, (*found[-1].lines, words))
        is_new = False
    return tuple(found)


def _read(line: str) -> tuple[Shape, str]:
    if line.startswith("#"):
        return Shape.HEADING, line.lstrip("# ")
    if line.startswith(("- ", "* ", "• ")):
        return Shape.LIST, line[2:].strip()
    return Shape.PARAGRAPH, line
