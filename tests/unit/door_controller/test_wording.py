"""What the display says: Swedish first, English beneath, whom to call, and never a code or a digit of a PIN."""

from datetime import UTC, datetime

import pytest

from door_controller.wording import LAMPS, Surroundings, asking, resting, told, tone_of
from hardware.ports import Colour, Tone
from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import Schedule
from meroppet.texts import DoorLine

HELP = "0771-00 00 00"
WEEK = Schedule("Europe/Stockholm", ((Interval(360, 1320, BranchState.SELF_SERVICE),),) * 7)


def around(now: datetime | None = None) -> Surroundings:
    return Surroundings(HELP, Hours(WEEK), now or datetime(2026, 11, 23, 3, tzinfo=UTC))


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.GRANTED])
def test_every_refusal_says_whom_to_call_and_shows_no_code(reason: Reason) -> None:
    text = told(reason, around())

    assert any(HELP in line for line in text.lines)
    assert not any("_" in line for line in text.shown())
    assert text.lamp.colour is Colour.RED
    assert tone_of(reason) is Tone.FALLING


def test_a_welcome_needs_no_help() -> None:
    text = told(Reason.GRANTED, around())

    assert not any(HELP in line for line in text.shown())
    assert text.lamp.colour is Colour.GREEN
    assert tone_of(Reason.GRANTED) is Tone.RISING


@pytest.mark.parametrize("digits", range(7))
def test_a_dot_for_each_digit(digits: int) -> None:
    assert "".join(asking(digits).lines).count("●") == digits


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (datetime(2026, 11, 23, 3, tzinfo=UTC), ("kl. 06.00", "at 06:00")),
        (datetime(2026, 11, 23, 22, tzinfo=UTC), ("tisdag kl. 06.00", "Tuesday at 06:00")),
    ],
)
def test_a_closed_door_says_when_it_opens(now: datetime, says: tuple[str, str]) -> None:
    text = "\n".join(resting(BranchState.CLOSED, stands_free=False, around=around(now)).shown())

    assert all(word in text for word in says)


@pytest.mark.parametrize(
    ("state", "free", "line"),
    [
        (None, False, DoorLine.STARTING),
        (BranchState.SELF_SERVICE, False, DoorLine.IDLE),
        (BranchState.STAFFED, False, DoorLine.IDLE),
        (BranchState.STAFFED, True, DoorLine.STAFFED),
        (BranchState.SELF_SERVICE, True, DoorLine.IDLE),
    ],
)
def test_a_door_at_rest(state: BranchState | None, free: bool, line: DoorLine) -> None:
    assert resting(state, stands_free=free, around=around()).lamp == LAMPS[line]
