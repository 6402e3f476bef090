"""How many people are inside, counted from what a door has journalled. An estimate: two may walk in or out at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from meroppet.rules.branch import BranchState

EMPTIES = frozenset({BranchState.CLOSED, BranchState.STAFFED, BranchState.EMERGENCY_CLOSED})
"""States that begin with nobody to be counted: the branch was left, or staff are there and count for themselves."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many came in by card since the count began anew, less those who asked to leave; never below none."""

    inside: int = 0
    through: int = 0
    """The number of the last row counted."""


def count(counted: Counted, rows: Iterable[tuple[int, str, str]]) -> Counted:
    """The count after more rows: number, kind (access.granted, door.exit or branch.state) and state, oldest first."""
    inside, through = counted.inside, counted.through
    for number, kind, state in rows:
        if kind == "branch.state":
            inside = 0 if state in EMPTIES else inside
        else:
            inside = max(0, inside + (1 if kind == "access.granted" else -1))
        through = number
    return Counted(inside, through)
