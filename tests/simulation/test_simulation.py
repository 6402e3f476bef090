"""The simulated house: every invariant holds for as long as there is time for it, and a seed says all that happens."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _simulated(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own, whose sets have the same order each time."""
    environ = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=900)


def test_the_same_seed_makes_the_same_things_happen() -> None:
    first, second = (_simulated("--days", "2", "--seed", "7").stdout.splitlines()[0] for _ in range(2))

    assert first.rpartition(" ")[2] == second.rpartition(" ")[2]
    assert len(first.rpartition(" ")[2]) == 16


@pytest.mark.parametrize("seed", [1, 2])
def test_the_invariants_hold(seed: int) -> None:
    done = _simulated("--days", "14", "--seed", str(seed))

    assert done.returncode == 0, done.stdout + done.stderr
