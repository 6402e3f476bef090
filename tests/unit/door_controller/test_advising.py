"""What `meroppet-door --check` says of a door that could be started."""

from datetime import UTC, datetime
from typing import Any

import pytest

from door_controller.advising import advice
from door_controller.settings import DoorSettings

VIRTUAL: dict[str, Any] = {"driver": "virtual", "socket": "/run/board.sock"}
INPUTS = ("contact", "exit_button", "alarm_armed", "tamper_box", "people_in", "people_out")
WHOLE: dict[str, Any] = {place: VIRTUAL | {"part": place} for place in INPUTS}
FIRE: dict[str, Any] = {"fire": VIRTUAL | {"part": "fire"}}
PLENTY = 2**33


class Time:
    """A machine's word of the time."""

    def __init__(self, *, chip: bool = True, disciplined: bool = True) -> None:
        self._chip, self._disciplined = chip, disciplined

    def chip(self) -> datetime | None:
        return datetime(2026, 11, 22, tzinfo=UTC) if self._chip else None

    def set_chip(self, now: datetime) -> bool:
        return False

    def is_disciplined(self) -> bool:
        return self._disciplined


def settings(**tables: Any) -> DoorSettings:
    return DoorSettings.model_validate(tables)


def test_nothing_is_said_where_everything_is_fitted() -> None:
    whole = settings(**WHOLE, **FIRE, reset_key=VIRTUAL | {"part": "reset"}, lock={"fire_releases": True})

    assert advice(whole, Time(), PLENTY) == []


@pytest.mark.parametrize("place", ["contact", "exit_button", "alarm_armed", "tamper_box", "fire"])
def test_what_is_not_fitted_is_said_with_what_that_means(place: str) -> None:
    tables = {**WHOLE, **FIRE, "reset_key": VIRTUAL | {"part": "reset"}, "lock": {"fire_releases": place != "fire"}}
    # An empty table is how an installer says that something is not fitted.
    tables[place] = {}

    [sentence] = advice(settings(**tables), Time(), PLENTY)

    assert sentence.startswith(f"no {place} is fitted: ")


def test_what_a_fire_does_not_do_is_said() -> None:
    told = advice(settings(**WHOLE, **FIRE), Time(), PLENTY)

    assert [sentence.split(":")[0] for sentence in told] == [
        "fire is written down and releases no lock",
        "no reset_key is fitted",
    ]


def test_a_machine_that_loses_the_time_is_said() -> None:
    told = advice(settings(**WHOLE), Time(chip=False, disciplined=False), PLENTY)

    assert "no battery-backed clock" in told[0]
    assert "no time service" in told[1]


def test_a_disk_that_is_nearly_full_is_said() -> None:
    assert "only 12 MB are free" in advice(settings(**WHOLE), Time(), 12 * 2**20)[0]
    assert "disk" not in "".join(advice(settings(**WHOLE), Time(), None))
