"""What an installer may say of a door, and what is refused with a sentence."""

from pathlib import Path

import pytest

from door_controller.settings import DEFAULT_FILE, PREFIX, DoorSettings
from meroppet.runtime.settings import SettingsError, load


def settings(text: str, folder: Path, **environ: str) -> DoorSettings:
    file = folder / "door.toml"
    file.write_text(text)
    return load(DoorSettings, prefix=PREFIX, default_file=DEFAULT_FILE, argv_config=file, environ=environ)


def test_without_a_word_it_is_a_virtual_door(tmp_path: Path) -> None:
    made = settings("", tmp_path)

    assert {choice.driver for choice in made.drivers().values()} == {"virtual"}
    assert "barcode_scanner" not in made.drivers()


def test_a_driver_keeps_its_own_options(tmp_path: Path) -> None:
    made = settings('[contact]\ndriver = "gpio"\nline = 17\nactive_low = true\n', tmp_path)

    assert made.drivers()["contact"].driver == "gpio"
    assert made.drivers()["contact"].options == {"line": 17, "active_low": True}


def test_an_empty_table_means_not_fitted(tmp_path: Path) -> None:
    assert "sounder" not in settings("[sounder]\n", tmp_path).drivers()


def test_a_misspelt_key_is_refused_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean lockd_socket"):
        settings('lockd_sockt = "/tmp/x"', tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('clock = "virtual"', "needs clock_offset_file"),
        (
            'clock = "virtual"\nclock_offset_file = "/tmp/o"\n[card_reader]\ndriver = "pcsc"',
            "card_reader is not virtual",
        ),
        ("status_port = 70000", "status_port"),
        ('clock = "sundial"', "clock"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=says):
        settings(text, tmp_path)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    made = settings('state_dir = "/a"', tmp_path, MEROPPET_DOOR_STATE_DIR="/b")

    assert made.state_dir == Path("/b")
