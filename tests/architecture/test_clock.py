"""Only meroppet/runtime/clock.py reads a clock (and lockd, which has the standard library only)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUFF = str(Path(sys.executable).parent / "ruff")

READS = [
    "import datetime\ndatetime.datetime.now(datetime.UTC)\n",
    "from datetime import UTC, datetime\ndatetime.now(UTC)\n",
    "import datetime\ndatetime.date.today()\n",
    "import time\ntime.time()\n",
    "from time import monotonic\nmonotonic()\n",
    "import time\ntime.time_ns()\n",
]


@pytest.mark.parametrize("source", READS)
def test_reading_a_clock_is_refused_by_the_linter(source: str) -> None:
    command = [RUFF, "check", "--stdin-filename", "meroppet/rules/hours.py", "--output-format", "concise", "-"]

    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False, timeout=30)

    assert "TID251" in done.stdout, done.stdout + done.stderr


def test_only_the_clock_is_excused() -> None:
    packages = ["meroppet", "hardware", "door_controller", "kiosk", "server", "demo"]
    sources = [source for package in packages for source in (ROOT / package).rglob("*.py")]

    excused = {str(source.relative_to(ROOT)) for source in sources if "TID251" in source.read_text(encoding="utf-8")}

    assert excused <= {"meroppet/runtime/clock.py"}
