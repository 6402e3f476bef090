"""Who comes in while something is laid over the hours: events, maintenance, an emergency, pauses, a first person in."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.access import NOBODY, Answer, Site, before_pin, decide, stands_free
from meroppet.rules.branch import OPEN, BranchState, ClockTrust
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.eligibility import Policy, Right, StaffedDoor, may_enter, may_enter_listed
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason
from tests.unit.meroppet.rules.cases import FINE, NOW, PERMITTED, RIGHT, STRICT, TODAY, YESTERDAY
from tests.unit.meroppet.rules.cases import OPEN as SITE

STAFF, GUEST, STRANGER = "5" * 32, "6" * 32, "7" * 32
LISTED = replace(SITE, staff=frozenset({STAFF}), invited=frozenset({GUEST}))
AWAITED = replace(LISTED, state=BranchState.STAFFED, staff_awaited=True)
LAST_ENTRY = Pause(PauseKind.LAST_ENTRY, NOW + timedelta(minutes=5))
EMPTYING = Pause(PauseKind.EMPTYING, NOW + timedelta(minutes=5))
STATES = {
    "self-service": LISTED,
    "staffed": replace(LISTED, state=BranchState.STAFFED),
    "closed": replace(LISTED, state=BranchState.CLOSED),
    "event": replace(LISTED, state=BranchState.EVENT),
    "invited": replace(LISTED, state=BranchState.EVENT, listed_only=True),
    "maintenance": replace(LISTED, state=BranchState.MAINTENANCE),
    "emergency": replace(LISTED, state=BranchState.EMERGENCY_CLOSED),
    "awaited, self-service beneath": replace(AWAITED, beneath=BranchState.SELF_SERVICE),
    "awaited, closed beneath": AWAITED,
    "last entry": replace(LISTED, pause=LAST_ENTRY),
    "emptying": replace(LISTED, pause=EMPTYING),
}
ASKED = None


def _as(subject: str, **changed: object) -> Answer:
    return replace(RIGHT, subjects=frozenset({subject}), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "stranger", "staff"),
    [
        ("self-service", ASKED, ASKED),
        ("staffed", ASKED, ASKED),
        ("event", ASKED, ASKED),
        ("invited", ASKED, ASKED),
        ("closed", Reason.CLOSED, Reason.CLOSED),
        ("maintenance", Reason.MAINTENANCE, ASKED),
        ("emergency", Reason.EMERGENCY_CLOSED, ASKED),
        ("awaited, self-service beneath", ASKED, ASKED),
        ("awaited, closed beneath", Reason.AWAITING_STAFF, ASKED),
        ("last entry", Reason.LAST_ENTRY, Reason.LAST_ENTRY),
        ("emptying", Reason.EMPTYING, Reason.EMPTYING),
    ],
)
def test_what_a_card_is_told_before_a_pin(name: str, stranger: Reason | None, staff: Reason | None) -> None:
    site = STATES[name]

    assert before_pin(site) is stranger
    assert before_pin(site, frozenset({STRANGER})) is stranger
    assert before_pin(site, frozenset({GUEST})) is stranger
    assert before_pin(site, frozenset({STAFF})) is staff


@pytest.mark.parametrize(
    ("name", "member", "stranger", "guest", "staff"),
    [
        ("self-service", "granted", "no_permission", "no_permission", "no_permission"),
        ("staffed", "granted", "no_permission", "no_permission", "no_permission"),
        ("event", "granted", "no_permission", "no_permission", "no_permission"),
        ("invited", "invited_only", "invited_only", "granted", "invited_only"),
        ("closed", "closed", "closed", "closed", "closed"),
        ("maintenance", "maintenance", "maintenance", "maintenance", "granted"),
        ("emergency", "emergency_closed", "emergency_closed", "emergency_closed", "granted"),
        ("awaited, self-service beneath", "granted", "no_permission", "no_permission", "granted"),
        ("awaited, closed beneath", "awaiting_staff", "awaiting_staff", "awaiting_staff", "granted"),
        ("last entry", "last_entry", "last_entry", "last_entry", "last_entry"),
        ("emptying", "emptying", "emptying", "emptying", "emptying"),
    ],
)
def test_who_comes_in_with_a_right_pin(name: str, member: str, stranger: str, guest: str, staff: str) -> None:
    site = STATES[name]
    told = (
        decide(site, _as(STRANGER)),
        decide(site, _as(STRANGER, right=None)),
        decide(site, _as(GUEST, right=None)),
        decide(site, _as(STAFF, right=None)),
    )

    assert [verdict.reason.value for verdict in told] == [member, stranger, guest, staff]
    assert [verdict.granted for verdict in told] == [reason == "granted" for reason in (member, stranger, guest, staff)]


def test_a_person_is_known_by_the_card_shown_or_by_the_number_the_register_has() -> None:
    both = replace(RIGHT, right=None, subjects=frozenset({STRANGER, STAFF}))

    assert decide(STATES["maintenance"], both).granted


def test_who_is_not_invited_is_told_so_only_after_a_right_pin() -> None:
    site = STATES["invited"]

    assert decide(site, _as(STRANGER, pin=PinAnswer.WRONG)).reason is Reason.WRONG_PIN
    assert decide(site, _as(STRANGER, pin=PinAnswer.UNAVAILABLE)).reason is Reason.ILS_UNAVAILABLE
    assert decide(site, _as(STRANGER, facts=replace(FINE, lost=True))).reason is Reason.INVITED_ONLY


@pytest.mark.parametrize(
    ("facts", "right", "reason"),
    [
        ({}, None, Reason.GRANTED),
        ({}, Right(permitted=False), Reason.GRANTED),
        ({}, Right(permitted=True, valid_until=YESTERDAY), Reason.GRANTED),
        ({"birth_date": None}, None, Reason.GRANTED),
        ({"birth_date": date(2020, 1, 1)}, None, Reason.GRANTED),
        ({"category": "CHILD"}, None, Reason.GRANTED),
        ({"category": None}, None, Reason.GRANTED),
        ({"valid": False}, None, Reason.UNKNOWN_CARD),
        ({"lost": True}, PERMITTED, Reason.CARD_LOST),
        ({"expires": YESTERDAY}, PERMITTED, Reason.CARD_EXPIRED),
        ({"debarred": True}, PERMITTED, Reason.ILS_BLOCK),
        ({"fees_minor": 20_000}, PERMITTED, Reason.FEES),
        ({}, Right(permitted=True, suspended_until=TODAY), Reason.SUSPENDED),
    ],
)
def test_a_list_waives_permission_age_and_category_and_nothing_else(
    facts: dict[str, object], right: Right | None, reason: Reason
) -> None:
    person = replace(FINE, **facts)  # type: ignore[arg-type]

    assert may_enter_listed(person, right, STRICT, TODAY) is reason
    assert decide(STATES["invited"], _as(GUEST, facts=person, right=right)).reason is reason
    if reason is not Reason.GRANTED:
        assert may_enter(person, right or PERMITTED, STRICT, TODAY) is reason


@pytest.mark.parametrize("way", StaffedDoor)
@pytest.mark.parametrize("name", STATES)
def test_only_an_event_for_all_and_staffed_hours_stand_free(name: str, way: StaffedDoor) -> None:
    site = replace(STATES[name], policy=replace(STRICT, staffed_door=way))

    assert stands_free(site) is (name == "event" or (name == "staffed" and way is StaffedDoor.FREE))
    assert not stands_free(replace(site, policy=None))
    assert not stands_free(replace(site, clock=ClockTrust.NONE))
    assert not stands_free(replace(site, pause=LAST_ENTRY))


@pytest.mark.parametrize("beneath", [BranchState.CLOSED, BranchState.SELF_SERVICE])
def test_until_somebody_of_the_staff_has_come_the_door_is_as_beneath(beneath: BranchState) -> None:
    waiting = replace(AWAITED, beneath=beneath)

    assert waiting.in_force is beneath
    assert replace(waiting, staff_awaited=False).in_force is BranchState.STAFFED
    assert replace(waiting, state=BranchState.EVENT).in_force is BranchState.EVENT


subjects = st.sampled_from([STAFF, GUEST, STRANGER])
lists = st.frozensets(subjects)
sites = st.builds(
    Site,
    now=st.just(NOW),
    today=st.just(TODAY),
    clock=st.sampled_from(ClockTrust),
    state=st.sampled_from(BranchState),
    policy=st.none() | st.sampled_from([STRICT, Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)]),
    beneath=st.sampled_from([BranchState.CLOSED, BranchState.SELF_SERVICE]),
    listed_only=st.booleans(),
    pause=st.sampled_from([None, LAST_ENTRY, EMPTYING]),
    staff_awaited=st.booleans(),
    staff=lists,
    invited=lists,
)
answers = st.builds(
    Answer,
    pin=st.sampled_from(PinAnswer),
    facts=st.sampled_from([None, FINE, replace(FINE, lost=True), replace(FINE, birth_date=date(2020, 1, 1))]),
    as_of=st.sampled_from([None, NOW]),
    right=st.sampled_from([None, PERMITTED, Right(permitted=False)]),
    subjects=lists,
    contradiction=st.booleans(),
)


@given(sites, answers)
def test_no_list_lets_anybody_in_without_a_right_pin(site: Site, answer: Answer) -> None:
    if decide(site, answer).granted:
        assert answer.pin is PinAnswer.RIGHT
        assert not answer.contradiction
        assert site.clock is not ClockTrust.NONE


@given(sites, answers)
def test_what_is_not_open_opens_for_the_staffs_list_alone(site: Site, answer: Answer) -> None:
    if decide(site, answer).granted and site.in_force not in OPEN:
        assert not site.staff.isdisjoint(answer.subjects)
        assert site.state is not BranchState.CLOSED


@given(sites, answers, lists, lists)
def test_a_longer_list_takes_nothing_from_anybody_else(
    site: Site, answer: Answer, more_staff: frozenset[str], more_invited: frozenset[str]
) -> None:
    longer = replace(site, staff=site.staff | more_staff, invited=site.invited | more_invited)

    if answer.subjects.isdisjoint(more_staff | more_invited):
        assert decide(longer, answer) == decide(site, answer)
    assert decide(longer, answer).granted or not decide(site, answer).granted


@given(sites, answers)
def test_whoever_is_on_no_list_needs_a_permission_in_every_state(site: Site, answer: Answer) -> None:
    verdict = decide(site, replace(answer, subjects=NOBODY))

    if verdict.granted:
        assert answer.right == PERMITTED
        assert site.in_force in OPEN
        assert site.pause is None


@given(sites)
def test_a_free_door_is_open_and_in_no_pause(site: Site) -> None:
    if stands_free(site):
        assert site.pause is None
        assert site.in_force in {BranchState.EVENT, BranchState.STAFFED}
        assert not (site.in_force is BranchState.EVENT and site.listed_only)
        assert not (site.in_force is BranchState.STAFFED and site.staff_awaited)
