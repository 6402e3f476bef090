"""What each rule said: the first against is the verdict, and more asked or less known never lets anybody in."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.access import Answer, Site, before_pin, decide, explain, groups_at, is_let_in_as_member
from meroppet.rules.branch import BranchState
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.eligibility import ORDER, WAIVED, Right
from meroppet.rules.intervals import Window
from meroppet.rules.passes import Pass, PassKind
from meroppet.rules.pin import PinAnswer
from meroppet.rules.policy import GroupHours, WeakPins
from meroppet.rules.reasons import LOOKS_THE_SAME, Reason
from tests.unit.meroppet.rules.cases import FINE, NOW, OPEN, PERMITTED, RIGHT, STRICT, TODAY
from tests.unit.meroppet.rules.persons import ANSWERS, FACTS, MORE_AGAINST, MORE_ASKED, RIGHTS, SITES

CHESS = GroupHours("chess", "Schackklubben", ((Window(18 * 60, 23 * 60),), *((),) * 5, (Window(22 * 60, 26 * 60),)))
"""Mondays 18–23, Sundays 22–02."""
MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Stockholm"))
DOOR = ("policy", "clock", "hours", "pause")
PIN = ("register", "card", "pin", "age_of_facts", "invited")


@given(SITES, ANSWERS)
def test_the_first_finding_against_is_the_verdict(site: Site, answer: Answer) -> None:
    against = [finding.reason for finding in explain(site, answer) if finding.reason is not None]

    verdict = decide(site, answer)

    assert verdict.granted is (not against)
    assert verdict.reason is (against[0] if against else Reason.GRANTED)


@given(SITES, ANSWERS)
def test_what_is_refused_before_the_pin_is_refused_for_that(site: Site, answer: Answer) -> None:
    reason = before_pin(site, answer.subjects)

    assert reason is None or decide(site, answer).reason is reason


@given(SITES, ANSWERS, st.sampled_from(sorted(MORE_ASKED)))
def test_a_branch_that_asks_more_lets_nobody_in_whom_it_refused(site: Site, answer: Answer, more: str) -> None:
    if site.policy is None:
        return
    stricter = replace(site, policy=MORE_ASKED[more](site.policy))

    assert decide(site, answer).granted or not decide(stricter, answer).granted


@given(SITES, ANSWERS, FACTS, RIGHTS, st.sampled_from(sorted(MORE_AGAINST)))
def test_more_against_a_person_or_less_known_lets_nobody_in(
    site: Site, answer: Answer, facts: object, right: object, more: str
) -> None:
    known = replace(answer, facts=facts, right=right)  # type: ignore[arg-type]
    assert known.facts is not None
    assert known.right is not None
    worse_facts, worse_right = MORE_AGAINST[more](known.facts, known.right)
    worse = replace(known, facts=worse_facts, right=worse_right)

    assert decide(site, known).granted or not decide(site, worse).granted


@given(SITES, ANSWERS)
def test_what_nobody_knows_refuses(site: Site, answer: Answer) -> None:
    for unknown in (
        replace(answer, facts=None),
        replace(answer, as_of=None),
        replace(answer, contradiction=True),
        replace(answer, pin=PinAnswer.UNKNOWN),
        replace(answer, pin=PinAnswer.UNAVAILABLE),
        replace(answer, pin=PinAnswer.WITHHELD),
    ):
        assert not decide(site, unknown).granted
    assert not decide(replace(site, policy=None), answer).granted


@given(SITES, ANSWERS)
def test_a_person_is_spoken_of_only_after_a_right_pin(site: Site, answer: Answer) -> None:
    guessed = replace(answer, pin=PinAnswer.WRONG)

    reason = decide(site, guessed).reason

    assert reason in LOOKS_THE_SAME | {Reason.REGISTER_CONTRADICTION} or reason is before_pin(site, answer.subjects)


@given(SITES, ANSWERS)
def test_findings_name_nobody(site: Site, answer: Answer) -> None:
    for finding in explain(site, answer):
        for name, value in finding.facts.items():
            assert name not in {"birth_date", "number", "name"}
            assert not isinstance(value, str) or re.search(r"\d{5}", value) is None


def test_every_rule_is_asked_in_its_order() -> None:
    rules = [finding.rule for finding in explain(OPEN, RIGHT)]

    assert rules == [*DOOR, *PIN, *ORDER, "weak_pin", "full"]
    assert set(ORDER) > WAIVED


def test_a_finding_says_when_what_it_looked_at_was_known() -> None:
    known = {finding.rule: finding for finding in explain(OPEN, replace(RIGHT, as_of=NOW - timedelta(hours=3)))}

    assert known["age"].as_of == NOW - timedelta(hours=3)
    assert known["age"].facts == {"age": 46, "minimum_age": 18}
    assert known["hours"].as_of is None


def test_what_is_not_asked_of_staff_is_said_to_be_waived() -> None:
    site = replace(OPEN, state=BranchState.MAINTENANCE, staff=frozenset({"a1"}))

    found = {finding.rule: finding for finding in explain(site, replace(RIGHT, right=None, subjects=frozenset({"a1"})))}

    assert {rule for rule, finding in found.items() if finding.facts.get("waived")} == WAIVED
    assert not any(finding.reason for finding in found.values())


@pytest.mark.parametrize(
    ("most", "inside", "reason"),
    [
        (None, None, Reason.GRANTED),
        (None, 900, Reason.GRANTED),
        (10, 0, Reason.GRANTED),
        (10, 9, Reason.GRANTED),
        (10, 10, Reason.FULL),
        (10, 11, Reason.FULL),
        (10, None, Reason.FULL),
    ],
)
def test_no_more_are_let_in_than_there_is_room_for(most: int | None, inside: int | None, reason: Reason) -> None:
    site = replace(OPEN, policy=replace(STRICT, maximum_inside=most), inside=inside)

    assert decide(site, RIGHT).reason is reason


def test_staff_come_into_a_full_house() -> None:
    policy = replace(STRICT, maximum_inside=1)
    site = replace(OPEN, state=BranchState.MAINTENANCE, policy=policy, inside=1, staff=frozenset({"a1"}))

    assert decide(site, replace(RIGHT, subjects=frozenset({"a1"}))).granted


@pytest.mark.parametrize(
    ("weak", "weak_pins", "reason"),
    [
        (False, WeakPins.REFUSE, Reason.GRANTED),
        (True, WeakPins.REFUSE, Reason.WEAK_PIN),
        (True, WeakPins.ALLOW, Reason.GRANTED),
    ],
)
def test_a_pin_anybody_would_guess_opens_only_where_it_may(weak: bool, weak_pins: WeakPins, reason: Reason) -> None:
    site = replace(OPEN, policy=replace(STRICT, weak_pins=weak_pins))

    assert decide(site, replace(RIGHT, weak=weak)).reason is reason


def test_of_a_weak_pin_and_a_full_house_the_pin_is_told_and_of_a_debt_the_debt() -> None:
    site = replace(OPEN, policy=replace(STRICT, maximum_inside=1), inside=1)
    weak = replace(RIGHT, weak=True)

    assert decide(site, weak).reason is Reason.WEAK_PIN
    assert decide(site, replace(weak, facts=replace(FINE, fees_minor=10_001))).reason is Reason.FEES


@pytest.mark.parametrize(
    ("at", "on"),
    [
        (MONDAY.replace(hour=17, minute=59), False),
        (MONDAY.replace(hour=18), True),
        (MONDAY.replace(hour=22, minute=59), True),
        (MONDAY.replace(hour=23), False),
        (MONDAY.replace(hour=1, minute=59), True),
        (MONDAY.replace(hour=2), False),
        (MONDAY.replace(hour=19) + timedelta(days=1), False),
    ],
)
def test_a_group_has_hours_of_its_own(at: datetime, on: bool) -> None:
    assert (groups_at(replace(STRICT, group_hours=(CHESS,)), at) == (CHESS,)) is on


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (BranchState.CLOSED, Reason.GRANTED),
        (BranchState.SELF_SERVICE, Reason.GRANTED),
        (BranchState.MAINTENANCE, Reason.MAINTENANCE),
        (BranchState.EMERGENCY_CLOSED, Reason.EMERGENCY_CLOSED),
    ],
)
def test_a_member_comes_in_at_the_groups_hours_though_it_is_closed(state: BranchState, reason: Reason) -> None:
    site, member = replace(OPEN, state=state, members=frozenset({"a1"})), replace(RIGHT, subjects=frozenset({"a1"}))

    assert decide(site, member).reason is reason
    assert before_pin(site, member.subjects) is (None if reason is Reason.GRANTED else reason)


def test_who_is_no_member_stays_out_and_a_member_needs_all_else() -> None:
    site = replace(OPEN, state=BranchState.CLOSED, members=frozenset({"a1"}))
    member = replace(RIGHT, subjects=frozenset({"a1"}))

    assert decide(site, RIGHT).reason is Reason.CLOSED
    assert decide(site, replace(member, right=None)).reason is Reason.NO_PERMISSION
    assert not is_let_in_as_member(replace(site, state=BranchState.SELF_SERVICE), member.subjects)


def test_nobody_new_comes_in_at_a_pause_though_the_group_meets() -> None:
    site = replace(OPEN, pause=Pause(PauseKind.EMPTYING, NOW), members=frozenset({"a1"}))

    assert decide(site, replace(RIGHT, subjects=frozenset({"a1"}))).reason is Reason.EMPTYING


GUARD = Pass(id="g", kind=PassKind.GUARD, always=True)
VISITOR = Pass(id="v", kind=PassKind.VISITOR, once=True)
NO_PIN = Answer(pin=PinAnswer.UNKNOWN, as_of=NOW)


@pytest.mark.parametrize(
    ("held", "site", "answer", "reason"),
    [
        (GUARD, {"state": BranchState.CLOSED}, {}, Reason.GRANTED),
        (GUARD, {}, {"as_of": None}, Reason.STALE_DATA),
        (GUARD, {}, {"as_of": NOW - timedelta(days=30)}, Reason.STALE_DATA),
        (GUARD, {"policy": None}, {}, Reason.NO_POLICY),
        (replace(GUARD, verifier=b"v"), {}, {}, Reason.PIN_NOT_VERIFIED),
        (replace(GUARD, verifier=b"v"), {}, {"pin": PinAnswer.WRONG}, Reason.WRONG_PIN),
        (replace(GUARD, verifier=b"v"), {}, {"pin": PinAnswer.RIGHT}, Reason.GRANTED),
        (replace(GUARD, valid_until=MONDAY), {}, {}, Reason.PASS_EXPIRED),
        (VISITOR, {}, {}, Reason.GRANTED),
        (VISITOR, {}, {"pass_used": True}, Reason.PASS_USED),
        (VISITOR, {"state": BranchState.CLOSED}, {}, Reason.PASS_NOT_NOW),
        (VISITOR, {"policy": replace(STRICT, maximum_inside=1), "inside": 1}, {}, Reason.FULL),
        (GUARD, {"policy": replace(STRICT, maximum_inside=1), "inside": 1}, {}, Reason.GRANTED),
    ],
)
def test_a_pass_is_asked_nothing_a_patron_is_asked(
    held: Pass, site: dict[str, object], answer: dict[str, object], reason: Reason
) -> None:
    door = replace(replace(OPEN, now=MONDAY.replace(hour=9)), **site)  # type: ignore[arg-type]
    shown = replace(replace(NO_PIN, pass_=held), **answer)  # type: ignore[arg-type]

    assert decide(door, shown).reason is reason


def test_a_right_of_nobody_is_one_of_which_nothing_is_known() -> None:
    assert decide(OPEN, replace(RIGHT, right=Right(permitted=None))).reason is Reason.NO_PERMISSION
    assert PERMITTED.permitted
    assert OPEN.today == TODAY
