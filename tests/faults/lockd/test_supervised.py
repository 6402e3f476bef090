"""lockd under the hands of systemd, whose part the test plays by the shipped unit: hung or killed, the line is locked.

What no software can do – a machine that stands still as a whole – is the timer relay's, in docs/installer.md.
"""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.lockd.rig import Rig, eventually

UNIT = (Path(__file__).parents[3] / "systemd/meroppet-lockd.service").read_text(encoding="utf-8")
LEASE, LATE = 5.0, 0.5
BACK = 3.0


def _unit(key: str) -> str:
    (value,) = re.findall(rf"^{key}=(.+)$", UNIT, re.MULTILINE)
    return str(value)


class Systemd:
    """Starts lockd, hears its watchdog, and does what the unit says when it ends."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.config = rig, folder / "lockd.toml"
        polarity = "fail_safe" if rig.fail_safe else "fail_secure"
        self.config.write_text(
            f'socket = "{rig.socket}"\nline = "virtual:{rig.board.path}"\npolarity = "{polarity}"\n'
            f'also = "inner:{polarity}:virtual:{rig.board.path}:inner_strike"\n'
        )
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(str(folder / "notify"))
        self.watchdog = float(_unit("WatchdogSec"))
        told = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": str(int(self.watchdog * 1e6))}
        self.lockd = rig.lockd(environment=told, command=self.command("ExecStart"))

    def command(self, key: str) -> list[str]:
        """A command of the unit, with this machine's Python and this test's settings."""
        _, *arguments = _unit(key).split()
        return [
            sys.executable,
            "-m",
            "hardware.lockd",
            *[str(self.config) if "/" in each else each for each in arguments],
        ]

    def until_the_watchdog_bites(self) -> None:
        """Wait as long as lockd is heard."""
        self.notified.settimeout(self.watchdog)
        try:
            while self.notified.recv(99):
                pass
        except TimeoutError:
            self.lockd.send_signal(signal.Signals[_unit("WatchdogSignal")])
            self.lockd.wait(5)

    def after_its_end(self) -> None:
        """What the unit does next."""
        subprocess.run(self.command("ExecStopPost"), check=True, timeout=20)


@pytest.fixture
def systemd(rig: Rig, tmp_path: Path) -> Iterator[Systemd]:
    systemd = Systemd(rig, tmp_path)
    yield systemd
    systemd.notified.close()


def _released_for(rig: Rig) -> float:
    (opened, _), (shut, _) = rig.board.turns[-2:]
    return shut - opened


def test_a_lockd_that_hangs_in_mid_lease_is_killed_and_its_line_locked_by_the_end_of_the_lease(
    rig: Rig, systemd: Systemd
) -> None:
    peer = rig.peer()
    peer.ask({"lease": LEASE, "id": "a"})
    peer.ask({"lease": LEASE, "id": "a", "lock": "inner"})

    systemd.lockd.send_signal(signal.SIGSTOP)
    systemd.until_the_watchdog_bites()
    assert not rig.locked, "a pin keeps its level"
    systemd.after_its_end()

    assert rig.locked
    assert rig.board.state().inner_locked
    assert _released_for(rig) <= LEASE + LATE


def test_a_lockd_that_is_killed_in_mid_lease_leaves_a_line_that_is_locked_at_once_and_is_back(
    rig: Rig, systemd: Systemd
) -> None:
    rig.peer().ask({"lease": LEASE, "id": "a"})

    systemd.lockd.kill()
    systemd.lockd.wait(5)
    systemd.after_its_end()
    assert rig.locked
    assert _released_for(rig) <= LEASE + LATE
    began = time.monotonic()
    systemd.lockd = rig.lockd(command=systemd.command("ExecStart"))

    eventually(lambda: rig.peer().ask({"state": True})["locked"], BACK)
    assert time.monotonic() - began <= BACK


def test_a_lockd_that_works_is_heard_well_within_its_watchdog(rig: Rig, systemd: Systemd) -> None:
    systemd.notified.settimeout(systemd.watchdog * 0.8)

    said = [systemd.notified.recv(99) for _ in range(3)]

    assert said == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
