"""When it is odd that nobody comes: nobody was let in, though a week ago people were. Pure, and it knows no persons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WEEK = timedelta(days=7)
USUAL = 10
"""So many a week ago, and none now: by chance that happens once in 20,000 times (Poisson)."""
SHORTEST = timedelta(hours=1)
"""A lecture empties the entrance for less."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nobody since then, though so many came in the same hours of the week before."""

    since: datetime
    usual: int


def quiet(came: Sequence[datetime], now: datetime, is_open: Callable[[datetime], bool]) -> Quiet | None:
    """What is odd at this moment, if anything is.

    `came`: when people were let in during the last two weeks, in any order. `is_open`: whether the door let people in
    by their cards at a moment of this week; what came a week before a moment at which it does not, counts for nothing.
    """
    last = max(came, default=None)
    if last is None or now - last < SHORTEST:
        return None
    usual = sum(1 for at in came if last < at + WEEK <= now and is_open(at + WEEK))
    return Quiet(last, usual) if usual >= USUAL else None
