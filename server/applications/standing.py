"""What a patron's own page says of a branch: may she come in, and if not, what would she have to do. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from meroppet.rules.eligibility import NOTHING_SAID, Permission, Policy, Right, TermsStanding
from meroppet.rules.terms import holds
from server.organisations.service import BranchView

BY_HERSELF = "patron"
"""Who gave a right that says no because the patron withdrew."""


class State(StrEnum):
    """Where she stands at one branch; staff's lists and the register's blocks are the door's matter."""

    MAY = "may"
    SUSPENDED = "suspended"
    TERMS = "terms"
    INTRODUCTION = "introduction"
    WAITING = "waiting"
    REFUSED = "refused"
    ENDED = "ended"
    NO = "no"
    NONE = "none"


MAY_APPLY = frozenset({State.NONE, State.REFUSED, State.ENDED})


@dataclass(frozen=True, slots=True)
class Standing:
    """One branch on her page."""

    branch: BranchView
    state: State
    until: date | None = None
    reason: str = ""

    @property
    def may_apply(self) -> bool:
        """Whether an application would be of use."""
        return self.state in MAY_APPLY


@dataclass(frozen=True, slots=True)
class Asked:
    """Her newest application at a branch."""

    state: str = ""
    reason: str = ""
    made_at: datetime | None = None


def standing(
    branch: BranchView, policy: Policy, known: Right | None, asked: Asked, today: date, *, by_herself: bool = False
) -> Standing:
    """In the order in which it helps to know: what keeps her out whatever she does, what she asked, what is missing.

    `by_herself`: that she is not permitted is what she said when she withdrew.
    """
    right = known or NOTHING_SAID
    if right.suspended_until is not None and today <= right.suspended_until:
        return Standing(branch, State.SUSPENDED, right.suspended_until)
    if asked.state == State.WAITING.value:
        return Standing(branch, State.WAITING)
    if right.permitted is False and not by_herself:
        return Standing(branch, State.NO)
    if not right.permitted and (by_herself or policy.permission is Permission.REQUIRED):
        is_refused = asked.state == State.REFUSED.value
        return Standing(branch, State.REFUSED if is_refused else State.NONE, reason=asked.reason if is_refused else "")
    if right.valid_until is not None and right.valid_until < today:
        return Standing(branch, State.ENDED, right.valid_until)
    return Standing(branch, _missing(policy, right, today), right.valid_until)


def _missing(policy: Policy, right: Right, today: date) -> State:
    if right.terms is TermsStanding.WITHDRAWN:
        return State.TERMS
    if policy.terms_required and not holds(right.terms, right.terms_until, today):
        return State.TERMS
    return State.INTRODUCTION if policy.introduction_required and not right.introduced else State.MAY
