"""Settings that never worked give way to those that did, and a door that fails again and again waits between."""

from datetime import timedelta
from pathlib import Path

import pytest

from door_controller.condition import Past
from door_controller.last_good import LAST_GOOD, TRIES, LastGood, Start, pause_before
from door_controller.settings import DoorSettings
from meroppet.rules.event import Event
from meroppet.rules.house_events import ConfigRolledBack, ControllerCrashed
from meroppet.runtime.setting_keys import secret_keys
from meroppet.runtime.settings import SettingsError
from tests.fakes.clocks import ManualClock


class Cupboard:
    """A device that is started again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, ManualClock()
        self.last = LastGood(folder, self.clock)

    def begin(self, wanted: DoorSettings | SettingsError, version: str = "1") -> Start:
        self.last = LastGood(self.folder, self.clock)
        return self.last.begin(wanted, version)

    def run_well(self, settings: DoorSettings) -> None:
        self.begin(settings)
        self.last.began()
        self.last.good()

    def fail(self, wanted: DoorSettings | SettingsError, times: int, why: str = "no such reader") -> None:
        for _ in range(times):
            self.begin(wanted)
            self.last.failed(why)
            self.clock.advance(timedelta(seconds=2))


@pytest.fixture
def cupboard(tmp_path: Path) -> Cupboard:
    return Cupboard(tmp_path)


def settings(**words: object) -> DoorSettings:
    return DoorSettings.model_validate({"state_dir": "/somewhere", **words})


OLD = settings(lock={"kind": "motor", "motor_seconds": 2}, keypad={"driver": "virtual"})
NEW = settings(status_port=8099)


def test_the_first_settings_are_tried_for_ever(cupboard: Cupboard) -> None:
    cupboard.fail(NEW, 9)

    start = cupboard.begin(NEW)

    assert start.settings == NEW
    assert not start.is_last_good
    assert cupboard.last.past() == Past("", 9, "no such reader")


def test_new_settings_that_fail_three_times_give_way_to_those_that_worked(cupboard: Cupboard) -> None:
    cupboard.run_well(OLD)
    cupboard.fail(NEW, TRIES - 1)
    assert cupboard.begin(NEW).settings == NEW
    cupboard.last.failed("no such reader")

    start = cupboard.begin(NEW)

    assert start.settings == OLD
    assert start.is_last_good
    assert cupboard.last.past() == Past(LAST_GOOD, 3, "no such reader")
    assert [event.kind for event in cupboard.last.events()] == [ControllerCrashed.kind, ConfigRolledBack.kind]


def test_they_stay_aside_while_the_old_ones_run(cupboard: Cupboard) -> None:
    cupboard.run_well(OLD)
    cupboard.fail(NEW, TRIES)
    cupboard.run_well(NEW)

    start = cupboard.begin(NEW)

    assert start.settings == OLD
    assert cupboard.last.past().crashes == TRIES


def test_changed_settings_and_another_program_are_tried_anew(cupboard: Cupboard) -> None:
    cupboard.run_well(OLD)
    cupboard.fail(NEW, TRIES)
    mended = settings(status_port=8098)

    assert cupboard.begin(mended).settings == mended
    assert cupboard.begin(NEW, version="2").settings == NEW


def test_what_cannot_be_read_gives_way_at_once(cupboard: Cupboard) -> None:
    broken = SettingsError("door.toml: is not TOML")
    cupboard.run_well(OLD)

    start = cupboard.begin(broken)

    assert start.settings == OLD
    assert cupboard.last.past() == Past(LAST_GOOD, 0, "door.toml: is not TOML")
    assert cupboard.last.events() == (ConfigRolledBack("door.toml: is not TOML"),)
    cupboard.last.began()
    cupboard.last.good()
    assert cupboard.begin(OLD).settings == OLD
    assert cupboard.last.past() == Past()


def test_what_cannot_be_read_is_said_where_nothing_ever_worked(cupboard: Cupboard) -> None:
    with pytest.raises(SettingsError, match="not TOML"):
        cupboard.begin(SettingsError("door.toml: is not TOML"))


def test_a_start_that_could_not_say_why_it_ended_has_failed(cupboard: Cupboard) -> None:
    for _ in range(TRIES):
        cupboard.begin(NEW)

    cupboard.begin(NEW)

    assert cupboard.last.past().crashes == TRIES
    assert "could not say why" in cupboard.last.past().trouble


def test_a_door_killed_while_it_ran_has_not_failed(cupboard: Cupboard) -> None:
    for _ in range(50):
        assert cupboard.begin(NEW).pause == 0.0
        cupboard.last.began()


def test_a_minute_of_running_forgets_the_failures(cupboard: Cupboard) -> None:
    cupboard.fail(NEW, 5)
    cupboard.run_well(NEW)

    assert cupboard.last.past() == Past()
    assert cupboard.begin(NEW).pause == 0.0


def test_the_pause_grows_to_a_minute_and_no_further() -> None:
    assert [pause_before(failed) for failed in range(10)] == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60]
    assert pause_before(5000) == 60.0


def test_of_many_failures_few_are_told(cupboard: Cupboard) -> None:
    told: list[Event] = []
    for _ in range(31):
        cupboard.begin(NEW)
        told += cupboard.last.events()
        cupboard.last.failed("no such reader")
        cupboard.clock.advance(timedelta(seconds=2))

    assert told == [ControllerCrashed(3, 6.0), ControllerCrashed(10, 20.0)]


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[]", b'{"other": 1}'])
def test_spoilt_files_keep_no_door_from_starting(cupboard: Cupboard, spoilt: bytes) -> None:
    for name in ("starts.json", "last_good.json"):
        (cupboard.folder / name).write_bytes(spoilt)

    assert cupboard.begin(NEW) == Start(NEW, 0.0, is_last_good=False)


def test_a_folder_that_cannot_be_written_keeps_no_door_from_starting(tmp_path: Path) -> None:
    cupboard = Cupboard(tmp_path / "nowhere")

    assert cupboard.begin(NEW).settings == NEW
    cupboard.run_well(NEW)


def test_no_setting_of_a_door_is_a_secret_that_would_lie_in_a_file() -> None:
    assert list(secret_keys(DoorSettings)) == []
