"""A register that can be ordered to fail, and a stop watch that knows when the machine was busy elsewhere."""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from meroppet.ils.acs_simulator import Fault
from tests.integration.sip2.conftest import HandClock

ROOT = Path(__file__).parents[3]


class RegisterProcess:
    """See register_process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.faults.ils.register_process"]
        self._process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self._line())

    def order(self, fault: Fault, *, from_login: bool = False) -> None:
        """The register fails like this from now on."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{fault} login\n" if from_login else f"{fault}\n")
        self._process.stdin.flush()
        assert self._line() == "ok"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()


class StopWatch:
    """Measures calls by the loop's own clock, less the time in which the machine kept this thread from computing.

    Time that the thread itself spends computing is never taken off: it would be the client's own slowness.
    """

    _QUEUED = Path("/proc/thread-self/schedstat")
    """Nanoseconds on a CPU, nanoseconds ready and waiting for one, and how often (Linux, sched-stats)."""
    _ALL = Path("/proc/stat")
    """Its first line sums all CPUs; the eighth number is what the host took from them, in ticks (proc(5), steal)."""
    _TICKS = os.sysconf("SC_CLK_TCK")

    def now(self) -> float:
        """A moment; the difference between two of them is time that this thread could have used."""
        return asyncio.get_running_loop().time() - self._queued() - self._stolen()

    def _queued(self) -> float:
        return int(self._QUEUED.read_text(encoding="ascii").split()[1]) / 1e9

    def _stolen(self) -> float:
        with self._ALL.open(encoding="ascii") as lines:
            return int(lines.readline().split()[8]) / self._TICKS


def sockets() -> int:
    """How many sockets this process has open."""
    found = 0
    for handle in Path("/proc/self/fd").iterdir():
        try:
            found += str(handle.readlink()).startswith("socket:")
        except OSError:
            continue
    return found


async def settled() -> None:
    """Closed transports need a turn or two of the loop to let go of their sockets."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def only_ones_own_heap() -> Iterator[None]:
    """Keep the garbage collector from walking through what a whole run of tests has left behind."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def failing() -> Iterator[RegisterProcess]:
    process = RegisterProcess()
    yield process
    process.close()


@pytest.fixture
def stop_watch() -> StopWatch:
    return StopWatch()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
