"""lockd stays small enough to be read in one sitting, and needs nothing but Python."""

import ast
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "hardware" / "lockd"
DAEMON = sorted(file for file in FOLDER.glob("*.py") if file.name != "client.py")


def lines_of_code(source: str) -> int:
    """Lines that are neither blank, nor comment, nor docstring."""
    texts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr)]
    documentation = {
        line
        for text in texts
        if isinstance(text.value, ast.Constant)
        for line in range(text.lineno, (text.end_lineno or text.lineno) + 1)
    }
    numbered = enumerate(source.splitlines(), 1)
    return sum(1 for at, line in numbered if line.strip()[:1] not in ("", "#") and at not in documentation)


def test_the_daemon_has_at_most_200_lines_of_code() -> None:
    assert sum(lines_of_code(file.read_text()) for file in DAEMON) <= 200


def test_the_daemon_imports_the_standard_library_and_itself_alone() -> None:
    for file in DAEMON:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names or name.startswith("hardware.lockd."), file
