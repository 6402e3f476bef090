"""A device that does not know the wall clock of its branch does not start: it would open at the wrong hour."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from tests.faults.door_hours.belonging import KINDS, branch, enrolled, run, told


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without zone data: none of the system's, and none of Python's."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text('import sys\n\nsys.modules["tzdata"] = None\n', encoding="ascii")
    return {"PYTHONTZPATH": "", "PYTHONPATH": str(hidden)}


@pytest.mark.parametrize("command", KINDS)
@pytest.mark.parametrize("how", [[], ["--check"]], ids=["start", "check"])
async def test_a_device_without_zone_data_refuses_to_start(
    command: str, how: list[str], bare: dict[str, str], tmp_path: Path
) -> None:
    code, said = await run(command, tmp_path, *how, **bare)

    assert code == 1
    assert "the time zone Europe/Stockholm is not known on this device; install its zone data" in said
    assert "Traceback" not in said
    # A door also says in its log that it cannot keep how it starts: there is no folder for that here.
    assert len([line for line in said.splitlines() if not line.startswith("time=")]) == 1


@pytest.mark.parametrize("command", KINDS)
async def test_a_device_whose_branch_lives_by_a_clock_it_does_not_know_refuses_to_start(
    command: str, bare: dict[str, str], tmp_path: Path
) -> None:
    stockholm = tmp_path / "zones" / "Europe" / "Stockholm"
    stockholm.parent.mkdir(parents=True)
    shutil.copy(str(files("tzdata").joinpath("zoneinfo", "Europe", "Stockholm")), stockholm)
    await enrolled(tmp_path, KINDS[command])
    told(tmp_path, ("branch", branch("Atlantic/Azores")))

    known = {**bare, "PYTHONTZPATH": str(tmp_path / "zones")}
    code, said = await run(command, tmp_path, "--check", **known)

    assert code == 1
    assert "the time zone Atlantic/Azores is not known on this device" in said
    assert "Europe/Stockholm" not in said
