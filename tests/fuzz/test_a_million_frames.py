"""What a register may send by accident or by malice never stops a reader: 1,000,000 damaged frames, on every core."""

import subprocess
import sys
from pathlib import Path

from tests.fuzz.mutations import MUTATIONS, corpus

ROOT = Path(__file__).parents[2]
FRAMES = 1_000_000


def test_there_are_many_ways_to_damage_many_frames() -> None:
    assert len(MUTATIONS) >= 9
    assert len(corpus()) > 900


def test_a_million_damaged_frames_are_read_or_refused_in_our_own_words() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--frames", str(FRAMES)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)

    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert f"{FRAMES:,} frames damaged" in done.stdout
    assert "0 uncaught" in done.stdout.splitlines()[-1]
