"""From what the register says of a patron and what the branch demands, to what this person may do here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from meroppet.rules.policy import (
    DEFAULT_BLOCKS,
    Block,
    Companions,
    GroupHours,
    Guests,
    Permission,
    PinCheck,
    Policy,
    StaffedDoor,
    WeakPins,
    WithoutConnection,
)
from meroppet.rules.reasons import Reason
from meroppet.rules.terms import TermsStanding, holds

__all__ = [
    "DEFAULT_BLOCKS",
    "ORDER",
    "WAIVED",
    "Block",
    "Companions",
    "Condition",
    "GroupHours",
    "Guests",
    "PatronFacts",
    "Permission",
    "PinCheck",
    "Policy",
    "Right",
    "StaffedDoor",
    "TermsStanding",
    "WeakPins",
    "WithoutConnection",
    "age_on",
    "each",
    "may_borrow",
    "may_enter",
    "may_enter_listed",
]

OLDEST = 120
"""Years nobody has lived; a register that says more has somebody's placeholder for a date it does not know."""

Looked = Mapping[str, str | int | bool | None]
"""What a rule looked at, by name; dates as ISO 8601, never a number that names somebody."""


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
    """What the municipality knows of a patron at this branch.

    `permitted` is None where staff have said nothing. `terms_until` is the last day on which an acceptance, or the
    grace before one, still holds; None: an acceptance has no end, and there is no grace. `facts_ok_until` is the last
    local day of which the server's own look at the register, which found nothing against this person, is good.
    `extended`: the door is to stay released for longer; it never says why.
    """

    permitted: bool | None
    valid_until: date | None = None
    suspended_until: date | None = None
    terms: TermsStanding = TermsStanding.NOT_ASKED
    terms_until: date | None = None
    introduced: bool = False
    guardian_consent: bool = False
    guest_approved: bool = False
    facts_ok_until: date | None = None
    extended: bool = False


NOTHING_SAID = Right(permitted=None)
"""What is known of somebody of whom a device has been told nothing."""


def age_on(birth_date: date, today: date) -> int:
    """Completed years; someone born on 29 February has the birthday on 1 March in other years."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


class _Case(NamedTuple):
    facts: PatronFacts
    right: Right
    policy: Policy
    today: date

    @property
    def age(self) -> int | None:
        """Completed years; None where the register does not say, or says what cannot be."""
        if self.facts.birth_date is None:
            return None
        age = age_on(self.facts.birth_date, self.today)
        return age if self.facts.birth_date <= self.today and age <= OLDEST else None


class Condition(NamedTuple):
    """One rule: its name, the reason against entering or None, and what it looks at."""

    name: str
    against: Callable[[_Case], Reason | None]
    looks_at: Callable[[_Case], Looked]


def _loss(case: _Case) -> Reason | None:
    return Reason.CARD_LOST if case.facts.lost and Block.LOST in case.policy.blocks else None


def _expiry(case: _Case) -> Reason | None:
    if Block.EXPIRED not in case.policy.blocks:
        return None
    expires = case.facts.expires
    return Reason.CARD_EXPIRED if expires is not None and expires < case.today else None


def _debarment(case: _Case) -> Reason | None:
    return Reason.ILS_BLOCK if case.facts.debarred and Block.DEBARRED in case.policy.blocks else None


def _borrowing(case: _Case) -> Reason | None:
    stops = case.facts.blocked_from_borrowing and Block.BORROWING in case.policy.blocks
    return Reason.BORROWING_BLOCKED if stops else None


def _suspension(case: _Case) -> Reason | None:
    until = case.right.suspended_until
    return Reason.SUSPENDED if until is not None and case.today <= until else None


def _permission(case: _Case) -> Reason | None:
    permitted, until = case.right.permitted, case.right.valid_until
    if case.policy.permission is Permission.AUTOMATIC:
        # Staff can still take the right away from one person where it comes by itself.
        return Reason.NO_PERMISSION if permitted is False else None
    if not permitted:
        return Reason.NO_PERMISSION
    return Reason.PERMISSION_EXPIRED if until is not None and until < case.today else None


def _terms(case: _Case) -> Reason | None:
    standing, until = case.right.terms, case.right.terms_until
    if standing is TermsStanding.WITHDRAWN:
        # Who ends an agreement ends what came of it, also where the door would not have asked for one.
        return Reason.TERMS_WITHDRAWN
    if not case.policy.terms_required or holds(standing, until, case.today):
        return None
    return Reason.TERMS_DECLINED if standing is TermsStanding.DECLINED else Reason.TERMS_MISSING


def _introduction(case: _Case) -> Reason | None:
    needed = case.policy.introduction_required and not case.right.introduced
    return Reason.INTRODUCTION_MISSING if needed else None


def _home(case: _Case) -> Reason | None:
    policy, home = case.policy, case.facts.home
    if policy.guests is Guests.ALLOWED or (policy.guests is Guests.APPROVED and case.right.guest_approved):
        return None
    if home is None:
        return Reason.FACTS_INCOMPLETE
    if home in (policy.homes or ()):
        return None
    return Reason.GUESTS_REFUSED if policy.guests is Guests.REFUSED else Reason.GUEST_NOT_APPROVED


def _category(case: _Case) -> Reason | None:
    allowed = case.policy.categories
    if allowed is None:
        return None
    if case.facts.category is None:
        return Reason.FACTS_INCOMPLETE
    return None if case.facts.category in allowed else Reason.CATEGORY


def _age(case: _Case) -> Reason | None:
    return _younger_than(case.policy.minimum_age, case, Reason.UNDERAGE)


def _guardian(case: _Case) -> Reason | None:
    if case.right.guardian_consent:
        return None
    return _younger_than(case.policy.guardian_below or 0, case, Reason.GUARDIAN_MISSING)


def _younger_than(years: int, case: _Case, reason: Reason) -> Reason | None:
    if years == 0:
        return None
    if case.age is None:
        return Reason.FACTS_INCOMPLETE
    return reason if case.age < years else None


def _fees(case: _Case) -> Reason | None:
    if Block.FEES not in case.policy.blocks:
        return None
    if case.facts.fees_minor is None:
        return Reason.FACTS_INCOMPLETE
    return Reason.FEES if case.facts.fees_minor > case.policy.fees_limit_minor else None


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _names(values: frozenset[str] | None) -> str | None:
    return None if values is None else ", ".join(sorted(values))


CONDITIONS: tuple[Condition, ...] = (
    Condition("lost", _loss, lambda case: {"lost": case.facts.lost, "stops": Block.LOST in case.policy.blocks}),
    Condition(
        "expired",
        _expiry,
        lambda case: {"expires": _iso(case.facts.expires), "stops": Block.EXPIRED in case.policy.blocks},
    ),
    Condition(
        "debarred",
        _debarment,
        lambda case: {"debarred": case.facts.debarred, "stops": Block.DEBARRED in case.policy.blocks},
    ),
    Condition(
        "borrowing",
        _borrowing,
        lambda case: {"blocked": case.facts.blocked_from_borrowing, "stops": Block.BORROWING in case.policy.blocks},
    ),
    Condition("suspension", _suspension, lambda case: {"suspended_until": _iso(case.right.suspended_until)}),
    Condition(
        "permission",
        _permission,
        lambda case: {
            "permission": case.policy.permission.value,
            "permitted": case.right.permitted,
            "valid_until": _iso(case.right.valid_until),
        },
    ),
    Condition(
        "terms",
        _terms,
        lambda case: {
            "required": case.policy.terms_required,
            "terms": case.right.terms.value,
            "terms_until": _iso(case.right.terms_until),
        },
    ),
    Condition(
        "introduction",
        _introduction,
        lambda case: {"required": case.policy.introduction_required, "introduced": case.right.introduced},
    ),
    Condition(
        "home",
        _home,
        lambda case: {
            "home": case.facts.home,
            "homes": _names(case.policy.homes),
            "guests": case.policy.guests.value,
            "guest_approved": case.right.guest_approved,
        },
    ),
    Condition(
        "category",
        _category,
        lambda case: {"category": case.facts.category, "categories": _names(case.policy.categories)},
    ),
    Condition("age", _age, lambda case: {"age": case.age, "minimum_age": case.policy.minimum_age}),
    Condition(
        "guardian",
        _guardian,
        lambda case: {
            "age": case.age,
            "guardian_below": case.policy.guardian_below,
            "guardian_consent": case.right.guardian_consent,
        },
    ),
    Condition(
        "fees",
        _fees,
        lambda case: {
            "fees_minor": case.facts.fees_minor,
            "fees_limit_minor": case.policy.fees_limit_minor,
            "stops": Block.FEES in case.policy.blocks,
        },
    ),
)
ORDER: tuple[str, ...] = tuple(condition.name for condition in CONDITIONS)
"""The fixed order in which a person is told why not (documented in docs/access.md)."""

WAIVED = frozenset({"permission", "terms", "introduction", "home", "category", "age", "guardian"})
"""What is not asked of those who are on a list: staff, and the guests of an event."""


def may_enter(facts: PatronFacts, right: Right | None, policy: Policy, today: date) -> Reason:
    """GRANTED or the first reason against entering, in ORDER; `today` is the branch's local date."""
    return _first(_Case(facts, right or NOTHING_SAID, policy, today))


def may_enter_listed(facts: PatronFacts, right: Right | None, policy: Policy, today: date) -> Reason:
    """`may_enter` for somebody on a list: the same rules in the same order without those WAIVED."""
    return _first(_Case(facts, right or NOTHING_SAID, policy, today), waived=WAIVED)


def each(
    facts: PatronFacts, right: Right | None, policy: Policy, today: date, *, listed: bool = False
) -> Iterator[tuple[str, Reason | None, Looked]]:
    """Every rule in ORDER, its reason against or None, and what it looked at; those WAIVED have no reason."""
    case = _Case(facts, right or NOTHING_SAID, policy, today)
    for rule in CONDITIONS:
        if listed and rule.name in WAIVED:
            yield rule.name, None, {"waived": True, **rule.looks_at(case)}
        else:
            yield rule.name, rule.against(case), rule.looks_at(case)


def _first(case: _Case, waived: frozenset[str] = frozenset()) -> Reason:
    if not case.facts.valid:
        return Reason.UNKNOWN_CARD
    asked = (rule.against(case) for rule in CONDITIONS if rule.name not in waived)
    return next((reason for reason in asked if reason is not None), Reason.GRANTED)


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
