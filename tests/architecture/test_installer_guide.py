"""The settings the installer's guide shows are ones the processes take."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from door_controller.settings import DoorSettings
from hardware.lockd.__main__ import settings as lockd_settings
from kiosk.settings import KioskSettings
from meroppet.rules.eligibility import Policy
from meroppet.runtime.settings import Settings, load
from server.settings import ServerSettings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/installer.md").read_text(encoding="utf-8")
SHOWN = dict(re.findall(r"`/etc/meroppet/(\w+)\.toml`[^`]*```toml\n(.*?)```", GUIDE, re.DOTALL))


@pytest.fixture
def shown(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    file = tmp_path / "shown.toml"
    file.write_text(SHOWN[request.param], encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("shown", "model"),
    [("server", ServerSettings), ("door", DoorSettings), ("kiosk", KioskSettings)],
    indirect=["shown"],
)
def test_settings_in_the_guide_are_accepted(shown: Path, model: type[Settings]) -> None:
    load(model, prefix="MEROPPET_TEST_", default_file=shown, argv_config=shown, environ={})


@pytest.mark.parametrize("shown", ["lockd"], indirect=True)
def test_lockds_settings_in_the_guide_are_accepted(shown: Path) -> None:
    assert lockd_settings(["--config", str(shown)]).polarity == "fail_secure"


@pytest.mark.parametrize(("name", "model"), [("door", DoorSettings), ("kiosk", KioskSettings)])
def test_no_place_is_left_to_its_virtual_driver(name: str, model: type[Settings]) -> None:
    places = [key for key, field in model.model_fields.items() if field.annotation == dict[str, Any]]

    assert places
    assert [place for place in places if f"{place} = " not in SHOWN[name]] == []


def test_the_rules_in_the_guide_are_the_policys() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE))

    assert {field.name for field in fields(Policy)} - rows == {"fees_limit_minor"}
