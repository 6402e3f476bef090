"""Settings: which source wins, and what an installer is told who wrote something that cannot be meant."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr, ValidationError

from meroppet.runtime.settings import Group, Settings, SettingsError, load, reference


class Reader(Group):
    driver: str = "virtual"
    options: dict[str, Any] = Field(default_factory=dict)


class Door(Settings):
    port: int = Field(default=8443, description="Where it listens.")
    state_dir: Path = Path("/var/lib/meroppet")
    reader: Reader = Reader()
    keys: tuple[str, ...] = ()
    spares: tuple[Reader, ...] = ()
    passwords: dict[str, SecretStr] = Field(default_factory=dict)
    pin_pepper: SecretStr | None = None


class Required(Settings):
    server: str


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(
        toml: str | None = None, credentials: dict[str, str] | None = None, model: type[Settings] = Door, **environ: str
    ) -> Any:
        if credentials is not None:
            folder = tmp_path / "credentials"
            folder.mkdir()
            for name, value in credentials.items():
                (folder / name).write_text(value)
            environ["CREDENTIALS_DIRECTORY"] = str(folder)
        file = tmp_path / "door.toml"
        if toml is not None:
            file.write_text(toml)
        return load(model, prefix="MEROPPET_DOOR_", default_file=file, argv_config=None, environ=environ)

    return read


def test_without_file_or_environment_the_defaults_hold(read: Any) -> None:
    assert read() == Door()


def test_environment_beats_the_file_and_credentials_beat_both(read: Any) -> None:
    settings = read(
        'port = 1\n[reader]\ndriver = "pcsc"\n',
        {"pin_pepper": "from-systemd\n"},
        MEROPPET_DOOR_PORT="2",
        MEROPPET_DOOR_PIN_PEPPER="from-environment",
    )

    assert settings.port == 2
    assert settings.reader.driver == "pcsc"
    assert settings.pin_pepper == SecretStr("from-systemd")


def test_a_table_of_secrets_is_one_credential_a_key(read: Any) -> None:
    settings = read("", {"passwords__skiljebo": "x\n", "passwords__nora": "y"})

    assert settings.passwords == {"skiljebo": SecretStr("x"), "nora": SecretStr("y")}


def test_groups_merge_across_sources(read: Any) -> None:
    settings = read("[reader.options]\npin = 4\n", MEROPPET_DOOR_READER__DRIVER="gpio")

    assert settings.reader == Reader(driver="gpio", options={"pin": 4})


def test_lists_in_the_environment_are_json(read: Any) -> None:
    assert read(MEROPPET_DOOR_KEYS='["a", "b"]').keys == ("a", "b")


def test_other_programs_variables_are_nobodys_business(read: Any) -> None:
    assert read(MEROPPET_KIOSK_PORT="x", PATH="/bin") == Door()


@pytest.mark.parametrize(
    ("toml", "environ", "sentence"),
    [
        ("prot = 1", {}, "door.toml: no setting prot; did you mean port?"),
        ("[reader]\ndrivr = 'x'", {}, "door.toml: no setting reader.drivr; did you mean reader.driver?"),
        (
            "xyzzy = 1",
            {},
            "door.toml: no setting xyzzy; there are: keys, passwords, pin_pepper, port, reader, spares, state_dir",
        ),
        (
            "",
            {"MEROPPET_DOOR_READER__DRIVR": "x"},
            "environment: no setting MEROPPET_DOOR_READER__DRIVR; did you mean MEROPPET_DOOR_READER__DRIVER?",
        ),
        ("[[spares]]\ndrivr = 'x'", {}, "door.toml: no setting spares.drivr; did you mean spares.driver?"),
        ("[passwords]\na = 's3cret'", {}, "passwords is a secret and does not belong in this file"),
        ("port = 'many'", {}, "door.toml: port: Input should be a valid integer"),
        ("", {"MEROPPET_DOOR_PORT": "many"}, "environment: MEROPPET_DOOR_PORT: Input should be a valid integer"),
        ("", {"MEROPPET_DOOR_KEYS": "a, b"}, "lists and tables are written as JSON"),
        ("pin_pepper = 's3cret'", {}, "pin_pepper is a secret and does not belong in this file"),
        ("port = ", {}, "door.toml: is not TOML"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(read: Any, toml: str, environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(toml, **environ)

    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_a_credential_nobody_asked_for_is_refused(read: Any) -> None:
    with pytest.raises(SettingsError, match="did you mean pin_pepper"):
        read("", {"pin_peper": "x"})


def test_a_missing_setting_is_named_with_both_places_to_write_it(read: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"door\.toml: server is missing; write it there or as MEROPPET_DOOR_SERVER"
    ):
        read(model=Required)


def test_a_file_named_on_the_command_line_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(Door, prefix="X_", default_file=tmp_path / "a", argv_config=tmp_path / "b", environ={})


def test_settings_do_not_change(read: Any) -> None:
    with pytest.raises(ValidationError):
        read().port = 3


def test_the_reference_lists_every_leaf_once() -> None:
    lines = {line.key: line for line in reference(Door, "MEROPPET_DOOR_")}

    assert list(lines) == [
        "port",
        "state_dir",
        "reader.driver",
        "reader.options",
        "keys",
        "spares",
        "spares[].driver",
        "spares[].options",
        "passwords",
        "pin_pepper",
    ]
    assert lines["reader.driver"].variable == "MEROPPET_DOOR_READER__DRIVER"
    assert lines["pin_pepper"].secret
    assert lines["port"].about == "Where it listens."
    assert lines["state_dir"].kind == "Path"
