"""From card to verdict, one happening at a time: effects and their order are the safety case."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from meroppet.rules.access import Answer, Site
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import PatronFacts, Policy, Right
from meroppet.rules.entry import (
    ANSWER_CAP,
    CANCEL,
    OK,
    REGISTER,
    SPARE_SECONDS,
    AskingPin,
    AskPin,
    Card,
    Count,
    Effect,
    Entry,
    Failed,
    Holding,
    Idle,
    Key,
    Record,
    Release,
    Rest,
    Settle,
    Showing,
    StaffCame,
    Tell,
    Tick,
    Verified,
    Verify,
    Verifying,
    due,
    step,
)
from meroppet.rules.events import AccessGranted, AccessRefused
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
ANNA, BERTIL = CardNumber("A1000001"), CardNumber("B2000002")
RULES = Policy(minimum_age=16)


def site(policy: Policy | None = RULES, state: BranchState = BranchState.SELF_SERVICE) -> Site:
    return Site(now=NOW, today=date(2026, 11, 23), clock=ClockTrust.NTP, state=state, policy=policy)


def answer(pin: PinAnswer = PinAnswer.RIGHT, *, permitted: bool = True) -> Answer:
    facts = PatronFacts(valid=True, birth_date=date(1980, 5, 1))
    return Answer(pin=pin, facts=facts, as_of=NOW, right=Right(permitted=permitted))


def asking(typed: str = "", *, since: float = 0.0) -> AskingPin:
    return AskingPin("t1", ANNA, since, since, typed)


def verifying(awaits: str = REGISTER, recalled: Answer | None = None) -> Verifying:
    return Verifying("t1", ANNA, Pin("1234"), 0.0, ANSWER_CAP, awaits, recalled=recalled)


def refused(reason: Reason, card: CardNumber | None = ANNA, attempt: str = "t1") -> Record:
    return Record(AccessRefused(attempt, reason), card)


def test_a_card_is_asked_for_its_pin() -> None:
    entry, effects = step(Idle(), Card(ANNA, "t1"), site(), 5.0)

    assert entry == AskingPin("t1", ANNA, 5.0, 5.0)
    assert effects == (AskPin(0),)


@pytest.mark.parametrize(
    ("card", "where", "reason"),
    [
        (Card(None, "t1"), site(), Reason.INVALID_CARD),
        (Card(ANNA, "t1"), site(state=BranchState.CLOSED), Reason.CLOSED),
        (Card(ANNA, "t1"), site(policy=None), Reason.NO_POLICY),
        (Card(ANNA, "t1", Reason.PIN_LOCKED), site(), Reason.PIN_LOCKED),
        (Card(ANNA, "t1", Reason.DOOR_LOCKED_OUT), site(), Reason.DOOR_LOCKED_OUT),
        (Card(ANNA, "t1", Reason.DOOR_KNOWN_CARDS), site(), Reason.DOOR_KNOWN_CARDS),
    ],
)
def test_a_card_is_turned_away_before_its_pin(card: Card, where: Site, reason: Reason) -> None:
    entry, effects = step(Idle(), card, where, 5.0)

    assert isinstance(entry, Showing)
    assert effects == (refused(reason, card.number), Tell(reason))


def test_the_last_digit_counts_the_attempt_before_it_is_checked() -> None:
    entry, effects = step(asking("123"), Key("4"), site(), 1.0)

    assert entry == Verifying("t1", ANNA, Pin("1234"), 1.0, 1.0 + ANSWER_CAP)
    by = 1.0 + ANSWER_CAP - SPARE_SECONDS
    assert effects == (AskPin(4), Count("t1", ANNA), Verify("t1", ANNA, Pin("1234"), by))


@pytest.mark.parametrize(
    ("typed", "key", "reason"),
    [
        ("", OK, Reason.EMPTY_PIN),
        ("12", OK, Reason.INVALID_PIN),
        ("12", CANCEL, Reason.CANCELLED),
        ("12", "A", Reason.INVALID_PIN),
        ("12", "", Reason.INVALID_PIN),
        ("12", "34", Reason.INVALID_PIN),
        ("12", "３", Reason.INVALID_PIN),
    ],
)
def test_a_pin_that_is_none_is_sent_to_nobody(typed: str, key: str, reason: Reason) -> None:
    entry, effects = step(asking(typed), Key(key), site(), 1.0)

    assert isinstance(entry, Showing)
    assert effects == (refused(reason), Tell(reason))


def test_the_row_stands_before_the_strike() -> None:
    entry, effects = step(verifying(), Verified("t1", answer()), site(), 0.3)

    assert isinstance(entry, Showing)
    assert effects == (
        Record(AccessGranted("t1", "ils"), ANNA),
        Release("t1", RULES.release_seconds, "granted"),
        Tell(Reason.GRANTED),
        Settle("t1", Outcome.RIGHT),
    )


@pytest.mark.parametrize(
    ("given", "reason", "outcome"),
    [
        (answer(PinAnswer.WRONG), Reason.WRONG_PIN, Outcome.WRONG),
        (Answer(pin=PinAnswer.UNKNOWN), Reason.UNKNOWN_CARD, Outcome.WRONG),
        (Answer(pin=PinAnswer.UNAVAILABLE), Reason.ILS_UNAVAILABLE, Outcome.UNDECIDED),
        (answer(permitted=False), Reason.NO_PERMISSION, Outcome.RIGHT),
    ],
)
@pytest.mark.parametrize("after", [0.01, 0.7])
def test_every_refusal_after_a_pin_is_told_one_second_after_it(
    given: Answer, reason: Reason, outcome: Outcome, after: float
) -> None:
    entry, effects = step(verifying(), Verified("t1", given), site(), after)

    assert entry == Holding(reason, 1.0)
    assert effects == (Settle("t1", outcome), refused(reason))
    told, effects = step(entry, Tick(), site(), 1.0)
    assert isinstance(told, Showing)
    assert effects == (Tell(reason),)


def test_no_answer_until_the_cap_is_a_refusal_told_at_once() -> None:
    entry, _ = step(verifying(), Tick(), site(), ANSWER_CAP)

    assert entry == Holding(Reason.ILS_UNAVAILABLE, ANSWER_CAP)


def test_a_late_or_foreign_answer_belongs_to_nobody() -> None:
    for entry in (Idle(), asking(), Holding(Reason.WRONG_PIN, 1.0), Showing(5.0)):
        assert step(entry, Verified("t1", answer()), site(), 0.5) == (entry, ())
    assert step(verifying(), Verified("t0", answer()), site(), 0.5) == (verifying(), ())


@pytest.mark.parametrize(
    ("entry", "card", "now", "reason"),
    [
        (asking(), ANNA, 0.5, Reason.REPEATED_TAP),
        (verifying(), BERTIL, 0.5, Reason.BUSY),
        (verifying(), ANNA, 0.5, Reason.BUSY),
        (Holding(Reason.WRONG_PIN, 1.0), ANNA, 0.5, Reason.BUSY),
    ],
)
def test_a_tap_that_disturbs_is_recorded_and_changes_nothing(
    entry: Entry, card: CardNumber, now: float, reason: Reason
) -> None:
    assert step(entry, Card(card, "t2"), site(), now) == (entry, (refused(reason, card, "t2"),))


@pytest.mark.parametrize(("card", "now"), [(BERTIL, 0.5), (ANNA, 1.0), (ANNA, 1.5)])
def test_another_card_ends_the_first_and_begins_anew(card: CardNumber, now: float) -> None:
    entry, effects = step(asking("12"), Card(card, "t2"), site(), now)

    assert entry == AskingPin("t2", card, now, now)
    assert effects == (refused(Reason.INTERRUPTED), AskPin(0))


@pytest.mark.parametrize(
    ("last_key", "now", "ends"),
    [
        (0.0, 29.9, False),
        (0.0, 30.0, True),
        (15.0, 29.9, False),
        (15.0, 30.0, True),
        (29.0, 38.9, False),
        (29.0, 39.0, True),
    ],
)
def test_nobody_is_waited_for_longer_than_that(last_key: float, now: float, ends: bool) -> None:
    entry = AskingPin("t1", ANNA, 0.0, last_key)

    after, effects = step(entry, Tick(), site(), now)

    assert isinstance(after, Showing) is ends
    assert effects == ((refused(Reason.PIN_TIMEOUT), Tell(Reason.PIN_TIMEOUT)) if ends else ())


def test_what_failed_lets_nobody_in() -> None:
    for entry in (Idle(), asking(), verifying(), Showing(1.0)):
        after, effects = step(entry, Failed(), site(), 1.0)
        assert isinstance(after, Showing)
        assert effects == (Tell(Reason.OUT_OF_ORDER),)


def test_an_outcome_is_shown_and_then_forgotten() -> None:
    assert step(Showing(5.0), Tick(), site(), 4.9) == (Showing(5.0), ())
    assert step(Showing(5.0), Tick(), site(), 5.0) == (Idle(), (Rest(),))


@pytest.mark.parametrize(
    ("entry", "at"), [(Idle(), None), (asking(), 30.0), (verifying(), ANSWER_CAP), (Holding(Reason.CLOSED, 3.0), 3.0)]
)
def test_an_entry_says_when_it_wants_to_be_asked_again(entry: Entry, at: float | None) -> None:
    assert due(entry) == at


def test_no_state_and_no_effect_shows_the_pin() -> None:
    shown: list[object] = [asking("1234"), verifying(), Key("7"), *_effects()]

    assert "1234" not in repr(shown)
    assert "'7'" not in repr(shown)
    assert "A1000001" not in repr(shown)


def _effects() -> tuple[Effect, ...]:
    return step(asking("123"), Key("4"), site(), 1.0)[1]


STAFF_ONLY = replace(site(state=BranchState.MAINTENANCE), staff=frozenset({"s"}))
AWAITED = replace(site(state=BranchState.STAFFED), staff_awaited=True, staff=frozenset({"s"}))


def test_while_only_staff_may_come_in_their_cards_alone_are_asked_for_a_pin() -> None:
    entry, effects = step(Idle(), Card(ANNA, "t1", subject="s"), STAFF_ONLY, 5.0)
    assert entry == AskingPin("t1", ANNA, 5.0, 5.0, subject="s")
    assert effects == (AskPin(0),)

    _, effects = step(Idle(), Card(BERTIL, "t2", subject="b"), STAFF_ONLY, 5.0)
    assert effects == (refused(Reason.MAINTENANCE, BERTIL, "t2"), Tell(Reason.MAINTENANCE))


def test_the_card_shown_is_remembered_until_the_verdict_even_if_the_register_names_another_number() -> None:
    entry, _ = step(Idle(), Card(ANNA, "t1", subject="s"), STAFF_ONLY, 0.0)
    for digit in "1234":
        entry, _ = step(entry, Key(digit), STAFF_ONLY, 0.0)

    answered = replace(answer(permitted=False), subjects=frozenset({"other"}))
    _, effects = step(entry, Verified("t1", answered), STAFF_ONLY, 0.5)

    assert Tell(Reason.GRANTED) in effects
    assert StaffCame() not in effects


@pytest.mark.parametrize(("here", "subject", "comes"), [(AWAITED, "s", True), (site(), "s", False)])
def test_the_first_of_the_staff_begins_staffed_hours_once_the_strike_is_released(
    here: Site, subject: str, comes: bool
) -> None:
    entry = replace(verifying(), subject=subject)

    _, effects = step(entry, Verified("t1", answer()), here, 0.5)

    kinds = [type(effect) for effect in effects]
    assert kinds == [Record, Release, *([StaffCame] if comes else []), Tell, Settle]


def test_a_patron_is_not_the_first_person_in() -> None:
    waiting = replace(AWAITED, beneath=BranchState.SELF_SERVICE)

    _, effects = step(replace(verifying(), subject="anna"), Verified("t1", answer()), waiting, 0.5)

    assert Tell(Reason.GRANTED) in effects
    assert StaffCame() not in effects


def test_who_typed_in_time_and_is_answered_after_the_closing_stays_outside() -> None:
    _, effects = step(verifying(), Verified("t1", answer()), site(state=BranchState.CLOSED), 0.5)

    assert not any(isinstance(effect, Release) for effect in effects)
