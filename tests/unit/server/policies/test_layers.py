"""What consortium, municipality and branch say, and what comes of it: the strictest word where there is an order."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from server.policies.documents import from_stored, to_stored
from server.policies.layers import (
    DEFAULTS,
    FIELDS,
    STRICTER,
    Layer,
    Level,
    Stated,
    compiled,
    conflicts,
    differences,
    is_looser,
    said_of,
)

CHESS = GroupHours("schack", "Schack", ((Window(1080, 1260),), *((),) * 6))
NAMES = st.frozensets(st.sampled_from(("VUX", "BARN", "INST")), min_size=1)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "minimum_age": st.integers(0, 120),
    "guardian_below": st.none() | st.integers(1, 120),
    "permission": st.sampled_from(Permission),
    "categories": NAMES,
    "blocks": st.frozensets(st.sampled_from(Block)),
    "fees_limit_minor": st.integers(0, 100_000),
    "terms_required": st.booleans(),
    "introduction_required": st.booleans(),
    "homes": NAMES,
    "guests": st.sampled_from(Guests),
    "companions": st.sampled_from(Companions),
    "maximum_inside": st.none() | st.integers(1, 500),
    "group_hours": st.sampled_from(((), (CHESS,))),
    "number_entry": st.booleans(),
    "pin_length": st.integers(4, 6),
    "pin_check": st.sampled_from(PinCheck),
    "without_connection": st.sampled_from(WithoutConnection),
    "weak_pins": st.sampled_from(WeakPins),
    "staffed_door": st.sampled_from(StaffedDoor),
    "release_seconds": st.floats(3.0, 10.0),
    "held_open_seconds": st.floats(10.0, 300.0),
    "pre_alarm_seconds": st.floats(0.0, 60.0),
    "extended_seconds": st.floats(3.0, 60.0),
    "extended_held_seconds": st.floats(10.0, 300.0),
    "facts_ttl_hours": st.integers(1, 168),
    "offline_pin": st.booleans(),
}
STATED: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({}, optional=dict(VALUES))


def _layers(*stated: Stated) -> list[Layer]:
    return [Layer(level, level.value, level.value, own) for level, own in zip(Level, stated, strict=False)]


def test_every_rule_of_a_policy_can_be_said() -> None:
    assert set(VALUES) == set(FIELDS)


@pytest.mark.parametrize(
    ("field", "loose", "strict"),
    [
        ("minimum_age", 15, 18),
        ("guardian_below", None, 18),
        ("guardian_below", 15, 18),
        ("permission", Permission.AUTOMATIC, Permission.REQUIRED),
        ("categories", None, frozenset({"VUX"})),
        ("categories", frozenset({"VUX", "BARN"}), frozenset({"VUX"})),
        ("blocks", frozenset({Block.LOST}), frozenset({Block.LOST, Block.FEES})),
        ("fees_limit_minor", 10_000, 5_000),
        ("terms_required", False, True),
        ("introduction_required", False, True),
        ("guests", Guests.ALLOWED, Guests.APPROVED),
        ("guests", Guests.APPROVED, Guests.REFUSED),
        ("companions", Companions.ANYONE, Companions.FAMILY),
        ("companions", Companions.OWN_CHILDREN, Companions.NONE),
        ("maximum_inside", None, 40),
        ("maximum_inside", 50, 40),
        ("number_entry", True, False),
        ("pin_check", PinCheck.LOCAL_FIRST, PinCheck.ILS_FIRST),
        ("without_connection", WithoutConnection.CARD_ONLY, WithoutConnection.REFUSE),
        ("weak_pins", WeakPins.ALLOW, WeakPins.REFUSE),
        ("staffed_door", StaffedDoor.FREE, StaffedDoor.CARD),
        ("facts_ttl_hours", 72, 24),
        ("offline_pin", True, False),
    ],
)
def test_a_lower_level_may_be_stricter_and_not_looser(field: str, loose: Any, strict: Any) -> None:
    assert is_looser(field, loose, strict)
    assert not is_looser(field, strict, loose)
    assert [own.field for own in conflicts(_layers({field: strict}), {field: loose})] == [field]
    assert conflicts(_layers({field: loose}), {field: strict}) == ()


@pytest.mark.parametrize("field", sorted(set(FIELDS) - set(STRICTER)))
@given(data=st.data())
def test_where_strictness_has_no_order_the_nearest_word_holds(field: str, data: st.DataObject) -> None:
    wide, near = data.draw(VALUES[field]), data.draw(VALUES[field])

    made = compiled(_layers({"minimum_age": 18, field: wide}, {field: near}))

    assert made is not None
    assert conflicts(_layers({field: wide}), {field: near}) == ()
    assert getattr(made.policy, field) == near


def test_nobody_is_let_in_before_somebody_has_said_an_age() -> None:
    assert compiled(_layers({"terms_required": True}, {}, {})) is None


def test_a_rule_nobody_says_has_its_usual_value_and_is_nobodys() -> None:
    made = compiled(_layers({"minimum_age": 18}))

    assert made is not None
    assert made.policy == Policy(minimum_age=18)
    assert set(made.origins) == {"minimum_age"}


def test_a_rule_is_the_widest_levels_that_says_just_that_or_all_levels_that_make_it() -> None:
    lost, fees = frozenset({Block.LOST}), frozenset({Block.FEES})
    made = compiled(_layers({"minimum_age": 18, "blocks": lost}, {"minimum_age": 18}, {"blocks": fees}))

    assert made is not None
    assert [layer.name for layer in made.origins["minimum_age"]] == ["consortium"]
    assert made.policy.blocks == lost | fees
    assert [layer.name for layer in made.origins["blocks"]] == ["consortium", "branch"]


@given(STATED, STATED, STATED)
def test_the_policy_is_never_looser_than_what_any_level_says(wide: Stated, middle: Stated, near: Stated) -> None:
    made = compiled(_layers({"minimum_age": 0, **wide}, middle, near))

    assert made is not None
    for stated in (wide, middle, near):
        for field in STRICTER:
            assert field not in stated or not is_looser(field, getattr(made.policy, field), stated[field])


@given(STATED, STATED)
def test_a_level_that_is_not_refused_has_its_word_in_every_ordered_rule(wide: Stated, near: Stated) -> None:
    allowed = {
        field: value
        for field, value in near.items()
        if field not in {own.field for own in conflicts(_layers(wide), near)}
    }

    made = compiled(_layers({"minimum_age": 0, **wide}, allowed))

    assert made is not None
    assert all(getattr(made.policy, field) == value for field, value in allowed.items())


@given(STATED)
def test_what_a_level_says_is_read_as_it_was_written(stated: Stated) -> None:
    assert from_stored(to_stored(stated)) == stated


@given(STATED)
def test_saying_a_whole_policy_gives_that_policy(stated: Stated) -> None:
    wanted = Policy(**{"minimum_age": 18, **stated})

    made = compiled(_layers({}, {}, said_of(wanted)))

    assert made is not None
    assert made.policy == wanted
    assert set(said_of(Policy(minimum_age=18))) == {"minimum_age"}


@given(STATED, STATED)
def test_a_difference_tells_whether_it_is_stricter_where_there_is_an_order(before: Stated, after: Stated) -> None:
    old, new = Policy(**{"minimum_age": 18, **before}), Policy(**{"minimum_age": 18, **after})

    for found in differences(old, new):
        assert found.before != found.after
        assert (found.is_stricter is None) == (found.field not in STRICTER)


def test_to_a_first_policy_everything_is_different() -> None:
    found = differences(None, Policy(minimum_age=18))
    assert [own.field for own in found] == list(FIELDS)
    assert {own.is_stricter for own in found} == {None}


def test_what_a_newer_version_wrote_is_left_out_and_a_value_nobody_knows_is_an_error() -> None:
    assert from_stored({"minimum_age": 18, "hats": "required"}) == {"minimum_age": 18}
    with pytest.raises(ValueError, match=r"read|valid"):
        from_stored({"guests": "sometimes"})
    assert "minimum_age" not in DEFAULTS
