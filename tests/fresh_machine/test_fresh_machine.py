"""The two commands of the README, on a Debian that has nothing of ours.

Takes minutes and needs root, so it runs by itself: `bin/meroppet test -s tests/fresh_machine`, as .ci/run does.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fresh_machine.machine import USER, Machine, build

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.fresh_machine


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    assert os.geteuid() == 0, "a Debian in a folder is made by root; run this test as root"
    root = tmp_path_factory.mktemp("fresh") / "debian"
    made = build(root, ROOT)
    leaned_on = [name for name in ("git", "gcc", "node", "uv", "curl", "make") if _has(made, name)]
    assert leaned_on == [], "the machine has more than a newcomer's has"
    yield made
    shutil.rmtree(root)


def _has(machine: Machine, command: str) -> bool:
    return machine.run(f"command -v {command}", user=USER, seconds=30) == 0


def test_a_plain_user_starts_the_demo_and_its_visit_holds(machine: Machine) -> None:
    began = time.monotonic()

    assert machine.run("meroppet/bin/meroppet demo --check", user=USER, seconds=600) == 0

    print(f"fresh machine: demo --check, cold, {time.monotonic() - began:.0f} s", flush=True)


def test_root_runs_every_test(machine: Machine) -> None:
    assert machine.run("meroppet/bin/meroppet test", user="root", seconds=2400) == 0
