"""Bugs that are planted are found: from the seed, by the invariant and within the days that stand here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.bugs import BUGS, NOT_YET

ROOT = Path(__file__).parents[2]
LIBRARY = 20

FOUND = {
    "unlock-in-restart": ("I2", 1, 2),
    "timeout-grants": ("I10", 1, 2),
    "ttl-by-wall-clock": ("I3", 1, 4),
    "exception-grants": ("I2", 1, 4),
    "synchronous-normal": ("I2", 1, 6),
    "purge-removes-unsent": ("I6", 1, 8),
    "persist-gpio": ("I1", 1, 14),
    "naive-local-time": ("I3", 1, 14),
}
"""By bug: the invariant that finds it, the seed, and within how many days."""
SOUGHT = {"pulse-by-wall-clock", "counter-in-ram", "counter-reset-by-time-step"}
"""Planted, and not found in the two weeks they were sought for."""


def test_every_bug_of_the_library_is_accounted_for() -> None:
    assert BUGS.keys() - {"none"} == FOUND.keys() | SOUGHT
    assert len(FOUND | NOT_YET) + len(SOUGHT) == LIBRARY


@pytest.mark.parametrize("bug", FOUND)
def test_a_planted_bug_is_found(bug: str) -> None:
    invariant, seed, days = FOUND[bug]
    environ = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.simulation", "--bug", bug, "--days", str(days), "--seed", str(seed)]

    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=900)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"\n  {invariant} day" in done.stdout
