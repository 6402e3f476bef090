"""How many people are inside, counted from what a door has journalled. An estimate: two may walk in or out at once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from meroppet.rules.branch import BranchState

EMPTIES = frozenset({BranchState.CLOSED, BranchState.STAFFED, BranchState.EMERGENCY_CLOSED})
"""States that begin with nobody to be counted: the branch was left, or staff are there and count for themselves."""
COUNTER = "people_counter"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many came in since the count began anew, less those who left; never below none.

    `by_card`: by cards and exit buttons. `by_counter`: by a people counter, None where none has said anything since, or
    where it fell silent.
    """

    by_card: int = 0
    through: int = 0
    """The number of the last row counted."""
    by_counter: int | None = None
    silent: bool = False

    @property
    def inside(self) -> int:
        """The one rule: a people counter's word where there is one, as it sees all who walk; else the cards'."""
        return self.by_card if self.by_counter is None else self.by_counter


def count(counted: Counted, rows: Iterable[tuple[int, str, str]]) -> Counted:
    """The count after more rows, oldest first: number, kind, and the state, direction or port the row names."""
    for number, kind, word in rows:
        counted = replace(_one(counted, kind, word), through=number)
    return counted


def _one(counted: Counted, kind: str, word: str) -> Counted:
    match kind:
        case "branch.state":
            return Counted() if word in EMPTIES else counted
        case "passage.counted":
            return _passed(counted, 1 if word == "in" else -1)
        case "reader.lost":
            # What it has missed nobody knows; until the count begins anew the cards' word is the better one.
            return replace(counted, by_counter=None, silent=True) if word == COUNTER else counted
        case "access.granted" | "door.exit":
            return replace(counted, by_card=max(0, counted.by_card + (1 if kind == "access.granted" else -1)))
        case _:
            return counted


def _passed(counted: Counted, by: int) -> Counted:
    if counted.silent:
        return counted
    return replace(counted, by_counter=max(0, (counted.by_counter or 0) + by))
