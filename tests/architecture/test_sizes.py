"""A function fits on a screen and a file can be read in one go (docs/architecture.md, house style)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ["bin", "meroppet", "hardware", "door_controller", "kiosk", "server", "demo", "tests"]
LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def _sources(folder: str) -> list[Path]:
    # Migrations are written by Alembic, one statement a column.
    return [source for source in sorted((ROOT / folder).rglob("*.py")) if "migrations/versions" not in str(source)]


def _functions(source: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{source.relative_to(ROOT)}:{node.lineno} {node.name}", _length(node)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body; what a docstring says is no burden to the code."""
    first = node.body[0]
    described = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    start = node.body[1].lineno if described and len(node.body) > 1 else first.lineno
    return (node.end_lineno or start) - start + 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_are_short(folder: str) -> None:
    lengths = {
        str(source.relative_to(ROOT)): len(source.read_text(encoding="utf-8").splitlines())
        for source in _sources(folder)
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_functions_are_short(folder: str) -> None:
    lengths = dict(found for source in _sources(folder) for found in _functions(source))

    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
