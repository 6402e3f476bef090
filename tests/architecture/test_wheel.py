"""The wheel holds exactly what is tracked in the six folders and the front-end files the manifest names."""

import ast
import hashlib
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
VENDOR = "meroppet/pages/static/vendor"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel's contents."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "contents")
    return folder / "contents"


def _manifest() -> dict[str, str]:
    files: dict[str, str] = json.loads((ROOT / VENDOR / "manifest.json").read_text(encoding="utf-8"))["files"]
    return files


def test_the_wheel_holds_what_is_tracked_and_what_is_vendored(unpacked: Path) -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    tracked = {name for name in listing.split("\0") if name}
    vendored = {f"{VENDOR}/{name}" for name in [*_manifest(), "manifest.json"]}
    held = {str(file.relative_to(unpacked)) for file in unpacked.rglob("*") if file.is_file()}

    assert {name for name in held if ".dist-info/" not in name} == tracked | vendored


def test_each_vendored_file_is_the_one_its_manifest_names(unpacked: Path) -> None:
    held = {name: hashlib.sha256((unpacked / VENDOR / name).read_bytes()).hexdigest() for name in _manifest()}

    assert held == _manifest()


def _targets() -> list[str]:
    groups: list[dict[str, str]] = [PROJECT["project"]["scripts"], *PROJECT["project"]["entry-points"].values()]
    return sorted({target for group in groups for target in group.values()})


@pytest.mark.parametrize("target", _targets())
def test_every_command_and_driver_that_is_promised_is_there(unpacked: Path, target: str) -> None:
    module, _, name = target.partition(":")
    tree = ast.parse((unpacked / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))

    defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    imported = {
        name.asname or name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names
    }

    assert name in defined | imported


@pytest.mark.parametrize("package", ["server", "door_controller", "kiosk", "demo", "hardware.lockd"])
def test_each_command_answers_from_the_wheel_wherever_it_is_called(
    unpacked: Path, package: str, tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text("raise SystemExit('a stranger ran')\n", encoding="utf-8")
    # What it would compile beside the files is not what the wheel holds.
    environ = os.environ | {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", package, "--help"]

    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()
