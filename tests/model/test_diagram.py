"""The diagrams of docs/door.md are drawn from the table, and are those of the table as it is."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_shows_the_table_as_it_is() -> None:
    command = [sys.executable, str(ROOT / "bin/diagram.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert checked.returncode == 0, checked.stderr
