"""The threat model names the tests that prove it; one that is gone is noticed here."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/threat-model.md"


def _tests() -> set[str]:
    sources = (file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    return {name for text in sources for name in re.findall(r"^ *(?:async )?def (test_\w+)", text, re.MULTILINE)}


def test_every_proof_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text(encoding="utf-8")))

    assert len(named) > 20
    assert named - _tests() == set()


def test_every_attack_has_its_proof() -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| **")]

    assert [row for row in rows if "`test_" not in row] == []
