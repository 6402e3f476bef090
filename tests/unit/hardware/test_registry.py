"""Drivers by name: the right one or one of four clear errors; never another one instead."""

from pathlib import Path

import pytest

from hardware import registry
from hardware.errors import Ambiguous, BadOptions, CannotLoad, DriverError, NotInstalled

ACME = """
from pydantic import BaseModel, ConfigDict, Field

class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    pin: int = 4
    secret: int = 0

class Relay:
    Options = Options
    def __init__(self, options): self.pin = options.pin

class Broken:
    Options = Options
    def __init__(self, options): raise OSError("no bus")
"""


def install(folder: Path, package: str, drivers: dict[str, str]) -> None:
    """Lay out what pip would: a module and the metadata that offers its drivers."""
    (folder / f"{package}.py").write_text(ACME)
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    offered = "\n".join(f"{name} = {target}" for name, target in drivers.items())
    (metadata / "entry_points.txt").write_text(f"[meroppet.drivers.relay]\n{offered}\n")


@pytest.fixture(autouse=True)
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drivers = {
        "acme": "acme_relay:Relay",
        "acme-broken": "acme_relay:Broken",
        "acme-missing": "acme_not_there:Relay",
        "acme-renamed": "acme_relay:Gone",
        "twice": "acme_relay:Relay",
    }
    install(tmp_path, "acme_relay", drivers)
    install(tmp_path, "other_relay", {"twice": "other_relay:Relay"})
    monkeypatch.syspath_prepend(str(tmp_path))


def test_another_packages_driver_is_opened_by_its_name_with_its_options() -> None:
    driver = registry.open_driver(registry.RELAY, "acme", {"pin": 17})

    assert vars(driver) == {"pin": 17}


def test_a_settings_file_chooses_by_name_and_the_rest_are_options() -> None:
    choice = registry.DriverChoice.model_validate({"driver": "acme", "pin": 17})

    assert vars(registry.open_chosen(registry.RELAY, choice)) == {"pin": 17}


def test_a_misspelt_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotInstalled, match=r"^no relay driver 'acm'; installed: .*acme, acme-broken"):
        registry.open_driver(registry.RELAY, "acm", {})


def test_a_port_without_any_driver_says_so() -> None:
    with pytest.raises(NotInstalled, match=r"^no door bell driver 'x'; installed: none$"):
        registry.open_driver(registry.Port("door_bell"), "x", {})


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("acme-missing", "No module named 'acme_not_there'"),
        ("acme-renamed", "has no attribute 'Gone'"),
        ("acme-broken", "no bus"),
    ],
)
def test_a_driver_that_does_not_start_here_says_why(name: str, why: str) -> None:
    with pytest.raises(CannotLoad, match=rf"^relay driver '{name}' cannot load: .*{why}"):
        registry.open_driver(registry.RELAY, name, {})


def test_a_name_offered_by_two_packages_is_neither_of_them() -> None:
    with pytest.raises(Ambiguous, match=r"'twice' is offered twice, by acme.relay and other.relay; uninstall one"):
        registry.open_driver(registry.RELAY, "twice", {})


def test_a_wrong_option_is_named_and_its_value_kept_out() -> None:
    with pytest.raises(BadOptions) as caught:
        registry.open_driver(registry.RELAY, "acme", {"pinn": 1, "secret": "hunter2"})

    assert "relay driver 'acme'" in str(caught.value)
    assert "option pinn: Extra inputs are not permitted" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("kind", [NotInstalled, CannotLoad, BadOptions, Ambiguous])
def test_every_driver_error_can_be_caught_as_one(kind: type[Exception]) -> None:
    assert issubclass(kind, DriverError)
