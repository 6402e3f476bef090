"""What the house says against a card: an armed alarm lets in nobody, a fire only those who look after the house."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from meroppet.rules.access import Answer, Site, before_pin, decide, explain, stands_free
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import PatronFacts, Right
from meroppet.rules.entry import Card, Idle, Release, Verified, Verifying, step
from meroppet.rules.passes import Pass, PassKind
from meroppet.rules.pin import PinAnswer
from meroppet.rules.policy import Policy, StaffedDoor
from meroppet.rules.reasons import Reason

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
POLICY = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE, extended_seconds=25.0, number_entry=True)
OPEN = Site(
    now=NOW,
    today=date(2026, 11, 23),
    clock=ClockTrust.NTP,
    state=BranchState.SELF_SERVICE,
    policy=POLICY,
    staff=frozenset({"staff"}),
)
FINE = Answer(
    pin=PinAnswer.RIGHT,
    facts=PatronFacts(valid=True, birth_date=date(1980, 5, 1)),
    as_of=NOW,
    right=Right(permitted=True),
)
GUARD = Pass(id="p1", kind=PassKind.GUARD, always=True, verifier=b"v")
VISITOR = Pass(id="p2", kind=PassKind.VISITOR, once=True)


@pytest.mark.parametrize("pass_", [None, GUARD, VISITOR])
def test_nobody_is_let_in_while_the_intruder_alarm_is_armed(pass_: Pass | None) -> None:
    armed = replace(OPEN, armed=True)

    assert before_pin(OPEN, frozenset({"staff"}), pass_) is None
    assert before_pin(armed, frozenset({"staff"}), pass_) is Reason.ALARM_ARMED
    assert decide(armed, replace(FINE, pass_=pass_)).reason is Reason.ALARM_ARMED


def test_a_code_is_told_of_the_alarm_whether_it_is_one_or_not() -> None:
    _, effects = step(Idle(), Card(CardNumber("87654321"), "t1", typed=True), replace(OPEN, armed=True), 1.0)

    assert Reason.ALARM_ARMED.value in str(effects)


def test_a_fire_keeps_out_the_public_and_lets_in_who_looks_after_the_house() -> None:
    fire = replace(OPEN, fire=True)

    assert before_pin(fire) is Reason.FIRE
    assert before_pin(fire, frozenset({"staff"})) is None
    assert before_pin(fire, pass_=GUARD) is None
    assert before_pin(fire, pass_=VISITOR) is Reason.FIRE
    assert decide(fire, FINE).reason is Reason.FIRE


def test_a_door_stands_free_for_nobody_while_alarm_or_fire_stands() -> None:
    staffed = replace(OPEN, state=BranchState.STAFFED)

    assert stands_free(staffed)
    assert not stands_free(replace(staffed, armed=True))
    assert not stands_free(replace(staffed, fire=True))


@pytest.mark.parametrize(("extended", "seconds"), [(False, 5.0), (True, 25.0)])
def test_who_needs_longer_has_longer_and_no_row_says_so(extended: bool, seconds: float) -> None:
    asked = Verifying("t1", CardNumber("A1000001"), Pin("2468"), 1.0, 3.5)
    answer = replace(FINE, right=Right(permitted=True, extended=extended))

    _, effects = step(asked, Verified("t1", answer), OPEN, 2.0)

    assert Release("t1", seconds, "granted", extended) in effects
    assert "extended" not in str([effect for effect in effects if not isinstance(effect, Release)])


def test_of_a_tag_at_a_door_without_rules_nothing_more_is_asked() -> None:
    nothing = replace(OPEN, policy=None)

    assert [finding.rule for finding in explain(nothing, replace(FINE, pass_=GUARD))] == ["policy", "clock", "pin"]
