"""How far a right reaches, and what everything known of a patron comes to at one branch. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from meroppet.rules.eligibility import Right
from meroppet.rules.terms import TermsStanding
from server.organisations.service import BranchView


class Reach(StrEnum):
    """How far a right or a suspension reaches, nearest first."""

    BRANCH = "branch"
    MUNICIPALITY = "municipality"
    CONSORTIUM = "consortium"


_NEAREST = tuple(Reach)


@dataclass(frozen=True, slots=True)
class RightView:
    """What staff of one controller said of a patron within a reach. `right.permitted` None: nothing of permission."""

    reach: Reach
    place: str
    right: Right
    controller: str
    given_by: str
    given_at: datetime
    introduced_on: date | None = None
    guardian_on: date | None = None


@dataclass(frozen=True, slots=True)
class SuspensionView:
    """A decision to keep a patron out within a reach, both days included."""

    id: str
    reach: Reach
    place: str
    reason: str
    first: date
    last: date
    notice: str
    controller: str
    decided_by: str
    decided_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None

    def holds_on(self, today: date) -> bool:
        """Whether it keeps her out that day."""
        return self.lifted_at is None and self.first <= today <= self.last

    def is_to_come(self, today: date) -> bool:
        """Whether it begins later."""
        return self.lifted_at is None and today < self.first


@dataclass(frozen=True, slots=True)
class Agreed:
    """How she stands to the agreement of a branch, and whether she approved to use it as a guest."""

    terms: TermsStanding = TermsStanding.NOT_ASKED
    until: date | None = None
    guest_approved: bool = False
    said: bool = False
    """Whether anything she said is on record: else it is how anybody stands."""


NOTHING_AGREED = Agreed()


@dataclass(frozen=True, slots=True)
class Known:
    """Everything the server knows of one patron that concerns one branch."""

    given: tuple[RightView, ...] = ()
    suspensions: tuple[SuspensionView, ...] = ()
    agreed: Agreed = NOTHING_AGREED
    facts_ok_until: date | None = None

    @property
    def is_any(self) -> bool:
        """Whether there is anything at all, in force or not."""
        return bool(self.given or self.suspensions) or self.agreed.said or self.facts_ok_until is not None

    @property
    def by_nearness(self) -> tuple[RightView, ...]:
        """The rights, nearest first; of equally near ones the newest."""
        return by_nearness(self.given)


@dataclass(slots=True)
class Gathered:
    """What is found of one patron, while it is being looked for."""

    given: list[RightView] = field(default_factory=list)
    suspensions: list[SuspensionView] = field(default_factory=list)


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


def effective(known: Known, today: date) -> Right | None:
    """What everything known comes to at the branch on its local day, or None if nothing is known.

    The nearest word on permission decides, so that a branch can refuse whom its municipality lets in; whoever is
    suspended anywhere that reaches here is suspended here, until the last of the days; an introduction or a guardian's
    consent counts wherever it was seen within reach.
    """
    holding = [one for one in known.suspensions if one.holds_on(today)]
    if not known.given and not holding and not known.agreed.said and known.facts_ok_until is None:
        return None
    nearest = next((view.right for view in known.by_nearness if view.right.permitted is not None), None)
    return Right(
        permitted=None if nearest is None else nearest.permitted,
        valid_until=None if nearest is None else nearest.valid_until,
        suspended_until=max((one.last for one in holding), default=None),
        terms=known.agreed.terms,
        terms_until=known.agreed.until,
        introduced=any(view.right.introduced for view in known.given),
        guardian_consent=any(view.right.guardian_consent for view in known.given),
        guest_approved=known.agreed.guest_approved,
        facts_ok_until=known.facts_ok_until,
        extended=any(view.right.extended for view in known.given),
    )
