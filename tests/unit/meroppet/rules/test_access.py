"""The verdict: everything known, recent and for it, or the first reason against it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.access import UNAVAILABLE, Answer, Site, before_pin, decide, settled
from meroppet.rules.branch import OPEN, BranchState, ClockTrust
from meroppet.rules.eligibility import PatronFacts, Policy, Right
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
SITE = Site(
    now=NOW,
    today=date(2026, 11, 23),
    clock=ClockTrust.NTP,
    state=BranchState.SELF_SERVICE,
    policy=Policy(minimum_age=16),
)
FACTS = PatronFacts(valid=True, birth_date=date(1980, 5, 1))
RIGHT = Answer(pin=PinAnswer.RIGHT, facts=FACTS, as_of=NOW, right=Right(permitted=True))


@pytest.mark.parametrize(
    ("site", "answer", "reason"),
    [
        ({}, {}, Reason.GRANTED),
        ({"state": BranchState.STAFFED}, {}, Reason.GRANTED),
        ({"state": BranchState.CLOSED}, {}, Reason.CLOSED),
        ({"state": BranchState.EVENT}, {}, Reason.GRANTED),
        ({"state": BranchState.MAINTENANCE}, {}, Reason.MAINTENANCE),
        ({"state": BranchState.EMERGENCY_CLOSED}, {}, Reason.EMERGENCY_CLOSED),
        ({"clock": ClockTrust.NONE}, {}, Reason.CLOCK_UNTRUSTED),
        ({"policy": None}, {}, Reason.NO_POLICY),
        ({}, {"pin": PinAnswer.WRONG}, Reason.WRONG_PIN),
        ({}, {"pin": PinAnswer.UNKNOWN, "facts": None}, Reason.UNKNOWN_CARD),
        ({}, {"facts": None}, Reason.UNKNOWN_CARD),
        ({}, {"facts": replace(FACTS, valid=False)}, Reason.UNKNOWN_CARD),
        ({}, {"pin": PinAnswer.UNKNOWN}, Reason.PIN_NOT_VERIFIED),
        ({}, {"pin": PinAnswer.UNAVAILABLE}, Reason.ILS_UNAVAILABLE),
        ({}, {"pin": PinAnswer.WITHHELD}, Reason.PIN_WITHHELD),
        ({}, {"contradiction": True}, Reason.REGISTER_CONTRADICTION),
        ({}, {"as_of": None}, Reason.STALE_DATA),
        ({}, {"as_of": NOW - timedelta(hours=72, seconds=1)}, Reason.STALE_DATA),
        ({}, {"as_of": NOW - timedelta(hours=72)}, Reason.GRANTED),
        ({}, {"as_of": NOW + timedelta(hours=72)}, Reason.GRANTED),
        ({}, {"as_of": NOW + timedelta(hours=72, seconds=1)}, Reason.STALE_DATA),
        ({}, {"right": None}, Reason.NO_PERMISSION),
    ],
)
def test_one_change_one_reason(site: dict[str, object], answer: dict[str, object], reason: Reason) -> None:
    verdict = decide(replace(SITE, **site), replace(RIGHT, **answer))  # type: ignore[arg-type]

    assert verdict.reason is reason
    assert verdict.granted is (reason is Reason.GRANTED)


def test_before_a_pin_nothing_depends_on_who_it_is() -> None:
    assert before_pin(SITE) is None
    assert before_pin(replace(SITE, state=BranchState.CLOSED)) is Reason.CLOSED


answers = st.builds(
    Answer,
    pin=st.sampled_from(PinAnswer),
    facts=st.none() | st.builds(PatronFacts, valid=st.booleans(), birth_date=st.none() | st.just(date(1980, 5, 1))),
    as_of=st.none() | st.sampled_from([NOW, NOW - timedelta(days=9)]),
    right=st.none() | st.builds(Right, permitted=st.booleans()),
    contradiction=st.booleans(),
)
sites = st.builds(
    Site,
    now=st.just(NOW),
    today=st.just(date(2026, 11, 23)),
    clock=st.sampled_from(ClockTrust),
    state=st.sampled_from(BranchState),
    policy=st.none() | st.just(Policy(minimum_age=16)),
)


@given(sites, answers)
def test_nobody_comes_in_unless_everything_speaks_for_it(site: Site, answer: Answer) -> None:
    if decide(site, answer).granted:
        assert site.policy is not None
        assert site.state in OPEN
        assert site.clock is not ClockTrust.NONE
        assert answer.pin is PinAnswer.RIGHT
        assert not answer.contradiction
        assert answer.facts is not None
        assert answer.facts.valid
        assert answer.right is not None
        assert answer.right.permitted
        assert answer.as_of == NOW


@given(sites)
def test_no_answer_is_a_no(site: Site) -> None:
    assert not decide(site, UNAVAILABLE).granted


OLD = NOW - timedelta(days=30)
SPOILT = [None, replace(FACTS, valid=False), replace(FACTS, lost=True), FACTS]


def _expected(site: Site, answer: Answer) -> Reason:
    """The order of telling, written down a second time."""
    told = [
        (site.policy is None, Reason.NO_POLICY),
        (site.clock is ClockTrust.NONE, Reason.CLOCK_UNTRUSTED),
        (site.state is BranchState.CLOSED, Reason.CLOSED),
        (site.state is BranchState.MAINTENANCE, Reason.MAINTENANCE),
        (site.state is BranchState.EMERGENCY_CLOSED, Reason.EMERGENCY_CLOSED),
        (answer.contradiction, Reason.REGISTER_CONTRADICTION),
        (answer.pin is PinAnswer.UNAVAILABLE, Reason.ILS_UNAVAILABLE),
        (answer.pin is PinAnswer.WITHHELD, Reason.PIN_WITHHELD),
        (answer.facts is None or not answer.facts.valid, Reason.UNKNOWN_CARD),
        (answer.pin is PinAnswer.WRONG, Reason.WRONG_PIN),
        (answer.pin is PinAnswer.UNKNOWN, Reason.PIN_NOT_VERIFIED),
        (answer.as_of in {None, OLD}, Reason.STALE_DATA),
        (answer.facts is not None and answer.facts.lost, Reason.CARD_LOST),
        (answer.right is None, Reason.NO_PERMISSION),
    ]
    return next((reason for holds, reason in told if holds), Reason.GRANTED)


@pytest.mark.parametrize("state", BranchState)
@pytest.mark.parametrize("clock", ClockTrust)
@pytest.mark.parametrize("policy", [None, SITE.policy])
def test_of_everything_that_can_be_wrong_the_first_is_the_reason(
    state: BranchState, clock: ClockTrust, policy: Policy | None
) -> None:
    site = replace(SITE, state=state, clock=clock, policy=policy)
    rights = [None, Right(permitted=True)]

    for pin, facts, as_of, right, against in product(PinAnswer, SPOILT, [None, OLD, NOW], rights, [True, False]):
        answer = Answer(pin=pin, facts=facts, as_of=as_of, right=right, contradiction=against)
        verdict = decide(site, answer)

        assert verdict.reason is _expected(site, answer)
        assert verdict.granted is (verdict.reason is Reason.GRANTED)


@pytest.mark.parametrize(
    ("pin", "facts", "contradiction", "outcome"),
    [
        (PinAnswer.RIGHT, FACTS, False, Outcome.RIGHT),
        (PinAnswer.RIGHT, replace(FACTS, lost=True), False, Outcome.RIGHT),
        (PinAnswer.RIGHT, FACTS, True, Outcome.UNDECIDED),
        (PinAnswer.RIGHT, None, False, Outcome.WRONG),
        (PinAnswer.RIGHT, replace(FACTS, valid=False), False, Outcome.WRONG),
        (PinAnswer.WRONG, FACTS, False, Outcome.WRONG),
        (PinAnswer.WRONG, FACTS, True, Outcome.WRONG),
        (PinAnswer.WRONG, None, False, Outcome.WRONG),
        (PinAnswer.UNKNOWN, None, False, Outcome.WRONG),
        (PinAnswer.UNAVAILABLE, None, False, Outcome.UNDECIDED),
        (PinAnswer.WITHHELD, None, False, Outcome.WRONG),
        (PinAnswer.UNAVAILABLE, FACTS, True, Outcome.UNDECIDED),
    ],
)
def test_failures_are_cleared_only_by_a_pin_right_for_a_known_patron(
    pin: PinAnswer, facts: PatronFacts | None, contradiction: bool, outcome: Outcome
) -> None:
    assert settled(pin, facts, contradiction=contradiction) is outcome
