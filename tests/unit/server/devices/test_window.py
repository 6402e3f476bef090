"""Every sequence number is accepted once, however requests overtake each other."""

from hypothesis import given
from hypothesis import strategies as st

from meroppet.wire.signing import WINDOW
from server.devices.window import Window, accepted


@given(st.lists(st.integers(-5, 300), max_size=200))
def test_a_number_is_accepted_once_if_it_is_near_enough_and_never_twice(numbers: list[int]) -> None:
    window, used, highest = Window(), set[int](), 0
    for number in numbers:
        after = accepted(window, number)
        is_new = number >= 1 and number not in used and number >= highest - WINDOW
        assert (after is not None) == is_new
        if after is not None:
            window, highest = after, max(highest, number)
            used.add(number)
            assert after.highest == highest
            assert after.seen < 1 << WINDOW


def test_a_leap_costs_no_memory() -> None:
    leapt = accepted(Window(5, 1), 2**62)

    assert leapt == Window(2**62, 0)
    assert accepted(Window(2**62, 0), 5) is None
