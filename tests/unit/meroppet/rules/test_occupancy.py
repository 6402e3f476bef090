"""How many are inside, by what a door has journalled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.occupancy import Counted, count

IN, OUT, STATE = "access.granted", "door.exit", "branch.state"
ROWS = st.lists(st.sampled_from([(IN, ""), (OUT, ""), (STATE, "closed"), (STATE, "self_service"), (STATE, "event")]))


def numbered(rows: list[tuple[str, str]], after: int = 0) -> list[tuple[int, str, str]]:
    return [(after + number, kind, state) for number, (kind, state) in enumerate(rows, 1)]


@pytest.mark.parametrize(
    ("rows", "inside"),
    [
        ([], 0),
        ([(IN, ""), (IN, ""), (OUT, "")], 1),
        ([(OUT, ""), (IN, "")], 1),
        ([(IN, ""), (STATE, "closed")], 0),
        ([(IN, ""), (STATE, "staffed"), (IN, ""), (STATE, "self_service"), (IN, "")], 2),
        ([(IN, ""), (STATE, "event")], 1),
        ([(IN, ""), (STATE, "emergency_closed")], 0),
    ],
)
def test_who_came_in_and_has_not_left_is_inside_until_the_branch_was_emptied(
    rows: list[tuple[str, str]], inside: int
) -> None:
    assert count(Counted(), numbered(rows)) == Counted(inside, len(rows))


@given(ROWS, ROWS)
def test_counting_on_is_counting_anew(first: list[tuple[str, str]], more: list[tuple[str, str]]) -> None:
    counted = count(count(Counted(), numbered(first)), numbered(more, len(first)))

    assert counted == count(Counted(), numbered([*first, *more]))
    assert counted.inside >= 0


PASSED, LOST = "passage.counted", "reader.lost"


@pytest.mark.parametrize(
    ("rows", "inside"),
    [
        ([(IN, ""), (PASSED, "in"), (PASSED, "in")], 2),
        ([(IN, ""), (PASSED, "in"), (PASSED, "out")], 0),
        ([(PASSED, "out"), (PASSED, "in")], 1),
        ([(IN, ""), (IN, ""), (PASSED, "in"), (LOST, "people_counter")], 2),
        ([(IN, ""), (PASSED, "in"), (LOST, "people_counter"), (PASSED, "in")], 1),
        ([(IN, ""), (PASSED, "in"), (PASSED, "in"), (LOST, "keypad")], 2),
        ([(LOST, "people_counter"), (STATE, "closed"), (PASSED, "in")], 1),
        ([(IN, ""), ("door.opened", "")], 1),
    ],
)
def test_a_people_counter_is_believed_for_as_long_as_it_is_there(rows: list[tuple[str, str]], inside: int) -> None:
    assert count(Counted(), numbered(rows)).inside == inside
