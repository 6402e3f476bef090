"""What an installation brings may be passed on beside EUPL-1.2: no GPL, no AGPL (LGPL libraries are linked to)."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "requirements/demo.txt").read_text(encoding="utf-8")
NAMES = re.findall(r"^([a-z0-9.-]+)==", PINS, re.MULTILINE)
STRONG = re.compile(r"(?i)(?<!L)(?<!Lesser )\bA?GPL|GNU (Affero )?General Public")


def _licence(package: Distribution) -> str:
    metadata = package.metadata
    stated = [metadata[key][:200] for key in ("License-Expression", "License") if key in metadata]
    classifiers = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    return " | ".join(part for part in [*stated, *classifiers] if part)


def test_the_requirements_are_read() -> None:
    assert len(NAMES) > 20


@pytest.mark.parametrize("name", NAMES)
def test_no_installed_package_is_under_gpl_or_agpl(name: str) -> None:
    try:
        package = distribution(name)
    except PackageNotFoundError:
        # Pinned for another platform; the requirement's own marker says which.
        assert re.search(rf"^{re.escape(name)}==[^\n]+;", PINS, re.MULTILINE), f"{name} is pinned but not installed"
        return
    licence = _licence(package)

    assert licence, f"{name} states no licence"
    assert not STRONG.search(licence), f"{name}: {licence}"


@pytest.mark.parametrize(
    ("text", "strong"), [("GPL-3.0-only", True), ("AGPLv3", True), ("LGPL-2.1", False), ("MIT", False)]
)
def test_the_search_knows_strong_copyleft_from_weak(text: str, strong: bool) -> None:
    assert bool(STRONG.search(text)) is strong
