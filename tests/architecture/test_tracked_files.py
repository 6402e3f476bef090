"""What is committed is for everyone: no host of a package registry, no path of one machine, no large file."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Spelt apart, so that this file does not find itself.
FORBIDDEN = {
    "a registry's host": re.compile(
        "pypi" + r"\.org|pythonhosted" + r"\.org|registry\.npmjs" + r"|deb\.debian" + r"\.org", re.IGNORECASE
    ),
    "a path of one machine": re.compile(
        "(?<![\\w.])/wo" + "rk/|\\.\\./sha" + "red/|/home/[a-z]+/me" + "roppet(?!/bin)"
    ),
}
MAY_NAME = {"a registry's host": {"bin/npm_registry.py"}}
"""npm's own default must be known where no npm is."""
LARGEST = 2_000_000


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [file for name in listing.split("\0") if name and (file := ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(what: str) -> None:
    found = []
    for file in _tracked():
        if str(file.relative_to(ROOT)) in MAY_NAME.get(what, ()):
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        found += [f"{file.relative_to(ROOT)}: {match.group()}" for match in FORBIDDEN[what].finditer(text)]

    assert found == []


def test_no_tracked_file_is_large() -> None:
    assert [str(file.relative_to(ROOT)) for file in _tracked() if file.stat().st_size > LARGEST] == []


def test_nothing_made_is_tracked() -> None:
    made = re.compile(r"/static/vendor/|(^|/)(build|dist|\.venv|\.tools|__pycache__)/|\.pyc$")

    assert [str(file) for file in _tracked() if made.search(str(file.relative_to(ROOT)))] == []


def test_the_locks_name_no_address() -> None:
    for name in ["package-lock.json", *(f"requirements/{file.name}" for file in (ROOT / "requirements").glob("*.txt"))]:
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name
