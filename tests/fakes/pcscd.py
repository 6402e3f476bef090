"""A real pcscd with a virtual reader. There can be one on a machine: the path of its socket is compiled in."""

import fcntl
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO

FOLDER = Path("/run/pcscd")
SOCKET = FOLDER / "pcscd.comm"
NAME = "ACS ACR1552 1S CL Reader PICC"
# Below the ports that the kernel hands out by itself: any connection of another test may hold one of those, and vpcd
# then never listens.
SLOT_PORT = 0x7C7B
READER = """FRIENDLYNAME "{name}"
DEVICENAME /dev/null:{port:#x}
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID {port:#x}
"""


class Pcscd:
    """Starts and stops pcscd; holds a lock so that test runs side by side take turns."""

    def __init__(self) -> None:
        self._configuration = tempfile.TemporaryDirectory(prefix="pcscd")
        (Path(self._configuration.name) / "vpcd").write_text(READER.format(name=NAME, port=SLOT_PORT))
        self._process: subprocess.Popen[bytes] | None = None
        self._turn: IO[str] | None = None

    def __enter__(self) -> "Pcscd":
        FOLDER.mkdir(exist_ok=True)
        self._turn = (FOLDER / "tests.lock").open("w")
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        if self._turn is not None:
            self._turn.close()
        self._configuration.cleanup()

    def start(self) -> None:
        """Start it and wait until it serves."""
        assert not _serves(), "a pcscd runs on this machine; stop it before these tests"
        command = ["/usr/sbin/pcscd", "--foreground", "--config", self._configuration.name]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not _serves():
            assert self._process.poll() is None, "pcscd ended; are pcscd and vsmartcard-vpcd installed?"
            assert time.monotonic() < end, "pcscd does not serve"
            time.sleep(0.02)

    def stop(self, *, kill: bool = False) -> None:
        """Stop it, or kill it as a crash would."""
        if self._process is not None:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait(10)
            self._process = None
            for left in (SOCKET, FOLDER / "pcscd.pid"):
                left.unlink(missing_ok=True)


def _serves() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(SOCKET)) == 0
