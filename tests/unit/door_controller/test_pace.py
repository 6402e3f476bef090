"""Lanes wake at whole seconds, because hours change there, and earlier where something is due."""

from datetime import timedelta

import pytest

from door_controller.pace import rest
from tests.fakes.clocks import START, ManualClock


@pytest.mark.parametrize(
    ("microseconds", "wanted", "seconds"),
    [(0, None, 1.0), (250_000, None, 0.75), (999_999, None, 0.0), (250_000, 0.5, 0.5), (250_000, 3.0, 0.75)],
)
def test_a_lane_rests_until_the_next_whole_second_or_what_comes_before(
    microseconds: int, wanted: float | None, seconds: float
) -> None:
    clock = ManualClock(START + timedelta(microseconds=microseconds))
    due = None if wanted is None else clock.monotonic() + wanted

    assert rest(clock, due) == pytest.approx(seconds, abs=0.01)


def test_what_is_overdue_is_not_waited_for() -> None:
    clock = ManualClock()

    assert rest(clock, clock.monotonic() - 5.0) == 0.0
