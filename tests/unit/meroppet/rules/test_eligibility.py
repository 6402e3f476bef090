from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.eligibility import (
    Block,
    PatronFacts,
    Permission,
    Policy,
    Right,
    StaffedDoor,
    age_on,
    may_borrow,
    may_enter,
)
from meroppet.rules.reasons import Reason
from tests.unit.meroppet.rules.cases import FINE, PERMITTED, STRICT, TODAY, TOMORROW, YESTERDAY

# Each reason by what alone brings it about: fields of the facts, and of the right. The order is the order of telling.
AGAINST: list[tuple[Reason, dict[str, object], dict[str, object]]] = [
    (Reason.CARD_LOST, {"lost": True}, {}),
    (Reason.CARD_EXPIRED, {"expires": YESTERDAY}, {}),
    (Reason.ILS_BLOCK, {"debarred": True}, {}),
    (Reason.SUSPENDED, {}, {"suspended_until": TODAY}),
    (Reason.NO_PERMISSION, {}, {"permitted": False}),
    (Reason.PERMISSION_EXPIRED, {}, {"valid_until": YESTERDAY}),
    (Reason.CATEGORY, {"category": "CHILD"}, {}),
    (Reason.UNDERAGE, {"birth_date": date(2008, 11, 24)}, {}),
    (Reason.FEES, {"fees_minor": 10_001}, {}),
]


def _spoilt(*spoils: tuple[Reason, dict[str, object], dict[str, object]]) -> tuple[PatronFacts, Right]:
    facts, right = FINE, PERMITTED
    for _, of_facts, of_right in spoils:
        facts, right = replace(facts, **of_facts), replace(right, **of_right)  # type: ignore[arg-type]
    return facts, right


def test_a_patron_with_nothing_against_her_may_enter() -> None:
    assert may_enter(FINE, PERMITTED, STRICT, TODAY) is Reason.GRANTED


@pytest.mark.parametrize("against", AGAINST, ids=lambda against: against[0].value)
def test_each_reason_alone_refuses(against: tuple[Reason, dict[str, object], dict[str, object]]) -> None:
    assert may_enter(*_spoilt(against), STRICT, TODAY) is against[0]


@pytest.mark.parametrize(("first", "second"), list(combinations(AGAINST, 2)), ids=lambda against: against[0].value)
def test_of_two_reasons_the_earlier_is_told(
    first: tuple[Reason, dict[str, object], dict[str, object]],
    second: tuple[Reason, dict[str, object], dict[str, object]],
) -> None:
    assert may_enter(*_spoilt(first, second), STRICT, TODAY) is first[0]


def test_who_is_no_patron_is_told_nothing_else() -> None:
    facts, right = _spoilt(*AGAINST)

    assert may_enter(replace(facts, valid=False), right, STRICT, TODAY) is Reason.UNKNOWN_CARD


@pytest.mark.parametrize("missing", ["category", "birth_date", "fees_minor"])
def test_a_fact_the_policy_needs_and_the_register_does_not_say_refuses(missing: str) -> None:
    facts = replace(FINE, **{missing: None})  # type: ignore[arg-type]

    assert may_enter(facts, PERMITTED, STRICT, TODAY) is Reason.FACTS_INCOMPLETE


@pytest.mark.parametrize(
    ("facts", "policy"),
    [
        (replace(FINE, category=None), replace(STRICT, categories=None)),
        (replace(FINE, category="CHILD"), replace(STRICT, categories=None)),
        (replace(FINE, birth_date=None), replace(STRICT, minimum_age=0)),
        (replace(FINE, fees_minor=None), replace(STRICT, blocks=STRICT.blocks - {Block.FEES})),
        (replace(FINE, fees_minor=10_001), replace(STRICT, blocks=STRICT.blocks - {Block.FEES})),
        (replace(FINE, fees_minor=10_000), STRICT),
        (replace(FINE, lost=True), replace(STRICT, blocks=STRICT.blocks - {Block.LOST})),
        (replace(FINE, debarred=True), replace(STRICT, blocks=STRICT.blocks - {Block.DEBARRED})),
        (replace(FINE, expires=YESTERDAY), replace(STRICT, blocks=STRICT.blocks - {Block.EXPIRED})),
        (replace(FINE, expires=TODAY), STRICT),
        (replace(FINE, expires=None), STRICT),
        (replace(FINE, blocked_from_borrowing=True), STRICT),
        (replace(FINE, birth_date=date(2008, 11, 23)), STRICT),
    ],
)
def test_what_the_branch_does_not_ask_for_stops_nobody(facts: PatronFacts, policy: Policy) -> None:
    assert may_enter(facts, PERMITTED, policy, TODAY) is Reason.GRANTED


@pytest.mark.parametrize(
    ("permission", "right", "reason"),
    [
        (Permission.REQUIRED, None, Reason.NO_PERMISSION),
        (Permission.REQUIRED, Right(permitted=True), Reason.GRANTED),
        (Permission.REQUIRED, Right(permitted=True, valid_until=TODAY), Reason.GRANTED),
        (Permission.REQUIRED, Right(permitted=True, suspended_until=YESTERDAY), Reason.GRANTED),
        (Permission.REQUIRED, Right(permitted=True, suspended_until=TOMORROW), Reason.SUSPENDED),
        (Permission.AUTOMATIC, None, Reason.GRANTED),
        (Permission.AUTOMATIC, Right(permitted=True, valid_until=YESTERDAY), Reason.GRANTED),
        (Permission.AUTOMATIC, Right(permitted=False), Reason.NO_PERMISSION),
        (Permission.AUTOMATIC, Right(permitted=True, suspended_until=TODAY), Reason.SUSPENDED),
    ],
)
def test_a_right_is_what_staff_gave_or_took(permission: Permission, right: Right | None, reason: Reason) -> None:
    assert may_enter(FINE, right, replace(STRICT, permission=permission), TODAY) is reason


def test_debts_stop_a_door_only_where_a_branch_says_so() -> None:
    indebted = replace(FINE, fees_minor=1_000_000)

    assert may_enter(indebted, PERMITTED, Policy(minimum_age=18), TODAY) is Reason.GRANTED


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2008, 11, 23), date(2026, 11, 22), 17),
        (date(2008, 11, 23), date(2026, 11, 23), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2008, 12, 31), date(2009, 1, 1), 0),
        (date(2008, 1, 31), date(2026, 2, 1), 18),
        (date(2027, 1, 1), date(2026, 11, 23), -1),
    ],
)
def test_age_is_completed_years(born: date, today: date, age: int) -> None:
    assert age_on(born, today) == age


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_nobody_gets_younger(born: date, today: date) -> None:
    assert age_on(born, today) <= age_on(born, today + timedelta(days=1)) <= age_on(born, today) + 1


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (FINE, Reason.GRANTED),
        (replace(FINE, expires=TODAY, fees_minor=1_000_000, birth_date=None), Reason.GRANTED),
        (replace(FINE, expires=None), Reason.GRANTED),
        (replace(FINE, valid=False, lost=True), Reason.UNKNOWN_CARD),
        (replace(FINE, lost=True, expires=YESTERDAY), Reason.CARD_LOST),
        (replace(FINE, expires=YESTERDAY, debarred=True), Reason.CARD_EXPIRED),
        (replace(FINE, debarred=True), Reason.BORROWING_BLOCKED),
        (replace(FINE, blocked_from_borrowing=True), Reason.BORROWING_BLOCKED),
    ],
)
def test_borrowing_has_rules_of_its_own(facts: PatronFacts, reason: Reason) -> None:
    assert may_borrow(facts, TODAY) is reason


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "below", "above"),
    [
        ("minimum_age", 0, 120, -1, 121),
        ("pin_length", 4, 6, 3, 7),
        ("release_seconds", 3.0, 10.0, 2.9, 10.1),
        ("held_open_seconds", 10.0, 300.0, 9.9, 300.1),
        ("facts_ttl_hours", 1, 168, 0, 169),
    ],
)
def test_a_policy_keeps_within_what_is_safe(
    name: str, lowest: float, highest: float, below: float, above: float
) -> None:
    for allowed in (lowest, highest):
        assert getattr(replace(STRICT, **{name: allowed}), name) == allowed  # type: ignore[arg-type]
    for refused in (below, above, float("nan")):
        with pytest.raises(ValueError, match=f"policy: {name} is .*; allowed: "):
            replace(STRICT, **{name: refused})  # type: ignore[arg-type]


def test_a_policy_that_says_little_is_careful() -> None:
    policy = Policy(minimum_age=16)

    assert policy.permission is Permission.REQUIRED
    assert policy.staffed_door is StaffedDoor.CARD
    assert policy.blocks == {Block.EXPIRED, Block.LOST, Block.DEBARRED}
    assert not policy.offline_pin
