"""The documents tell the truth: maps name what exists, tables are what the code says, links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def _tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\0") if name]


def _documents() -> list[Path]:
    return [ROOT / name for name in _tracked() if name.endswith(".md")]


def _named_paths(text: str) -> set[str]:
    """Paths of this tree in backticks: they have a slash or end like a file, and are no command, pattern or address."""
    words = re.findall(r"`([^`\s]+)`", text)
    shaped = (
        word
        for word in words
        if re.fullmatch(r"[\w.][\w./-]*(/|\.(py|toml|md|sh|txt|json|service))|[\w.-]+/[\w./-]+", word)
    )
    return {word.rstrip("/") for word in shaped}


def test_every_top_level_folder_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    folders = {name.partition("/")[0] for name in _tracked() if "/" in name and not name.startswith(".")}

    assert {folder for folder in folders if f"{folder}/" not in text} == set()


def test_every_path_the_readme_names_exists() -> None:
    named = _named_paths(README.read_text(encoding="utf-8"))
    made = ("build/", "dist/", ".venv")

    assert {path for path in named if not path.startswith(made) and not list(ROOT.glob(path))} == set()


def test_the_readme_names_the_two_commands() -> None:
    text = README.read_text(encoding="utf-8")

    assert "bin/meroppet demo" in text
    assert "bin/meroppet test" in text


def test_links_lead_somewhere() -> None:
    broken = []
    for document in _documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
            path = target.partition("#")[0]
            if (
                path
                and "://" not in target
                and not target.startswith("mailto:")
                and not (document.parent / path).exists()
            ):
                broken.append(f"{document.relative_to(ROOT)}: {target}")

    assert broken == []


@pytest.mark.parametrize("number", range(1, 9))
def test_the_first_decisions_are_written_down(number: int) -> None:
    assert list((ROOT / "docs/adr").glob(f"{number:04d}-*.md"))


def test_the_reference_is_what_the_code_says() -> None:
    command = [sys.executable, str(ROOT / "bin/reference.py"), "--check"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr


def test_every_section_of_the_reference_has_rows() -> None:
    text = (ROOT / "docs/reference.md").read_text(encoding="utf-8")

    for group in re.findall(
        r'^\[project\.entry-points\."([^"]+)"\]', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert f"### `{group}`" in text
    for word in [
        "`granted`",
        "`access.refused`",
        "meroppet-lockd",
        "MEROPPET_DOOR_",
        "MEROPPET_KIOSK_",
        "MEROPPET_SERVER_",
    ]:
        assert word in text
