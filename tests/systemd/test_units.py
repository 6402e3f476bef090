"""The shipped units as systemd itself reads them: well-formed, hardened, and naming only what this project installs."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from door_controller.settings import DoorSettings
from kiosk.settings import KioskSettings
from meroppet.rules.policy import Policy
from meroppet.runtime.setting_keys import secret_keys
from meroppet.runtime.settings import Settings
from server.settings import ServerSettings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
PROCESSES = [unit for unit in UNITS if unit.stem != "meroppet-kiosk-browser"]
BROWSER_CEILING = 3.0
CEILING = 2.5


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    # A machine without systemd-analyze fails here: an unproven unit is not a proven one.
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def _name(unit: Path) -> str:
    return unit.stem


def test_there_is_a_unit_for_each_process() -> None:
    names = {"meroppet-server", "meroppet-lockd", "meroppet-door", "meroppet-kiosk", "meroppet-kiosk-browser"}

    assert {unit.stem for unit in UNITS} == names


def test_systemd_has_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    """Verified beside stand-ins for what other packages bring: our venv, cage, chromium, seatd, pcscd."""
    for unit in UNITS:
        text = re.sub(
            r"^(Exec(?:Start|StartPre|StopPost)=)\S+",
            r"\1/bin/true",
            unit.read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    stand_in = "[Unit]\nDescription=stand-in\n[Service]\nExecStart=/bin/true\n"
    (tmp_path / "seatd.service").write_text(stand_in, encoding="utf-8")

    verdict = _analyze("verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS))

    complaints = [line for line in verdict.stderr.splitlines() if "meroppet" in line]
    assert complaints == []


@pytest.mark.parametrize("unit", UNITS, ids=_name)
def test_the_exposure_stays_under_its_ceiling(unit: Path) -> None:
    ceiling = CEILING if unit in PROCESSES else BROWSER_CEILING

    verdict = _analyze("security", "--offline=true", "--no-pager", f"--threshold={ceiling * 10:.0f}", str(unit))

    assert verdict.returncode == 0, verdict.stdout[-600:] + verdict.stderr


@pytest.mark.parametrize("unit", PROCESSES, ids=_name)
def test_a_process_is_watched_and_always_comes_back(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")

    for line in ["Type=notify", "Restart=always", "StartLimitIntervalSec=0", "DevicePolicy=closed"]:
        assert re.search(rf"^{re.escape(line)}$", text, re.MULTILINE), f"{unit.name} lacks {line}"
    assert re.search(r"^WatchdogSec=\d+$", text, re.MULTILINE)
    assert re.search(r"^Environment=PYTHONSAFEPATH=1$", text, re.MULTILINE)
    assert "PYTHONPATH" not in text


def test_a_lockd_that_hangs_is_dead_before_the_shortest_release_ends_and_the_line_is_locked_behind_it() -> None:
    text = (ROOT / "systemd/meroppet-lockd.service").read_text(encoding="utf-8")
    shortest = min(seconds for seconds in range(1, 30) if _may_release_for(float(seconds)))
    (start,) = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)

    assert float(re.findall(r"^WatchdogSec=(\d+)$", text, re.MULTILINE)[0]) <= shortest
    assert "WatchdogSignal=SIGKILL" in text
    assert re.findall(r"^ExecStopPost=(.+)$", text, re.MULTILINE) == [f"{start} --check"]


def _may_release_for(seconds: float) -> bool:
    try:
        Policy(minimum_age=16, release_seconds=seconds)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("unit", PROCESSES, ids=_name)
def test_a_unit_starts_a_command_this_project_installs(unit: Path) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]

    commands = re.findall(r"^Exec(?:Start|StartPre|StopPost)=(\S+)", unit.read_text(encoding="utf-8"), re.MULTILINE)

    assert commands
    assert {Path(command).parent for command in commands} == {Path("/opt/meroppet/venv/bin")}
    assert {Path(command).name for command in commands} <= set(scripts)


@pytest.mark.parametrize(
    ("unit", "model"), [("server", ServerSettings), ("door", DoorSettings), ("kiosk", KioskSettings)]
)
def test_every_secret_setting_can_come_as_a_credential(unit: str, model: type[Settings]) -> None:
    text = (ROOT / f"systemd/meroppet-{unit}.service").read_text(encoding="utf-8")

    missing = ["__".join(key) for key in secret_keys(model) if f"LoadCredential={'__'.join(key)}" not in text]

    assert missing == []


def test_each_process_has_a_user_of_its_own_that_sysusers_makes() -> None:
    made = re.findall(
        r"^u (\S+)", (ROOT / "systemd/sysusers.d/meroppet.conf").read_text(encoding="utf-8"), re.MULTILINE
    )
    used = [re.findall(r"^User=(\S+)", unit.read_text(encoding="utf-8"), re.MULTILINE) for unit in UNITS]

    assert sorted(name for names in used for name in names) == sorted(made)
    assert all(len(names) == 1 for names in used)


def test_the_browser_keeps_its_sandbox() -> None:
    text = (ROOT / "systemd/meroppet-kiosk-browser.service").read_text(encoding="utf-8")

    assert "Type=exec" in text
    assert "no-sandbox" not in text


def test_the_users_and_folders_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    files = [("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles", "tmpfiles.d")]
    for tool, folder in files:
        create = ["--create"] if tool == "systemd-tmpfiles" else []
        # Whoever runs the tests is root in a user namespace of its own, so that files can belong to root.
        namespace = [] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user"]
        command = [*namespace, tool, f"--root={tmp_path}", *create, str(ROOT / "systemd" / folder / "meroppet.conf")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr

    groups = (tmp_path / "etc/group").read_text(encoding="utf-8")
    assert re.search(r"^meroppet-lockd:x:\d+:meroppet-door$", groups, re.MULTILINE)
    assert (tmp_path / "etc/credstore").stat().st_mode & 0o777 == 0o700
