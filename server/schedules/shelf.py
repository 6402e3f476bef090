"""Answers kept for as long as they are right: until hours change, or the next minute begins. Knows nothing of hours."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

LARGEST = 32 * 1024 * 1024
"""Octets kept in all."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer's body and its entity tag."""

    body: bytes
    tag: str


class Shelf:
    """The newest answer to each question, the longest unused forgotten first."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._size = 0
        self._kept: OrderedDict[tuple[str, ...], tuple[int, datetime, Kept]] = OrderedDict()

    def get(self, question: tuple[str, ...], number: int, now: datetime) -> Kept | None:
        """The answer, if it was made after the change `number` and within this minute."""
        found = self._kept.get(question)
        if found is None or found[:2] != (number, _minute(now)):
            return None
        self._kept.move_to_end(question)
        return found[2]

    def put(self, question: tuple[str, ...], number: int, now: datetime, body: bytes) -> Kept:
        """Keep an answer, in place of the one before."""
        before = self._kept.pop(question, None)
        self._size -= len(before[2].body) if before else 0
        kept = Kept(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        self._kept[question] = (number, _minute(now), kept)
        self._size += len(body)
        while self._size > self._largest and self._kept:
            _, (_, _, oldest) = self._kept.popitem(last=False)
            self._size -= len(oldest.body)
        return kept


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
