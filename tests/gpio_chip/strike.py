"""One wired strike: lockd on a real line, and what is done to both. Observes, judges nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.gpio_chip.wiring import LINE, Chip, Record

SOCKET = Path("/run/lockd.sock")
Observations = dict[str, object]


@dataclass(frozen=True, slots=True)
class Wiring:
    """A kind of lock behind a kind of relay board."""

    polarity: str
    active_low: bool

    @property
    def name(self) -> str:
        """As the tests call it."""
        return f"{self.polarity} {'active-low' if self.active_low else 'active-high'}"

    @property
    def locked(self) -> int:
        """The level that locks."""
        return int((self.polarity == "fail_safe") != self.active_low)


class Strike:
    """lockd on one line of a chip, started as often as wanted."""

    def __init__(self, chip: Chip, record: Record, wiring: Wiring) -> None:
        self.chip, self.record, self.wiring = chip, record, wiring

    def lockd(self, *arguments: str) -> subprocess.Popen[str]:
        """Start lockd, which the caller waits for."""
        line = f"gpio:{self.chip.device}:{LINE}{':active-low' * self.wiring.active_low}"
        settings = ["--socket", str(SOCKET), "--line", line, "--polarity", self.wiring.polarity, *arguments]
        command = [sys.executable, "-m", "hardware.lockd", *settings]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def serving(self) -> subprocess.Popen[str]:
        """Start lockd and wait until it serves."""
        process = self.lockd()
        if not _happens(lambda: process.poll() is not None or _is_served(), 20) or process.poll() is not None:
            raise RuntimeError(f"lockd does not serve: {_stop(process, signal.SIGKILL)}")
        return process

    def is_locked(self) -> bool:
        """Tell what the line's level means."""
        return self.chip.level == self.wiring.locked

    def lease(self, seconds: float) -> socket.socket:
        """Hold the strike released on a connection of its own."""
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        client.connect(str(SOCKET))
        client.sendall(json.dumps({"lease": seconds, "id": "test"}).encode() + b"\n")
        answer = json.loads(client.recv(4096))
        if not answer["ok"]:
            raise RuntimeError(f"lockd refuses a lease: {answer}")
        return client


def claimed(strike: Strike) -> Observations:
    """Start on a line that everything outside holds at the level that unlocks."""
    strike.chip.pull(1 - strike.wiring.locked)
    strike.record.clear()
    before = strike.chip.level
    process = strike.serving()
    seen = strike.chip.level
    given = [turn.level for turn in strike.record.turns()]
    _stop(process, signal.SIGKILL)
    return {"before": before, "given": given, "seen": seen}


def leased(strike: Strike, seconds: float = 0.4) -> Observations:
    """One lease that runs out by itself."""
    process = strike.serving()
    strike.record.clear()
    with closing(strike.lease(seconds)):
        released = not strike.is_locked()
        locks = _happens(strike.is_locked, 10)
    turns = [asdict(turn) for turn in strike.record.turns()]
    _stop(process, signal.SIGKILL)
    return {"seconds": seconds, "released": released, "locks": locks, "turns": turns}


def left_by_its_client(strike: Strike) -> Observations:
    """A client that is killed while it holds a long lease."""
    process = strike.serving()
    strike.record.clear()
    ready, told = os.pipe()
    client = os.fork()
    if not client:
        _hold_for_ever(strike, told)
    os.close(told)
    os.read(ready, 1)
    os.close(ready)
    released = not strike.is_locked()
    os.kill(client, signal.SIGKILL)
    os.waitpid(client, 0)
    locks = _happens(strike.is_locked, 5)
    given = [turn.level for turn in strike.record.turns()]
    _stop(process, signal.SIGKILL)
    return {"released": released, "locks": locks, "given": given}


def ended(strike: Strike, by: signal.Signals, pull: int) -> Observations:
    """End lockd while it holds the strike released, and start it again."""
    strike.chip.pull(pull)
    process = strike.serving()
    client = strike.lease(10)
    released = not strike.is_locked()
    strike.record.clear()
    code, said = _stop(process, by)
    given, left = [turn.level for turn in strike.record.turns()], strike.chip.level
    client.close()
    strike.record.clear()
    again = strike.serving()
    given_again, seen_again = [turn.level for turn in strike.record.turns()], strike.chip.level
    _stop(again, signal.SIGKILL)
    observed = {"released": released, "code": code, "said": said, "given": given, "pull": pull, "left": left}
    return observed | {"given_again": given_again, "seen_again": seen_again}


def contended(strike: Strike) -> Observations:
    """A second lockd on a line that a first one holds released."""
    first = strike.serving()
    with closing(strike.lease(10)):
        strike.record.clear()
        second = strike.lockd("--socket", "/run/second.sock")
        said = second.communicate(timeout=20)[1]
        given = [turn.level for turn in strike.record.turns()]
        observed = {"code": second.returncode, "said": said, "given": given, "released": not strike.is_locked()}
    _stop(first, signal.SIGKILL)
    return observed


def refused(strike: Strike, line: str) -> Observations:
    """Start on a line that does not exist."""
    process = strike.lockd("--line", line)
    said = process.communicate(timeout=20)[1]
    return {"code": process.returncode, "said": said}


def checked(strike: Strike) -> Observations:
    """Ask lockd for its check only."""
    strike.record.clear()
    process = strike.lockd("--check")
    said = process.communicate(timeout=20)[1]
    return {"code": process.returncode, "said": said, "given": [turn.level for turn in strike.record.turns()]}


def _hold_for_ever(strike: Strike, told: int) -> None:
    try:
        with closing(strike.lease(10)):
            os.write(told, b".")
            signal.pause()
    finally:
        os._exit(1)


def _stop(process: subprocess.Popen[str], by: signal.Signals) -> tuple[int, str]:
    process.send_signal(by)
    said = process.communicate(timeout=20)[1]
    return process.returncode, said


def _is_served() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(SOCKET)) == 0


def _happens(claim: Callable[[], bool], within: float) -> bool:
    end = time.monotonic() + within
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
