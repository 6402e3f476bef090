"""The import contracts of pyproject.toml are kept, and each one breaks when it is violated."""

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS: list[dict[str, Any]] = SETTINGS["contracts"]
LINT_IMPORTS = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]


def _lint(folder: Path) -> tuple[int, str]:
    environ = os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(
        LINT_IMPORTS, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The six packages' sources and their contracts, free to be spoilt."""
    for package in SETTINGS["root_packages"]:
        for source in (ROOT / package).rglob("*.py"):
            target = tmp_path / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def _violations(contract: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of (package that imports, module it must not import), straight from what the contract says."""
    match contract["type"]:
        case "layers":
            container = contract.get("containers", [""])[0]
            layers = [re.findall(r"[\w.]+", layer) for layer in contract["layers"]]
            for upper, lower in itertools.pairwise(layers):
                yield _inside(container, lower[0]), _inside(container, upper[0])
            yield from (
                (_inside(container, layer[0]), _inside(container, layer[1])) for layer in layers if len(layer) > 1
            )
        case "protected":
            yield from ((module.partition(".")[0], module) for module in contract["protected_modules"])
        case "forbidden":
            sources = contract["source_modules"]
            yield from ((source, module) for source in sources for module in contract["forbidden_modules"])


def _inside(container: str, name: str) -> str:
    return f"{container}.{name}" if container else name


def _spoil(folder: Path, importer: str, module: str) -> None:
    package = folder.joinpath(*importer.split("."))
    with (package / "spoilt.py").open("a", encoding="utf-8") as file:
        file.write(f"import {module}\n")


def test_every_contract_is_kept() -> None:
    code, said = _lint(ROOT)

    assert code == 0, said


def test_every_contract_breaks_when_it_is_violated(copy: Path) -> None:
    for contract in CONTRACTS:
        for importer, module in _violations(contract):
            _spoil(copy, importer, module)

    code, said = _lint(copy)

    assert code == 1, said
    for contract in CONTRACTS:
        assert f"{contract['name']} BROKEN" in said, said


def test_a_violation_is_told_with_module_and_line(copy: Path) -> None:
    _spoil(copy, "meroppet.rules", "asyncio")

    _, said = _lint(copy)

    assert "meroppet.rules.spoilt -> asyncio (l.1)" in said


def test_a_new_folder_in_the_kernel_must_be_given_a_layer(copy: Path) -> None:
    (copy / "meroppet/misc").mkdir()
    (copy / "meroppet/misc/__init__.py").touch()

    code, said = _lint(copy)

    assert code == 1
    assert "meroppet.misc" in said


def test_every_folder_of_tables_has_a_contract() -> None:
    guarded = {module for contract in CONTRACTS for module in contract.get("protected_modules", [])}
    tables = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in (ROOT / "server").glob("*/models.py")}

    assert tables - guarded == set()


def test_every_technology_of_drivers_is_reached_through_the_registry_only() -> None:
    guarded = {module for contract in CONTRACTS for module in contract.get("protected_modules", [])}
    folders = {f"hardware.{file.parent.name}" for file in (ROOT / "hardware").glob("*/__init__.py")} - {
        "hardware.lockd"
    }

    assert folders - guarded == set()


def test_lockd_needs_nothing_but_the_standard_library() -> None:
    imported = set()
    for file in (ROOT / "hardware/lockd").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    imported |= {name.name for name in names}
                case ast.ImportFrom(module=module):
                    imported.add(module or "")
    strangers = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}

    assert {name for name in strangers if not name.startswith("hardware.lockd")} == set()


def test_lockd_stays_short_enough_to_be_read_before_trusting_it() -> None:
    files = [file for file in (ROOT / "hardware/lockd").glob("*.py") if file.name != "client.py"]

    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) <= 300
