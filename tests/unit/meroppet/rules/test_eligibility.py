from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.eligibility import (
    Block,
    GroupHours,
    Guests,
    PatronFacts,
    Permission,
    PinCheck,
    Policy,
    Right,
    StaffedDoor,
    TermsStanding,
    WeakPins,
    WithoutConnection,
    age_on,
    may_borrow,
    may_enter,
)
from meroppet.rules.intervals import Window
from meroppet.rules.reasons import Reason
from tests.unit.meroppet.rules.cases import FINE, PERMITTED, STRICT, TODAY, TOMORROW, YESTERDAY

# A branch that asks everything of everybody, and somebody who has everything it asks for.
ASKING = replace(
    STRICT,
    guardian_below=70,
    terms_required=True,
    introduction_required=True,
    homes=frozenset({"NORA"}),
    guests=Guests.APPROVED,
)
READY = replace(PERMITTED, terms=TermsStanding.ACCEPTED, introduced=True, guardian_consent=True)

# Each reason by what alone brings it about: fields of the facts, and of the right. The order is the order of telling.
AGAINST: list[tuple[Reason, dict[str, object], dict[str, object]]] = [
    (Reason.CARD_LOST, {"lost": True}, {}),
    (Reason.CARD_EXPIRED, {"expires": YESTERDAY}, {}),
    (Reason.ILS_BLOCK, {"debarred": True}, {}),
    (Reason.BORROWING_BLOCKED, {"blocked_from_borrowing": True}, {}),
    (Reason.SUSPENDED, {}, {"suspended_until": TODAY}),
    (Reason.NO_PERMISSION, {}, {"permitted": False}),
    (Reason.PERMISSION_EXPIRED, {}, {"valid_until": YESTERDAY}),
    (Reason.TERMS_WITHDRAWN, {}, {"terms": TermsStanding.WITHDRAWN}),
    (Reason.INTRODUCTION_MISSING, {}, {"introduced": False}),
    (Reason.GUEST_NOT_APPROVED, {"home": "TEG"}, {}),
    (Reason.CATEGORY, {"category": "CHILD"}, {}),
    (Reason.UNDERAGE, {"birth_date": date(2008, 11, 24)}, {}),
    (Reason.GUARDIAN_MISSING, {}, {"guardian_consent": False}),
    (Reason.FEES, {"fees_minor": 10_001}, {}),
]


def _spoilt(*spoils: tuple[Reason, dict[str, object], dict[str, object]]) -> tuple[PatronFacts, Right]:
    facts, right = FINE, READY
    for _, of_facts, of_right in spoils:
        facts, right = replace(facts, **of_facts), replace(right, **of_right)  # type: ignore[arg-type]
    return facts, right


def test_a_patron_with_nothing_against_her_may_enter() -> None:
    assert may_enter(FINE, READY, ASKING, TODAY) is Reason.GRANTED


@pytest.mark.parametrize("against", AGAINST, ids=lambda against: against[0].value)
def test_each_reason_alone_refuses(against: tuple[Reason, dict[str, object], dict[str, object]]) -> None:
    assert may_enter(*_spoilt(against), ASKING, TODAY) is against[0]


@pytest.mark.parametrize(("first", "second"), list(combinations(AGAINST, 2)), ids=lambda against: against[0].value)
def test_of_two_reasons_the_earlier_is_told(
    first: tuple[Reason, dict[str, object], dict[str, object]],
    second: tuple[Reason, dict[str, object], dict[str, object]],
) -> None:
    assert may_enter(*_spoilt(first, second), ASKING, TODAY) is first[0]


def test_whoever_has_everything_against_her_learns_one_reason_after_the_other() -> None:
    told = [may_enter(*_spoilt(*AGAINST[lifted:]), ASKING, TODAY) for lifted in range(len(AGAINST) + 1)]

    assert told == [*(reason for reason, _, _ in AGAINST), Reason.GRANTED]


def test_who_is_no_patron_is_told_nothing_else() -> None:
    facts, right = _spoilt(*AGAINST)

    assert may_enter(replace(facts, valid=False), right, STRICT, TODAY) is Reason.UNKNOWN_CARD


@pytest.mark.parametrize("missing", ["home", "category", "birth_date", "fees_minor"])
def test_a_fact_the_policy_needs_and_the_register_does_not_say_refuses(missing: str) -> None:
    facts = replace(FINE, **{missing: None})  # type: ignore[arg-type]

    assert may_enter(facts, READY, ASKING, TODAY) is Reason.FACTS_INCOMPLETE


@pytest.mark.parametrize("policy", [Policy(minimum_age=1), Policy(minimum_age=0, guardian_below=18)])
@pytest.mark.parametrize("born", [None, TOMORROW, date(1900, 1, 1), date(1, 1, 1), date(9999, 12, 31)])
def test_a_date_of_birth_that_cannot_be_is_none(born: date | None, policy: Policy) -> None:
    assert may_enter(replace(FINE, birth_date=born), PERMITTED, policy, TODAY) is Reason.FACTS_INCOMPLETE


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
        (replace(FINE, blocked_from_borrowing=True), replace(STRICT, blocks=STRICT.blocks - {Block.BORROWING})),
        (replace(FINE, home=None), STRICT),
        (replace(FINE, home="TEG"), replace(STRICT, homes=frozenset({"NORA"}))),
        (replace(FINE, birth_date=None), replace(STRICT, minimum_age=0, guardian_below=None)),
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


@pytest.mark.parametrize(
    ("permission", "reason"), [(Permission.REQUIRED, Reason.NO_PERMISSION), (Permission.AUTOMATIC, Reason.GRANTED)]
)
def test_where_staff_have_said_nothing_only_what_follows_is_known(permission: Permission, reason: Reason) -> None:
    silent = replace(READY, permitted=None, valid_until=None)

    assert may_enter(FINE, silent, replace(ASKING, permission=permission), TODAY) is reason


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    ("terms", "until", "reason"),
    [
        (TermsStanding.ACCEPTED, None, Reason.GRANTED),
        (TermsStanding.ACCEPTED, TODAY, Reason.GRANTED),
        (TermsStanding.ACCEPTED, YESTERDAY, Reason.TERMS_MISSING),
        (TermsStanding.NOT_NEEDED, None, Reason.TERMS_MISSING),
        (TermsStanding.NOT_ASKED, None, Reason.TERMS_MISSING),
        (TermsStanding.NOT_ASKED, TODAY, Reason.GRANTED),
        (TermsStanding.NOT_ASKED, YESTERDAY, Reason.TERMS_MISSING),
        (TermsStanding.PENDING, None, Reason.TERMS_MISSING),
        (TermsStanding.PENDING, TODAY, Reason.GRANTED),
        (TermsStanding.PENDING, YESTERDAY, Reason.TERMS_MISSING),
        (TermsStanding.DECLINED, None, Reason.TERMS_DECLINED),
        (TermsStanding.DECLINED, TOMORROW, Reason.TERMS_DECLINED),
        (TermsStanding.WITHDRAWN, None, Reason.TERMS_WITHDRAWN),
        (TermsStanding.WITHDRAWN, TOMORROW, Reason.TERMS_WITHDRAWN),
    ],
)
def test_an_agreement_holds_or_its_grace_does(
    terms: TermsStanding, until: date | None, reason: Reason, required: bool
) -> None:
    policy = replace(STRICT, terms_required=required)
    expected = reason if required or reason is Reason.TERMS_WITHDRAWN else Reason.GRANTED

    assert may_enter(FINE, replace(PERMITTED, terms=terms, terms_until=until), policy, TODAY) is expected


def test_who_was_never_asked_has_accepted_nothing() -> None:
    automatic = Policy(minimum_age=18, permission=Permission.AUTOMATIC, terms_required=True)

    assert may_enter(FINE, None, automatic, TODAY) is Reason.TERMS_MISSING


@pytest.mark.parametrize("introduced", [True, False])
@pytest.mark.parametrize("required", [True, False])
def test_an_introduction_is_needed_where_the_branch_wants_one(required: bool, introduced: bool) -> None:
    reason = may_enter(
        FINE, replace(PERMITTED, introduced=introduced), replace(STRICT, introduction_required=required), TODAY
    )

    assert reason is (Reason.INTRODUCTION_MISSING if required and not introduced else Reason.GRANTED)


OWN = frozenset({"NORA", "STÅ"})


@pytest.mark.parametrize(
    ("guests", "homes", "home", "approved", "reason"),
    [
        (Guests.ALLOWED, OWN, "TEG", False, Reason.GRANTED),
        (Guests.ALLOWED, None, None, False, Reason.GRANTED),
        (Guests.APPROVED, OWN, "NORA", False, Reason.GRANTED),
        (Guests.APPROVED, OWN, "STÅ", False, Reason.GRANTED),
        (Guests.APPROVED, OWN, "TEG", False, Reason.GUEST_NOT_APPROVED),
        (Guests.APPROVED, OWN, "TEG", True, Reason.GRANTED),
        (Guests.APPROVED, OWN, "nora", False, Reason.GUEST_NOT_APPROVED),
        (Guests.APPROVED, OWN, None, False, Reason.FACTS_INCOMPLETE),
        (Guests.APPROVED, OWN, None, True, Reason.GRANTED),
        (Guests.APPROVED, None, "NORA", False, Reason.GUEST_NOT_APPROVED),
        (Guests.REFUSED, OWN, "NORA", False, Reason.GRANTED),
        (Guests.REFUSED, OWN, "TEG", True, Reason.GUESTS_REFUSED),
        (Guests.REFUSED, OWN, None, True, Reason.FACTS_INCOMPLETE),
        (Guests.REFUSED, frozenset(), "NORA", False, Reason.GUESTS_REFUSED),
        (Guests.REFUSED, None, "NORA", False, Reason.GUESTS_REFUSED),
    ],
)
def test_who_belongs_elsewhere_is_a_guest(
    guests: Guests, homes: frozenset[str] | None, home: str | None, approved: bool, reason: Reason
) -> None:
    policy, right = replace(STRICT, guests=guests, homes=homes), replace(PERMITTED, guest_approved=approved)

    assert may_enter(replace(FINE, home=home), right, policy, TODAY) is reason


@pytest.mark.parametrize("category", ["adult", "ADULT ", "ADULTS", ""])
def test_a_category_is_one_only_letter_by_letter(category: str) -> None:
    assert may_enter(replace(FINE, category=category), PERMITTED, STRICT, TODAY) is Reason.CATEGORY


@pytest.mark.parametrize(
    ("born", "consent", "reason"),
    [
        (date(2010, 11, 24), True, Reason.UNDERAGE),
        (date(2010, 11, 23), False, Reason.GUARDIAN_MISSING),
        (date(2010, 11, 23), True, Reason.GRANTED),
        (date(2008, 11, 24), False, Reason.GUARDIAN_MISSING),
        (date(2008, 11, 23), False, Reason.GRANTED),
        (None, True, Reason.FACTS_INCOMPLETE),
    ],
)
def test_a_guardian_must_agree_between_two_ages(born: date | None, consent: bool, reason: Reason) -> None:
    lindesberg = Policy(minimum_age=16, guardian_below=18)

    assert (
        may_enter(replace(FINE, birth_date=born), replace(PERMITTED, guardian_consent=consent), lindesberg, TODAY)
        is reason
    )


@pytest.mark.parametrize(
    ("born", "at", "reason"),
    [
        # 23:59:59 and 00:00:00 in Stockholm, in winter and in summer time.
        (date(2008, 11, 23), datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC), Reason.UNDERAGE),
        (date(2008, 11, 23), datetime(2026, 11, 22, 23, 0, tzinfo=UTC), Reason.GRANTED),
        (date(2008, 7, 1), datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), Reason.UNDERAGE),
        (date(2008, 7, 1), datetime(2026, 6, 30, 22, 0, tzinfo=UTC), Reason.GRANTED),
        # Born on 29 February: eighteen on 1 March, for there is no 29 February 2026.
        (date(2008, 2, 29), datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC), Reason.UNDERAGE),
        (date(2008, 2, 29), datetime(2026, 2, 28, 23, 0, tzinfo=UTC), Reason.GRANTED),
    ],
)
def test_a_birthday_begins_at_midnight_where_the_branch_is(born: date, at: datetime, reason: Reason) -> None:
    today = at.astimezone(ZoneInfo("Europe/Stockholm")).date()
    facts = replace(FINE, birth_date=born, expires=None)

    assert may_enter(facts, Right(permitted=True), Policy(minimum_age=18), today) is reason


@pytest.mark.parametrize(
    ("fees", "limit", "reason"),
    [
        (0, 0, Reason.GRANTED),
        (1, 0, Reason.FEES),
        (10_000, 10_000, Reason.GRANTED),
        (10_001, 10_000, Reason.FEES),
        (-500, 0, Reason.GRANTED),
        (None, 0, Reason.FACTS_INCOMPLETE),
    ],
)
def test_a_debt_stops_above_the_limit(fees: int | None, limit: int, reason: Reason) -> None:
    assert (
        may_enter(replace(FINE, fees_minor=fees), PERMITTED, replace(STRICT, fees_limit_minor=limit), TODAY) is reason
    )


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
        ("guardian_below", 1, 120, 0, 121),
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
    assert policy.pin_check is PinCheck.ILS_FIRST
    assert policy.without_connection is WithoutConnection.REFUSE
    assert policy.weak_pins is WeakPins.REFUSE
    assert not policy.number_entry


@pytest.mark.parametrize(("name", "below"), [("maximum_inside", 0), ("fees_limit_minor", -1)])
def test_a_policy_counts_no_fewer_than_none(name: str, below: int) -> None:
    with pytest.raises(ValueError, match=f"policy: {name} is .*; allowed: "):
        replace(STRICT, **{name: below})  # type: ignore[arg-type]


def test_a_group_has_its_hours_once() -> None:
    chess = GroupHours("chess", "Schack", ((Window(1080, 1260),),) * 7)

    with pytest.raises(ValueError, match="policy: group_hours is chess, chess; allowed: each group once"):
        replace(STRICT, group_hours=(chess, chess))
