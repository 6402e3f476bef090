"""Where a code or a key may break when a line is too short for it."""

import re

FITS = 16
"""Characters that fit the narrowest column there is; a word of so many stays whole."""
GROUP = 8

_WORD = re.compile(rf"\S{{{FITS + 1},}}")
_PART = re.compile(r"[^._:/-]*[._:/-]+|[^._:/-]+")
_BREAK = "\0"


def pieces(text: str) -> list[str]:
    """The text cut after the dots, dashes and underscores of long words, long keys in eights; joined it is the text."""
    return _WORD.sub(lambda word: _BREAK.join(_parts(word[0])), text).split(_BREAK)


def _parts(word: str) -> list[str]:
    return [piece for part in _PART.findall(word) for piece in ([part] if len(part) <= FITS else _groups(part))]


def _groups(part: str) -> list[str]:
    return [part[at : at + GROUP] for at in range(0, len(part), GROUP)]
