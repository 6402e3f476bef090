"""Nobody else's distribution owns our import names, which are anybody's: `server`, `hardware`, `kiosk` (ADR 0002)."""

import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_owns_our_name(name: str) -> None:
    # An editable install claims no names, so "a subset of us" and not "exactly us".
    owners = set(packages_distributions().get(name, []))

    assert owners <= {"meroppet"}


@pytest.mark.parametrize("name", PACKAGES)
def test_the_standard_library_does_not_own_our_name(name: str) -> None:
    assert name not in sys.stdlib_module_names


def test_no_module_stands_in_the_way_of_a_package() -> None:
    assert [name for name in PACKAGES if (ROOT / f"{name}.py").exists()] == []


def test_there_are_no_heaps() -> None:
    heaps = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "lib"}
    names = {path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.stem in heaps}

    assert names == set()
