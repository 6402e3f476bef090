"""Sentences said both on the command line, in English, and on a page, in the visitor's language. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with places (%(day)s) and what stands in them."""

    says: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """In English."""
        return self.says % self.values

    def spoken(self, translate: Callable[[str], str]) -> str:
        """In the language of `translate`."""
        return translate(self.says) % self.values


class NotUnderstood(ValueError):
    """Something written by people that cannot be meant, or could mean two things; the sentence says what to write."""

    def __init__(self, says: str, **values: object) -> None:
        self.sentence = Sentence(says, values)
        super().__init__(str(self.sentence))
