"""What a form says of who may come in is what is stated, and back."""

from typing import Any

import pytest
from hypothesis import given

from meroppet.rules.intervals import Window
from meroppet.rules.policy import Block, GroupHours
from server.policies.forms import SECONDS, group_line, read, write
from server.policies.layers import FIELDS
from tests.unit.server.policies.test_layers import STATED


def test_an_empty_form_says_nothing_and_is_not_wrong() -> None:
    filled = read(dict.fromkeys(FIELDS, " "))
    assert (filled.stated, filled.wrong) == ({}, ())


@given(STATED)
def test_a_form_is_filled_in_with_what_it_would_be_read_as(stated: dict[str, Any]) -> None:
    # Seconds are written as people write them, and no group has no line.
    written = {name: value for name, value in stated.items() if name not in SECONDS}
    written = {name: value for name, value in written.items() if value != () or name != "group_hours"}
    written = {name: value for name, value in written.items() if value is not None or name == "guardian_below"}

    filled = read(write(written))

    assert filled.wrong == ()
    assert filled.stated == written


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("minimum_age", " 18 ", 18),
        ("guardian_below", "0", None),
        ("release_seconds", "4,5", 4.5),
        ("fees_limit_minor", "100", 10_000),
        ("fees_limit_minor", "99,50", 9_950),
        ("categories", "VUX,\nBARN , ", frozenset({"VUX", "BARN"})),
        (
            "group_hours",
            "Schackklubben: mån 18:00-21:00, Onsdag 22.30–01.00",
            (
                GroupHours(
                    "schackklubben",
                    "Schackklubben",
                    ((Window(1080, 1260),), (), (Window(1350, 1500),), (), (), (), ()),
                ),
            ),
        ),
    ],
)
def test_what_people_write_is_understood(field: str, text: str, value: object) -> None:
    assert read({field: text}).stated == {field: value}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("minimum_age", "arton"),
        ("minimum_age", "121"),
        ("minimum_age", "-1"),
        ("minimum_age", "١٨"),
        ("pin_length", "7"),
        ("permission", "sometimes"),
        ("terms_required", "maybe"),
        ("fees_limit_minor", "-5"),
        ("fees_limit_minor", "1 000 000"),
        ("release_seconds", "nan"),
        ("release_seconds", "11"),
        ("categories", ", ,"),
        ("homes", "x" * 61),
        ("group_hours", "Schack"),
        ("group_hours", "Schack: någon gång"),
        ("group_hours", "Schack: mån 25:00-26:00"),
        ("group_hours", "Schack: mån 18:00-21:00, mån 20:00-22:00"),
        ("group_hours", "Schack: mån 18:00-21:00\nschack: tis 18:00-21:00"),
        ("group_hours", ": mån 18:00-21:00"),
    ],
)
def test_what_cannot_be_meant_is_named_and_states_nothing(field: str, text: str) -> None:
    filled = read({field: text})
    assert (filled.stated, filled.wrong) == ({}, (field,))


def test_no_block_at_all_is_something_to_say() -> None:
    assert read({"blocks": "these"}).stated == {"blocks": frozenset()}
    assert read({"blocks": "these", "block_fees": "yes"}).stated == {"blocks": frozenset({Block.FEES})}
    assert read({"blocks": "", "block_fees": "yes"}).stated == {"blocks": frozenset({Block.FEES})}
    assert read({"blocks": ""}).stated == {}


def test_a_group_is_written_with_the_days_of_the_readers_language() -> None:
    group = GroupHours("schack", "Schack", ((Window(1350, 1500),), *((),) * 6))
    assert group_line(group) == "Schack: mån 22:30-01:00"
