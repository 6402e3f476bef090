"""What the door decides by itself where the branch lets it: by learned PINs, and by a card alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from meroppet.rules.access import UNAVAILABLE, Answer, Site
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.eligibility import Right
from meroppet.rules.entry import (
    ANSWER_CAP,
    CARD_ALONE,
    LEARNED,
    REGISTER,
    SPARE_SECONDS,
    AskingPin,
    AskPin,
    Count,
    Effect,
    Entry,
    Holding,
    Key,
    Recall,
    Recheck,
    Record,
    Release,
    Settle,
    Showing,
    Tag,
    Tell,
    Tick,
    Verified,
    Verify,
    Verifying,
    step,
)
from meroppet.rules.events import AccessGranted, AccessRefused
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.policy import PinCheck, Policy, WithoutConnection
from meroppet.rules.reasons import Reason
from tests.unit.meroppet.rules.cases import CARD, NOW, OPEN, PIN, RIGHT, STRICT, TODAY, YESTERDAY

HERE = OPEN
LEARNS = replace(STRICT, offline_pin=True)
LOCAL = replace(LEARNS, pin_check=PinCheck.LOCAL_FIRST)
ALONE = replace(STRICT, without_connection=WithoutConnection.CARD_ONLY)
VOUCHED = Right(permitted=True, facts_ok_until=TODAY)
CAP = 100.0 + ANSWER_CAP
WRONG = replace(RIGHT, pin=PinAnswer.WRONG)
NOTHING = Answer(pin=PinAnswer.UNAVAILABLE, right=VOUCHED, as_of=NOW)


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


# Learned PINs


@pytest.mark.parametrize("policy", [LEARNS, LOCAL, ALONE])
def test_what_the_device_knows_is_asked_after_the_count_and_before_the_register(policy: Policy) -> None:
    entry, effects = typed(by(policy))

    assert entry == waiting(LEARNED)
    assert effects == (AskPin(4), Count("a", CARD), Recall("a", CARD, PIN))


@pytest.mark.parametrize(("recalled", "agreed"), [(RIGHT, True), (WRONG, False), (UNAVAILABLE, False)])
def test_the_register_is_told_whether_what_was_learned_agrees(recalled: Answer, agreed: bool) -> None:
    entry, effects = step(waiting(LEARNED), Verified("a", recalled, LEARNED), by(LEARNS), 100.1)

    assert entry == waiting(REGISTER, recalled)
    assert effects == (Verify("a", CARD, PIN, CAP - SPARE_SECONDS, agreed),)


def test_the_register_comes_first_and_what_it_says_holds() -> None:
    _, effects = step(waiting(REGISTER, RIGHT), Verified("a", WRONG), by(LEARNS), 100.3)

    assert reasons(effects) == [Reason.WRONG_PIN]


@pytest.mark.parametrize(
    ("recalled", "ends"), [(RIGHT, "granted"), (WRONG, Reason.WRONG_PIN), (UNAVAILABLE, Reason.ILS_UNAVAILABLE)]
)
def test_without_the_register_what_was_learned_decides(recalled: Answer, ends: str) -> None:
    _, effects = step(waiting(REGISTER, recalled), Verified("a", UNAVAILABLE), by(LEARNS), 100.3)

    assert reasons(effects) == [ends]
    assert opens(effects) is (ends == "granted")


def test_a_pin_that_was_withheld_is_no_silence_of_the_register() -> None:
    withheld = Answer(pin=PinAnswer.WITHHELD)

    _, effects = step(waiting(REGISTER, RIGHT), Verified("a", withheld), by(LEARNS), 100.3)

    assert effects == (
        Settle("a", Outcome.WRONG),
        Record(AccessRefused("a", Reason.PIN_WITHHELD), CARD),
    )


def test_nothing_is_let_in_by_what_was_learned_where_the_branch_no_longer_allows_it() -> None:
    _, effects = step(waiting(REGISTER, RIGHT), Verified("a", UNAVAILABLE), by(STRICT), 100.3)

    assert reasons(effects) == [Reason.ILS_UNAVAILABLE]


def test_at_the_cap_it_is_a_refusal_whatever_was_learned() -> None:
    for entry in (waiting(LEARNED), waiting(REGISTER, RIGHT)):
        after, effects = step(entry, Tick(), by(LEARNS), CAP)

        assert after == Holding(Reason.ILS_UNAVAILABLE, CAP)
        assert not opens(effects)


def test_local_first_lets_in_at_once_and_asks_the_register_afterwards() -> None:
    entry, effects = step(waiting(LEARNED), Verified("a", RIGHT, LEARNED), by(LOCAL), 100.1)

    assert isinstance(entry, Showing)
    assert effects == (
        Record(AccessGranted("a", "cached"), CARD),
        Release("a", LOCAL.release_seconds, "granted"),
        Tell(Reason.GRANTED),
        Settle("a", Outcome.RIGHT),
        Recheck("a", CARD, PIN),
    )


def test_what_the_register_has_doubted_comes_first_no_more_and_still_stands_in() -> None:
    doubted = Verified("a", RIGHT, LEARNED, doubted=True)

    entry, effects = step(waiting(LEARNED), doubted, by(LOCAL), 100.1)
    assert [type(effect) for effect in effects] == [Verify]

    _, effects = step(entry, Verified("a", UNAVAILABLE), by(LOCAL), 100.2)
    assert opens(effects)


@pytest.mark.parametrize(
    "recalled",
    [
        WRONG,
        UNAVAILABLE,
        replace(RIGHT, as_of=NOW - timedelta(hours=73)),
        replace(RIGHT, right=Right(permitted=False)),
        replace(RIGHT, weak=True),
    ],
)
def test_local_first_asks_the_register_before_it_refuses(recalled: Answer) -> None:
    _, effects = step(waiting(LEARNED), Verified("a", recalled, LEARNED), by(LOCAL), 100.1)

    assert [type(effect) for effect in effects] == [Verify]


# A card alone


def test_a_card_alone_opens_where_the_branch_wants_it_so_and_nothing_was_learned() -> None:
    _, effects = step(waiting(REGISTER, NOTHING), Verified("a", UNAVAILABLE), by(ALONE), 100.3)

    assert effects == (
        Record(AccessGranted("a", CARD_ALONE), CARD),
        Release("a", ALONE.release_seconds, "granted"),
        Tell(Reason.GRANTED),
        Settle("a", Outcome.UNDECIDED),
    )


def test_a_register_that_answers_for_somebody_else_is_not_gone_and_no_card_alone_opens() -> None:
    mixed_up = replace(UNAVAILABLE, contradiction=True)

    _, effects = step(waiting(REGISTER, NOTHING), Verified("a", mixed_up), by(ALONE), 100.3)
    assert reasons(effects) == [Reason.REGISTER_CONTRADICTION]
    assert not opens(effects)

    _, effects = step(waiting(REGISTER, RIGHT), Verified("a", mixed_up), by(LEARNS), 100.3)
    assert opens(effects)


@pytest.mark.parametrize(
    ("site", "recalled"),
    [
        (by(STRICT), NOTHING),
        (by(ALONE), None),
        (by(ALONE), replace(NOTHING, right=None)),
        (by(ALONE), replace(NOTHING, right=replace(VOUCHED, permitted=None))),
        (by(ALONE), replace(NOTHING, right=replace(VOUCHED, permitted=False))),
        (by(ALONE), replace(NOTHING, right=replace(VOUCHED, facts_ok_until=None))),
        (by(ALONE), replace(NOTHING, right=replace(VOUCHED, facts_ok_until=YESTERDAY))),
        (by(ALONE), replace(NOTHING, right=replace(VOUCHED, valid_until=YESTERDAY))),
        (by(ALONE), replace(NOTHING, right=replace(VOUCHED, suspended_until=TODAY))),
        (by(ALONE), replace(NOTHING, as_of=None)),
        (by(ALONE), replace(NOTHING, as_of=NOW - timedelta(hours=73))),
        (by(replace(ALONE, terms_required=True)), NOTHING),
        (by(replace(ALONE, introduction_required=True)), NOTHING),
        (by(replace(ALONE, maximum_inside=3), inside=3), NOTHING),
        (by(replace(ALONE, maximum_inside=3), inside=None), NOTHING),
        (by(ALONE, state=BranchState.CLOSED), NOTHING),
        (by(ALONE, state=BranchState.MAINTENANCE, staff=frozenset({""})), NOTHING),
        (by(ALONE, state=BranchState.EVENT, listed_only=True), NOTHING),
        (by(ALONE, pause=Pause(PauseKind.LAST_ENTRY, NOW)), NOTHING),
        (by(ALONE, clock=ClockTrust.NONE), NOTHING),
        (by(replace(ALONE, offline_pin=True)), replace(NOTHING, pin=PinAnswer.WRONG, facts=RIGHT.facts)),
    ],
)
def test_a_card_alone_opens_nothing_else(site: Site, recalled: Answer | None) -> None:
    _, effects = step(waiting(REGISTER, recalled), Verified("a", UNAVAILABLE), site, 100.3)

    assert not opens(effects)


def test_what_the_register_says_comes_before_a_card_alone() -> None:
    for said in (WRONG, Answer(pin=PinAnswer.UNKNOWN), Answer(pin=PinAnswer.WITHHELD)):
        _, effects = step(waiting(REGISTER, NOTHING), Verified("a", said), by(ALONE), 100.3)

        assert not opens(effects)
