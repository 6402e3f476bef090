"""The link: lost after two seconds of silence, back after steady answers, and not in and out with every flap."""

from datetime import timedelta

import pytest

from meroppet.device.link import STEADY_AT_MOST, STEADY_FOR, Link
from meroppet.rules.events import Event, LinkLost, LinkRestored
from tests.fakes.clocks import ManualClock


class Told:
    """A link and what it has told."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.rows: list[Event] = []
        self.again = 0
        self.link = Link(self.clock, self.rows.append)
        self.link.on_again(self._again)

    def _again(self) -> None:
        self.again += 1

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def answered(self, after: float = 0.0) -> None:
        self.wait(after)
        self.link.answered()

    def failed(self, after: float = 0.0, silent: float = 0.0) -> None:
        self.wait(after)
        self.link.failed(silent)

    def lose(self) -> None:
        self.failed()
        self.failed(after=2.0)

    def steady(self, seconds: float) -> None:
        """Answers each second for so long."""
        self.answered()
        for _ in range(int(seconds)):
            self.answered(after=1.0)


@pytest.fixture
def told() -> Told:
    return Told()


def test_before_the_first_word_the_link_is_neither_up_nor_lost(told: Told) -> None:
    assert (told.link.is_up, told.link.answers, told.rows) == (False, False, [])


def test_the_first_answer_is_enough(told: Told) -> None:
    told.answered()

    assert (told.link.is_up, told.link.answers) == (True, True)
    assert told.again == 0


def test_one_refused_connection_loses_nothing(told: Told) -> None:
    told.answered()
    told.failed()
    assert (told.link.is_up, told.link.answers) == (True, False)

    told.answered(after=1.0)

    assert (told.link.answers, told.rows, told.again) == (True, [], 1)


def test_two_seconds_of_failing_lose_the_link_once(told: Told) -> None:
    told.answered()
    told.lose()
    told.failed(after=1.0)

    assert told.rows == [LinkLost()]
    assert not told.link.is_up


def test_a_silence_is_as_long_as_it_was(told: Told) -> None:
    told.answered()

    told.failed(after=9.0, silent=9.0)

    assert told.rows == [LinkLost()]


def test_a_silence_in_which_others_were_answered_began_after_them(told: Told) -> None:
    told.answered()
    told.answered(after=8.0)

    told.failed(after=1.0, silent=9.0)

    assert told.rows == []


def test_a_device_that_never_reached_its_server_has_lost_it_too(told: Told) -> None:
    told.failed(silent=5.0)

    assert told.rows == [LinkLost()]


def test_a_lost_link_is_back_after_steady_answers(told: Told) -> None:
    told.answered()
    told.lose()
    told.answered(after=1.0)
    assert not told.link.is_up
    assert told.link.answers

    told.steady(STEADY_FOR)

    assert told.link.is_up
    assert told.rows == [LinkLost(), LinkRestored(1.0 + STEADY_FOR)]


def test_a_failure_in_between_starts_the_count_anew(told: Told) -> None:
    told.answered()
    told.lose()
    told.answered(after=1.0)
    told.failed(after=2.0)
    told.answered()

    told.answered(after=STEADY_FOR - 0.1)
    assert not told.link.is_up

    told.answered(after=0.1)
    assert told.link.is_up


@pytest.mark.parametrize("half", [0.5, 1.0, 2.5])
def test_flapping_writes_no_row_for_each_flap(told: Told, half: float) -> None:
    told.answered()
    for _ in range(600):
        told.failed(after=half)
        told.failed(after=half, silent=half)
        told.answered()
        told.answered(after=half)

    assert len(told.rows) <= 1
    assert told.again == 600


def test_the_sooner_it_is_lost_again_the_longer_it_must_be_steady(told: Told) -> None:
    told.answered()
    waits = []
    for _ in range(8):
        told.lose()
        seconds = 0
        told.answered()
        while not told.link.is_up:
            told.answered(after=1.0)
            seconds += 1
        waits.append(seconds)
    told.steady(700)
    told.lose()

    told.steady(STEADY_FOR)

    assert waits[:5] == [3, 6, 12, 24, 48]
    assert max(waits) == STEADY_AT_MOST
    assert told.link.is_up


def test_what_is_said_unasked_restores_and_excuses_nothing(told: Told) -> None:
    told.answered()
    told.failed()
    told.wait(1.0)
    told.link.heard()
    told.failed(after=1.0)
    assert told.rows == [LinkLost()]
    told.link.heard()
    assert not told.link.is_up

    told.answered(after=1.0)
    told.wait(STEADY_FOR)
    told.link.heard()

    assert told.link.is_up
