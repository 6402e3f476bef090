"""How much is too much at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.patrons.brake import is_mass


@pytest.mark.parametrize(
    ("taken", "total", "held"),
    [
        (0, 0, False),
        (0, 1000, False),
        (20, 1000, False),
        (21, 1000, True),
        (500, 30_000, False),
        (501, 30_000, True),
        (500, 25_000, False),
        (499, 24_949, True),
        (1, 12, False),
        (2, 12, True),
        (1, 1, True),
        (1, 0, True),
        (12, 12, True),
    ],
)
def test_more_than_two_percent_or_five_hundred_is_held(taken: int, total: int, held: bool) -> None:
    assert is_mass(taken, total) is held


@given(taken=st.integers(0, 2000), total=st.integers(0, 400_000))
def test_taking_more_of_as_many_never_passes_where_less_was_held(taken: int, total: int) -> None:
    assert not is_mass(taken, total) or is_mass(taken + 1, total)


@given(total=st.integers(1, 400_000))
def test_everybody_at_once_never_passes(total: int) -> None:
    assert is_mass(total, total)
