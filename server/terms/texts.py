"""A text in one language, the digest that says which one it was, and what changed since another. Pure."""

import hashlib
import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

LONGEST_TITLE, LONGEST_BODY, LONGEST_CHANGE = 120, 20_000, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What is shown: a title, paragraphs divided by empty lines, and in a few words what is new."""

    lang: str
    title: str
    body: str
    changed: str = ""

    @property
    def sha256(self) -> str:
        """The digest of exactly these words in this language."""
        shown = json.dumps([self.lang, self.title, self.body, self.changed], ensure_ascii=False)
        return hashlib.sha256(shown.encode("utf-8")).hexdigest()


def text_from_form(lang: str, title: str, body: str, changed: str) -> Text:
    """The text as it is kept: one kind of line ends, no spaces before them, at most one empty line in a row."""
    return Text(lang=lang, title=" ".join(title.split()), body=_tidy(body), changed=" ".join(changed.split()))


def _tidy(body: str) -> str:
    lines = [line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")]
    kept = [line for before, line in zip(["", *lines], lines, strict=False) if line or before]
    return "\n".join(kept)


class Change(StrEnum):
    """What became of a paragraph."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


def difference(before: str, after: str) -> list[tuple[Change, str]]:
    """The paragraphs of both texts in order, each with what became of it."""
    old, new = _paragraphs(before), _paragraphs(after)
    found: list[tuple[Change, str]] = []
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [(Change.SAME, each) for each in new[new_from:new_to]]
        else:
            found += [(Change.REMOVED, each) for each in old[old_from:old_to]]
            found += [(Change.ADDED, each) for each in new[new_from:new_to]]
    return found


def _paragraphs(body: str) -> list[str]:
    return [line for line in body.split("\n") if line]
