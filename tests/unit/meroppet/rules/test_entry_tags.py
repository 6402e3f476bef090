"""Tags, codes and numbers typed at the keypad: each has its own way in, and none of them a shorter one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from meroppet.rules.access import Answer, Site
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.credentials import CardNumber
from meroppet.rules.entry import (
    ANSWER_CAP,
    CANCEL,
    LEARNED,
    OK,
    PASS,
    PIN_SECONDS,
    REGISTER,
    AskingPin,
    AskNumber,
    AskPin,
    Card,
    CheckTag,
    Count,
    Effect,
    Entry,
    Holding,
    Identify,
    Idle,
    Key,
    Record,
    Release,
    Rest,
    Settle,
    StaffCame,
    Tag,
    Tell,
    Tick,
    TypingNumber,
    Verified,
    Verifying,
    due,
    step,
)
from meroppet.rules.events import AccessGranted, AccessRefused
from meroppet.rules.passes import Pass, PassKind
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.policy import Policy, WithoutConnection
from meroppet.rules.reasons import Reason
from tests.unit.meroppet.rules.cases import CARD, NOW, OPEN, PIN, RIGHT, STRICT

HERE = OPEN
CAP = 100.0 + ANSWER_CAP
CLEANER = Pass(id="p1", kind=PassKind.CLEANER, always=True, verifier=b"v" * 48)
CODE = Pass(id="p2", kind=PassKind.VISITOR, once=True)
NUMBER = CardNumber("87654321")
PERSON = "199001011239"
ALONE = replace(STRICT, without_connection=WithoutConnection.CARD_ONLY)


def by(policy: Policy, **site: object) -> Site:
    return replace(HERE, policy=policy, **site)  # type: ignore[arg-type]


def waiting(awaits: str = REGISTER, recalled: Answer | None = None, tag: Tag | None = None) -> Verifying:
    return Verifying("a", CARD, PIN, 100.0, CAP, awaits, recalled=recalled, tag=tag)


def typed(site: Site, tag: Tag | None = None) -> tuple[Entry, tuple[Effect, ...]]:
    entry: Entry = AskingPin("a", CARD, 100.0, 100.0, PIN.digits[:-1], tag=tag)
    return step(entry, Key(PIN.digits[-1]), site, 100.0)


def reasons(effects: tuple[Effect, ...]) -> list[object]:
    return [effect.event.detail().get("reason", "granted") for effect in effects if isinstance(effect, Record)]


def opens(effects: tuple[Effect, ...]) -> bool:
    return any(isinstance(effect, Release) for effect in effects)


# Tags


def test_a_tag_is_asked_for_its_own_pin_also_when_closed_and_the_register_is_not() -> None:
    shut = by(STRICT, state=BranchState.CLOSED)
    _, effects = step(Idle(), Card(CARD, "a", tag=Tag(CLEANER, NOW)), shut, 100.0)
    assert effects == (AskPin(0),)

    _, effects = typed(shut, Tag(CLEANER, NOW))
    assert effects == (AskPin(4), Count("a", CARD), CheckTag("a", CARD, PIN, CLEANER))

    _, effects = step(
        waiting(PASS, tag=Tag(CLEANER, NOW)), Verified("a", Answer(pin=PinAnswer.RIGHT), PASS), shut, 100.1
    )
    assert effects == (
        Record(AccessGranted("a", PASS), CARD),
        Release("a", STRICT.release_seconds, "granted"),
        Tell(Reason.GRANTED),
        Settle("a", Outcome.RIGHT),
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (PinAnswer.WRONG, Outcome.WRONG),
        (PinAnswer.UNKNOWN, Outcome.WRONG),
        (PinAnswer.UNAVAILABLE, Outcome.UNDECIDED),
    ],
)
def test_a_tag_without_its_own_pin_opens_nothing(answer: PinAnswer, outcome: Outcome) -> None:
    site = by(replace(ALONE, offline_pin=True))

    _, effects = step(waiting(PASS, tag=Tag(CLEANER, NOW)), Verified("a", Answer(pin=answer), PASS), site, 100.1)

    assert Settle("a", outcome) in effects
    assert not opens(effects)


@pytest.mark.parametrize("source", [REGISTER, LEARNED])
def test_nobody_else_answers_for_a_tag(source: str) -> None:
    entry = waiting(PASS, tag=Tag(CLEANER, NOW))

    assert step(entry, Verified("a", RIGHT, source), HERE, 100.1) == (entry, ())


def test_nobody_answers_for_a_patron_as_a_tag() -> None:
    assert step(waiting(), Verified("a", RIGHT, PASS), HERE, 100.1) == (waiting(), ())


def test_a_tag_of_staff_is_the_first_person_in() -> None:
    site = by(STRICT, state=BranchState.STAFFED, staff_awaited=True)
    tag = Tag(replace(CLEANER, kind=PassKind.STAFF), NOW)

    _, effects = step(waiting(PASS, tag=tag), Verified("a", Answer(pin=PinAnswer.RIGHT), PASS), site, 100.1)

    assert StaffCame() in effects


# Typed numbers


def type_number(digits: str, site: Site, *, ends: str = "") -> tuple[Entry, tuple[Effect, ...]]:
    entry: Entry = Idle()
    effects: tuple[Effect, ...] = ()
    for key in [*digits, *([ends] if ends else [])]:
        entry, effects = step(entry, Key(key), site, 100.0)
    return entry, effects


TAKES_NUMBERS = replace(STRICT, number_entry=True)


def test_twelve_digits_are_a_number_and_then_a_pin_is_asked_for() -> None:
    entry, effects = type_number(PERSON, by(TAKES_NUMBERS))
    assert (entry, effects) == (Idle(), (AskNumber(12), Identify(CardNumber(PERSON))))

    entry, effects = step(entry, Card(CardNumber(PERSON), "a", typed=True), by(TAKES_NUMBERS), 100.0)
    assert effects == (AskPin(0),)


def test_a_shorter_number_is_a_code_and_ends_with_ok() -> None:
    assert type_number("8765432", by(TAKES_NUMBERS))[1] == (AskNumber(7),)
    _, effects = type_number("87654321", by(TAKES_NUMBERS), ends=OK)
    assert effects == (AskNumber(8), Identify(NUMBER))


@pytest.mark.parametrize("ends", [CANCEL, "x", ""])
def test_a_number_given_up_leaves_nothing_behind(ends: str) -> None:
    entry, effects = step(TypingNumber(100.0, 100.0, "8765"), Key(ends), by(TAKES_NUMBERS), 101.0)

    assert (entry, effects) == (Idle(), (Rest(),))
    assert step(TypingNumber(100.0, 100.0, "87"), Key(OK), by(TAKES_NUMBERS), 101.0) == (Idle(), (Rest(),))


def test_nobody_waits_for_a_number_for_ever() -> None:
    entry = TypingNumber(100.0, 100.0, "8")

    assert due(entry) == 100.0 + PIN_SECONDS
    assert due(replace(entry, last_key=128.0)) == 138.0
    assert step(entry, Tick(), by(TAKES_NUMBERS), 130.0) == (Idle(), (Rest(),))


@pytest.mark.parametrize("site", [HERE, by(TAKES_NUMBERS, clock=ClockTrust.NONE), replace(HERE, policy=None)])
def test_keys_mean_nothing_where_no_numbers_are_taken(site: Site) -> None:
    assert step(Idle(), Key("8"), site, 100.0) == (Idle(), ())


def test_a_card_ends_a_number_that_was_begun() -> None:
    _, effects = step(TypingNumber(100.0, 100.0, "87"), Card(CARD, "a"), by(TAKES_NUMBERS), 101.0)

    assert effects == (AskPin(0),)


def test_a_right_code_is_counted_and_opens() -> None:
    _, effects = step(Idle(), Card(NUMBER, "a", tag=Tag(CODE, NOW), typed=True), by(TAKES_NUMBERS), 100.0)

    assert effects == (
        Count("a", NUMBER),
        Record(AccessGranted("a", PASS), NUMBER),
        Release("a", STRICT.release_seconds, "granted"),
        Tell(Reason.GRANTED),
        Settle("a", Outcome.RIGHT),
    )


@pytest.mark.parametrize("state", [BranchState.SELF_SERVICE, BranchState.CLOSED, BranchState.EMERGENCY_CLOSED])
def test_a_code_nobody_knows_is_counted_and_told_a_second_later_whatever_the_hour(state: BranchState) -> None:
    entry, effects = step(Idle(), Card(NUMBER, "a", typed=True), by(TAKES_NUMBERS, state=state), 100.0)

    assert entry == Holding(Reason.UNKNOWN_CODE, 101.0)
    assert effects == (
        Count("a", NUMBER),
        Settle("a", Outcome.WRONG),
        Record(AccessRefused("a", Reason.UNKNOWN_CODE, PASS), NUMBER),
    )


@pytest.mark.parametrize(
    ("tag", "site", "reason"),
    [
        (Tag(CODE, NOW, used=True), by(TAKES_NUMBERS), Reason.PASS_USED),
        (Tag(replace(CODE, valid_until=NOW), NOW), by(TAKES_NUMBERS), Reason.PASS_EXPIRED),
        (Tag(CODE), by(TAKES_NUMBERS), Reason.STALE_DATA),
        (Tag(CODE, NOW - timedelta(hours=73)), by(TAKES_NUMBERS), Reason.STALE_DATA),
        (Tag(CODE, NOW), by(TAKES_NUMBERS, state=BranchState.CLOSED), Reason.PASS_NOT_NOW),
        (Tag(CODE, NOW), by(TAKES_NUMBERS, state=BranchState.EMERGENCY_CLOSED), Reason.PASS_NOT_NOW),
    ],
)
def test_a_code_outside_its_time_opens_nothing(tag: Tag, site: Site, reason: Reason) -> None:
    entry, effects = step(Idle(), Card(NUMBER, "a", tag=tag, typed=True), site, 100.0)

    assert entry == Holding(reason, 101.0)
    assert reasons(effects) == [reason]


def test_a_door_that_is_paused_takes_no_code_either() -> None:
    card = Card(NUMBER, "a", Reason.DOOR_LOCKED_OUT, tag=Tag(CODE, NOW), typed=True)

    _, effects = step(Idle(), card, by(TAKES_NUMBERS), 100.0)

    assert effects == (Record(AccessRefused("a", Reason.DOOR_LOCKED_OUT), NUMBER), Tell(Reason.DOOR_LOCKED_OUT))


def test_no_typed_number_is_shown() -> None:
    entry, _ = type_number(PERSON[:-1], by(TAKES_NUMBERS))
    _, effects = step(entry, Key(PERSON[-1]), by(TAKES_NUMBERS), 100.0)

    assert PERSON[:-1] not in repr(entry)
    assert PERSON not in repr(effects)


def test_who_typed_her_personnummer_is_named_by_her_card_in_the_row() -> None:
    entry = Verifying("a", CardNumber(PERSON), PIN, 100.0, CAP, subject="typed")

    _, effects = step(entry, Verified("a", replace(RIGHT, subjects=frozenset({"card"}))), by(TAKES_NUMBERS), 100.3)

    assert Record(AccessGranted("a", REGISTER), CardNumber(PERSON), "card") in effects
