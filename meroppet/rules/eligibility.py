"""From what the register says of a patron and what the branch demands, to what this person may do here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from meroppet.rules.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronFacts:
    """What a register says about one patron; None means the register does not say.

    `fees_minor` is the debt in hundredths of the currency (öre).
    """

    valid: bool
    birth_date: date | None = None
    category: str | None = None
    expires: date | None = None
    lost: bool = False
    debarred: bool = False
    blocked_from_borrowing: bool = False
    fees_minor: int | None = None
    home: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A patron's permission at this branch, as the municipality's staff gave it."""

    permitted: bool
    valid_until: date | None = None
    suspended_until: date | None = None


class Permission(StrEnum):
    """Whether staff must have given the right, or being a patron is enough."""

    REQUIRED = "required"
    AUTOMATIC = "automatic"


class StaffedDoor(StrEnum):
    """What the door does while staff are there."""

    FREE = "free"
    CARD = "card"


class Block(StrEnum):
    """Facts of the register that a branch may let stop its door."""

    EXPIRED = "expired"
    LOST = "lost"
    DEBARRED = "debarred"
    FEES = "fees"


DEFAULT_BLOCKS = frozenset({Block.EXPIRED, Block.LOST, Block.DEBARRED})
"""Debts do not stop a door unless a branch says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one branch demands of those it lets in."""

    minimum_age: int
    permission: Permission = Permission.REQUIRED
    categories: frozenset[str] | None = None
    blocks: frozenset[Block] = DEFAULT_BLOCKS
    fees_limit_minor: int = 0
    pin_length: int = 4
    staffed_door: StaffedDoor = StaffedDoor.CARD
    release_seconds: float = 5.0
    held_open_seconds: float = 30.0
    facts_ttl_hours: int = 72
    offline_pin: bool = False

    def __post_init__(self) -> None:
        _require(0 <= self.minimum_age <= 120, "minimum_age", self.minimum_age, "0–120 years")
        _require(4 <= self.pin_length <= 6, "pin_length", self.pin_length, "4–6 digits")
        # Shorter than 3 s shuts out slow walkers; lockd bounds a lease to 10 s.
        _require(3.0 <= self.release_seconds <= 10.0, "release_seconds", self.release_seconds, "3–10 seconds")
        _require(10.0 <= self.held_open_seconds <= 300.0, "held_open_seconds", self.held_open_seconds, "10–300 seconds")
        _require(1 <= self.facts_ttl_hours <= 168, "facts_ttl_hours", self.facts_ttl_hours, "1–168 hours")


def _require(kept: bool, name: str, value: object, allowed: str) -> None:
    if not kept:
        raise ValueError(f"policy: {name} is {value}; allowed: {allowed}")


def age_on(birth_date: date, today: date) -> int:
    """Completed years; someone born on 29 February has the birthday on 1 March in other years."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


@dataclass(frozen=True, slots=True)
class _Case:
    facts: PatronFacts
    right: Right | None
    policy: Policy
    today: date


def _suspension(case: _Case) -> Reason | None:
    until = case.right.suspended_until if case.right else None
    return Reason.SUSPENDED if until is not None and case.today <= until else None


def _permission(case: _Case) -> Reason | None:
    if case.policy.permission is Permission.AUTOMATIC:
        # Staff can still take the right away from one person where it comes by itself.
        return Reason.NO_PERMISSION if case.right is not None and not case.right.permitted else None
    if case.right is None or not case.right.permitted:
        return Reason.NO_PERMISSION
    until = case.right.valid_until
    return Reason.PERMISSION_EXPIRED if until is not None and until < case.today else None


def _expiry(case: _Case) -> Reason | None:
    if Block.EXPIRED not in case.policy.blocks:
        return None
    expires = case.facts.expires
    return Reason.CARD_EXPIRED if expires is not None and expires < case.today else None


def _loss(case: _Case) -> Reason | None:
    return Reason.CARD_LOST if case.facts.lost and Block.LOST in case.policy.blocks else None


def _debarment(case: _Case) -> Reason | None:
    return Reason.ILS_BLOCK if case.facts.debarred and Block.DEBARRED in case.policy.blocks else None


def _fees(case: _Case) -> Reason | None:
    if Block.FEES not in case.policy.blocks:
        return None
    if case.facts.fees_minor is None:
        return Reason.FACTS_INCOMPLETE
    return Reason.FEES if case.facts.fees_minor > case.policy.fees_limit_minor else None


def _category(case: _Case) -> Reason | None:
    allowed = case.policy.categories
    if allowed is None:
        return None
    if case.facts.category is None:
        return Reason.FACTS_INCOMPLETE
    return None if case.facts.category in allowed else Reason.CATEGORY


def _age(case: _Case) -> Reason | None:
    if case.policy.minimum_age == 0:
        return None
    if case.facts.birth_date is None:
        return Reason.FACTS_INCOMPLETE
    old_enough = age_on(case.facts.birth_date, case.today) >= case.policy.minimum_age
    return None if old_enough else Reason.UNDERAGE


ORDER: tuple[Callable[[_Case], Reason | None], ...] = (
    _loss,
    _expiry,
    _debarment,
    _suspension,
    _permission,
    _category,
    _age,
    _fees,
)
"""The fixed order in which a person is told why not (documented in docs/reference.md)."""


WAIVED = frozenset({_permission, _category, _age})
"""What is not asked of those who are on a list: staff, and the guests of an event."""


def may_enter(facts: PatronFacts, right: Right | None, policy: Policy, today: date) -> Reason:
    """GRANTED or the first reason against entering, in ORDER; `today` is the branch's local date."""
    return _first(_Case(facts, right, policy, today), ORDER)


def may_enter_listed(facts: PatronFacts, right: Right | None, policy: Policy, today: date) -> Reason:
    """`may_enter` for somebody on a list: the same rules in the same order without those WAIVED."""
    return _first(_Case(facts, right, policy, today), tuple(rule for rule in ORDER if rule not in WAIVED))


def _first(case: _Case, rules: tuple[Callable[[_Case], Reason | None], ...]) -> Reason:
    if not case.facts.valid:
        return Reason.UNKNOWN_CARD
    return next((reason for rule in rules if (reason := rule(case)) is not None), Reason.GRANTED)


def may_borrow(facts: PatronFacts, today: date) -> Reason:
    """GRANTED or the reason against borrowing; entering and borrowing are separate verdicts."""
    if not facts.valid:
        return Reason.UNKNOWN_CARD
    if facts.lost:
        return Reason.CARD_LOST
    if facts.expires is not None and facts.expires < today:
        return Reason.CARD_EXPIRED
    if facts.blocked_from_borrowing or facts.debarred:
        return Reason.BORROWING_BLOCKED
    return Reason.GRANTED
