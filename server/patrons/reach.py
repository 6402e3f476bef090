"""How far a right reaches, and what several rights come to at one branch."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from meroppet.rules.eligibility import Right
from server.organisations.service import BranchView


class Reach(StrEnum):
    """How far a right reaches, nearest first."""

    BRANCH = "branch"
    MUNICIPALITY = "municipality"
    CONSORTIUM = "consortium"


_NEAREST = tuple(Reach)


@dataclass(frozen=True, slots=True)
class RightView:
    """A right as it was given."""

    reach: Reach
    place: str
    right: Right
    controller: str
    given_by: str
    given_at: datetime


def place_of(branch: BranchView, reach: Reach) -> str:
    """Where a right lies that is given at a branch: the id of the branch, its municipality or its consortium."""
    match reach:
        case Reach.BRANCH:
            return branch.id
        case Reach.MUNICIPALITY:
            return branch.controller
        case Reach.CONSORTIUM:
            return branch.consortium


def reaches(branch: BranchView, reach: Reach, place: str) -> bool:
    """Whether a right that lies there reaches the branch."""
    return place_of(branch, reach) == place


def by_nearness(given: Iterable[RightView]) -> tuple[RightView, ...]:
    """Nearest first; of equally near ones the newest."""
    newest_first = sorted(given, key=lambda view: view.given_at, reverse=True)
    return tuple(sorted(newest_first, key=lambda view: _NEAREST.index(view.reach)))


def effective(given: Iterable[RightView]) -> Right | None:
    """What the rights that reach a branch come to there, or None if there are none.

    The nearest decides, so that a branch can refuse whom its municipality lets in; but whoever is suspended anywhere
    that reaches here is suspended here, until the last of the days.
    """
    ordered = by_nearness(given)
    if not ordered:
        return None
    nearest = ordered[0].right
    suspensions = [view.right.suspended_until for view in ordered if view.right.suspended_until is not None]
    return Right(
        permitted=nearest.permitted,
        valid_until=nearest.valid_until,
        suspended_until=max(suspensions, default=None),
    )
