from dataclasses import replace
from datetime import date
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from meroppet.rules.eligibility import PatronFacts, Right
from meroppet.rules.intervals import Window
from meroppet.rules.policy import (
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
from meroppet.rules.terms import TermsStanding
from meroppet.wire.changes import PolicyDocument, RightDocument
from meroppet.wire.convert import (
    facts_from_wire,
    facts_to_wire,
    policy_from_wire,
    policy_to_wire,
    right_from_wire,
    right_to_wire,
)
from meroppet.wire.verify import WireFacts

Model = TypeVar("Model", bound=BaseModel)
DATES = st.none() | st.dates()
FACTS = st.builds(
    PatronFacts,
    valid=st.booleans(),
    birth_date=DATES,
    category=st.none() | st.text(max_size=5),
    expires=DATES,
    lost=st.booleans(),
    debarred=st.booleans(),
    blocked_from_borrowing=st.booleans(),
    fees_minor=st.none() | st.integers(-(2**53), 2**53),
    home=st.none() | st.text(max_size=5),
)
RIGHTS = st.builds(
    Right,
    permitted=st.none() | st.booleans(),
    valid_until=DATES,
    suspended_until=DATES,
    terms=st.sampled_from(TermsStanding),
    terms_until=DATES,
    introduced=st.booleans(),
    guardian_consent=st.booleans(),
    guest_approved=st.booleans(),
    facts_ok_until=DATES,
)
DAYS = st.sampled_from([(), (Window(),), (Window(300, 420), Window(1320, 1560))])
WEEKS = st.tuples(*[DAYS] * 7)
GROUPS = st.sampled_from(["chess", "band", "history"])
POLICIES = st.builds(
    Policy,
    minimum_age=st.integers(0, 120),
    guardian_below=st.none() | st.integers(1, 120),
    permission=st.sampled_from(Permission),
    terms_required=st.booleans(),
    introduction_required=st.booleans(),
    homes=st.none() | st.frozensets(st.text(max_size=3), max_size=3),
    guests=st.sampled_from(Guests),
    companions=st.sampled_from(Companions),
    maximum_inside=st.none() | st.integers(1, 500),
    group_hours=st.lists(st.builds(GroupHours, GROUPS, st.text(max_size=3), WEEKS), unique_by=lambda g: g.list_key).map(
        tuple
    ),
    number_entry=st.booleans(),
    pin_check=st.sampled_from(PinCheck),
    without_connection=st.sampled_from(WithoutConnection),
    weak_pins=st.sampled_from(WeakPins),
    categories=st.none() | st.frozensets(st.text(max_size=3), max_size=3),
    blocks=st.frozensets(st.sampled_from(Block)),
    fees_limit_minor=st.integers(0, 10**6),
    pin_length=st.integers(4, 6),
    staffed_door=st.sampled_from(StaffedDoor),
    release_seconds=st.floats(3, 10),
    held_open_seconds=st.floats(10, 300),
    pre_alarm_seconds=st.floats(0, 60),
    extended_seconds=st.floats(3, 60),
    extended_held_seconds=st.floats(10, 300),
    facts_ttl_hours=st.integers(1, 168),
    offline_pin=st.booleans(),
)
SMALL = PolicyDocument(minimum_age=16, permission="required", blocks=())


def sent(model: Model) -> Model:
    """What arrives at the other end."""
    return type(model).model_validate_json(model.model_dump_json())


@given(FACTS)
def test_facts_arrive_as_they_were_sent(facts: PatronFacts) -> None:
    assert facts_from_wire(sent(facts_to_wire(facts))) == facts


@given(RIGHTS)
def test_a_right_arrives_as_it_was_given(right: Right) -> None:
    assert right_from_wire(sent(right_to_wire(right))) == right


@given(POLICIES)
def test_a_policy_arrives_as_it_was_set(policy: Policy) -> None:
    assert policy_from_wire(sent(policy_to_wire(policy))) == policy


def test_a_policy_is_sent_in_one_form() -> None:
    policy = Policy(minimum_age=16, categories=frozenset({"B", "A", "C"}), blocks=frozenset(Block))

    document = policy_to_wire(policy)

    assert document.categories == ("A", "B", "C")
    assert document.blocks == ("borrowing", "debarred", "expired", "fees", "lost")


@pytest.mark.parametrize(
    "change",
    [
        {"permission": "maybe"},
        {"staffed_door": "open"},
        {"blocks": ("smell",)},
        {"minimum_age": -1},
        {"pin_length": 3},
        {"release_seconds": 11.0},
        {"held_open_seconds": 1.0},
        {"pre_alarm_seconds": 61.0},
        {"extended_seconds": 61.0},
        {"extended_held_seconds": 301.0},
        {"facts_ttl_hours": 0},
        {"guests": "sometimes"},
        {"companions": "dogs"},
        {"pin_check": "never"},
        {"without_connection": "open"},
        {"weak_pins": "liked"},
        {"guardian_below": 0},
        {"maximum_inside": 0},
    ],
    ids=str,
)
def test_a_policy_this_version_does_not_know_is_none(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"is not a valid|policy:"):
        policy_from_wire(SMALL.model_copy(update=change))


def test_a_rule_this_version_does_not_know_may_keep_somebody_out_so_there_is_no_policy() -> None:
    newer = {**SMALL.model_dump(), "needs_a_ticket": True}

    with pytest.raises(ValueError, match="needs_a_ticket"):
        PolicyDocument.model_validate(newer)


def test_what_a_newer_server_adds_is_passed_over() -> None:
    newer = {"valid": True, "birth_date": "1980-05-01", "shoe_size": 42}

    facts = facts_from_wire(WireFacts.model_validate(newer))

    assert facts == PatronFacts(valid=True, birth_date=date(1980, 5, 1))
    assert replace(facts, valid=False).birth_date == date(1980, 5, 1)
    assert right_from_wire(RightDocument.model_validate({"permitted": True, "colour": "red"})) == Right(permitted=True)
