"""What the machine says of itself: read where it is, unknown where it is not, and never in the way."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from door_controller.condition import Condition, Past, Sources, disk_free, memory, temperature
from meroppet.device.sync import Wellbeing
from tests.fakes.clocks import ManualClock


def zone(folder: Path, number: int, said: str) -> None:
    (folder / f"thermal_zone{number}").mkdir()
    (folder / f"thermal_zone{number}" / "temp").write_text(said)


def test_the_hottest_zone_counts(tmp_path: Path) -> None:
    zone(tmp_path, 0, "41250\n")
    zone(tmp_path, 1, "63000\n")

    assert temperature(tmp_path) == 63.0


@pytest.mark.parametrize("said", ["", "hot", "-274000", "2147483647"])
def test_what_no_sensor_can_mean_is_not_told(tmp_path: Path, said: str) -> None:
    zone(tmp_path, 0, said)

    assert temperature(tmp_path) is None


def test_a_zone_that_cannot_be_read_keeps_no_other_back(tmp_path: Path) -> None:
    (tmp_path / "thermal_zone0" / "temp").mkdir(parents=True)
    zone(tmp_path, 1, "20000")

    assert temperature(tmp_path) == 20.0


def test_memory_is_what_is_resident(tmp_path: Path) -> None:
    (tmp_path / "statm").write_text("9000 250 30 1 0 500 0\n")

    assert memory(tmp_path / "statm", 4096) == 250 * 4096
    assert memory(tmp_path / "nowhere", 4096) is None


def test_the_room_on_a_disk(tmp_path: Path) -> None:
    free = disk_free(tmp_path)

    assert free is not None
    assert free > 0
    assert disk_free(tmp_path / "nowhere") is None


def test_what_the_door_said_stays_and_the_rest_is_added(tmp_path: Path) -> None:
    zone(tmp_path, 0, "50000")
    clock = ManualClock()
    began = clock.now()
    past = Past("last_good", 3, "door.toml: no such reader")
    condition = Condition(tmp_path, clock, past=lambda: past, sources=Sources(tmp_path, tmp_path / "statm", 4096))
    clock.advance(timedelta(seconds=90))
    being = Wellbeing(locked=True, door="shut", inside=4, alarms=("forced",))

    told = condition.complete(being)

    assert replace(told, disk_free=None, parts=()) == replace(
        being,
        temperature=50.0,
        started_at=began.isoformat(timespec="seconds"),
        config="last_good",
        crashes=3,
        trouble="door.toml: no such reader",
    )
    assert [part.partition("=")[0] for part in told.parts] == ["python", "sqlite"]
