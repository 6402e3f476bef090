"""What a kiosk asks a patron to accept: a text in every language it was written in, and what she may answer."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperText:
    """A paper in one language. `changed` says in a few words what is new since she accepted the one before."""

    lang: str
    title: str
    body: str
    changed: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One text to accept; `until` is the last day on which doors open without it, if they do at all."""

    id: str
    kind: str = "terms"
    texts: tuple[PaperText, ...]
    until: date | None = None

    def __post_init__(self) -> None:
        if not self.texts:
            raise ValueError(f"paper {self.id} has no text")

    def text(self, lang: str) -> PaperText:
        """The text in this language, or in the first it was written in."""
        return next((text for text in self.texts if text.lang == lang), self.texts[0])


class PaperAnswer(StrEnum):
    """What a patron may touch: a no is asked about once more before it counts."""

    YES = "yes"
    LATER = "later"
    NO = "no"
    REALLY_NO = "really_no"
    BACK = "back"
