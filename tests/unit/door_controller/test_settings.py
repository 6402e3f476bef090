"""What an installer may say of a door, and what is refused with a sentence."""

from pathlib import Path

import pytest

from door_controller.fittings import Fittings, open_fittings
from door_controller.settings import DEFAULT_FILE, PLACES, PREFIX, DoorSettings, LockSettings
from meroppet.rules.door_vocabulary import LockKind
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


VIRTUAL = 'driver = "virtual"\nsocket = "/tmp/board.sock"'
WHOLE = f"""
[lock]
kind = "maglock"
fire_releases = true
[night_lock]
kind = "motor"
motor_seconds = 3
[inner_lock]
[inner_contact]
{VIRTUAL}
part = "inner_contact"
[bond]
{VIRTUAL}
part = "bond"
[fire]
{VIRTUAL}
part = "fire"
[alarm_armed]
{VIRTUAL}
part = "armed"
[arm_request]
{VIRTUAL}
name = "arm_request"
[people_in]
{VIRTUAL}
part = "passage_in"
[people_out]
{VIRTUAL}
part = "passage_out"
[opener]
{VIRTUAL}
name = "opener"
[relays.lights]
{VIRTUAL}
name = "lights"
group = "lights"
"""


def test_everything_around_a_lock_is_fitted_by_name(tmp_path: Path) -> None:
    made = settings(WHOLE, tmp_path)

    fitted = open_fittings(made.drivers())

    assert {"bond", "fire", "people_in", "people_out", "opener", "relays.lights"} <= fitted.fitted().keys()
    assert set(fitted.relays) == {"lights"}
    assert (made.lock.kind, made.lock.fire_releases) == (LockKind.MAGLOCK, True)
    assert made.night_lock == LockSettings(kind=LockKind.MOTOR, motor_seconds=3)
    assert made.inner_lock == LockSettings()


def test_every_place_of_the_settings_is_one_of_the_fittings() -> None:
    assert set(Fittings.__dataclass_fields__) == {*PLACES, "relays"}


def gpio(place: str, pin: int) -> str:
    return f'[{place}]\ndriver = "gpio"\npin = {pin}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (gpio("arm_request", 5), "only alarm_armed tells whether it did"),
        (gpio("people_in", 5), "needs both people_in and people_out"),
        ("[lock]\nfire_releases = true", "needs the input fire"),
        ("[inner_lock]\nfire_releases = true", "needs the input fire"),
        ("[inner_lock]", "fit both contact and inner_contact"),
        (gpio("inner_contact", 5), "say what inner_lock is"),
        (gpio("contact", 5) + gpio("exit_button", 5), "contact and exit_button are on the same line"),
        (
            gpio("fire", 5) + gpio("relays.lights", 5) + 'group = "lights"',
            "fire and relays.lights are on the same line",
        ),
        ('[lock]\nkind = "motor"', "motor_seconds is how long a motor runs"),
        ("[lock]\nmotor_seconds = 3", "motor_seconds is how long a motor runs"),
        ('[lock]\nkind = "motor"\nmotor_seconds = 30', "less than or equal to 8"),
        ('[lock]\nkind = "glue"', "lock.kind"),
        (gpio("relays.hall", 5), "relay hall needs a group"),
        (gpio("relays.hall", 5) + 'group = "party"', "there are: open, self_service"),
        (gpio("relays.Hall-light", 5), "a relay cannot be called 'Hall-light'"),
        ("languages = []", "languages"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_remedy(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=says):
        settings(text, tmp_path)
