"""The two commands of the README set up all they need on a Debian that has nothing of ours, and what they set up works.

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
PROOFS = {
    "the rules, with Python's packages alone": "tests/unit/meroppet/rules/test_access.py",
    "git": "tests/architecture/test_tracked_files.py",
    "systemd's own opinion of the units": "tests/systemd",
    "pcscd, a virtual reader, and pyscard from source": "tests/drivers/test_pcsc.py",
    "a serial port": "tests/drivers/test_serial.py",
    "a kernel with a GPIO chip": "tests/gpio_chip",
    "lockd as a process": "tests/faults/lockd/test_process.py",
    "a door that tells systemd it is ready, and one that is killed": "tests/integration/door/test_process.py",
    "a visit through a whole door": "tests/integration/door/test_walk.py",
    "a door with a reader of pcscd": "tests/integration/door/test_real_reader.py",
    "a kiosk in a browser": "tests/integration/kiosk/test_browser.py",
    "the server on SQLite and on the embedded PostgreSQL": "tests/integration/server/test_wakeups.py",
    "its migrations on both": "tests/integration/server/test_migrations.py",
    "the server as a process": "tests/integration/server/test_process.py",
    "SIP2 with an independent peer, in plain text, in TLS and through stunnel": (
        "tests/integration/sip2/test_independent_conversation.py"
    ),
    "three pages of the demo in a browser": "tests/e2e/test_browser.py::test_a_visit_by_touch_on_the_three_pages",
    "a public page in a browser": "tests/e2e/test_hours_public.py",
}
"""What `bin/meroppet test` sets up, and tests of the suite that stand or fall with it."""
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


@pytest.mark.parametrize("proof", PROOFS.values())
def test_what_a_bare_machine_is_to_run_is_there(proof: str) -> None:
    file, _, name = proof.partition("::")

    assert (ROOT / file).exists()
    assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_a_plain_user_starts_the_demo_and_its_visit_holds(machine: Machine) -> None:
    began = time.monotonic()

    assert machine.run("meroppet/bin/meroppet demo --check", user=USER, seconds=600) == 0

    print(f"fresh machine: demo --check, cold, {time.monotonic() - began:.0f} s", flush=True)


def test_root_gets_everything_that_tests_need_and_it_works(machine: Machine) -> None:
    began = time.monotonic()

    assert machine.run(f"meroppet/bin/meroppet test {' '.join(PROOFS.values())}", user="root", seconds=1200) == 0

    print(f"fresh machine: test, cold, {time.monotonic() - began:.0f} s", flush=True)
