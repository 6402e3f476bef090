"""Whoever kills: one nest with one child at a time, what the child has said, and when it was ready again."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.kills.nest import DEAD, END

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0


class Keeper:
    """Keeps one child of one nest alive between kills."""

    def __init__(self, child: str, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._child, self.said, self._heard = child, list[str](), threading.Condition()
        self._pid: int | None = None
        self._nest = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.kills.nest", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            env=os.environ | dict(environment or {}),
        )
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        self.hears(lambda word: word == "nest", 0)

    def _listen(self) -> None:
        assert self._nest.stdout is not None
        for line in self._nest.stdout:
            if line.endswith(f"{END}\n"):
                with self._heard:
                    self.said.append(line.removesuffix(f"{END}\n"))
                    self._heard.notify_all()

    def hatch(self) -> None:
        """A child, whose number is known when this returns."""
        since = len(self.said)
        assert self._nest.stdin is not None
        self._nest.stdin.write(f"{self._child}\n")
        self._nest.stdin.flush()
        self.hears(lambda word: word.startswith("born "), since)
        self._pid = next(int(word.split()[1]) for word in self.said[since:] if word.startswith("born "))

    def hears(self, wanted: Callable[[str], bool], since: int) -> None:
        """Wait until the child has said something, counted from so many words on."""
        with self._heard:
            assert self._heard.wait_for(lambda: any(map(wanted, self.said[since:])), PATIENCE)

    def kill(self, by: signal.Signals = signal.SIGKILL) -> None:
        """End the child, if there is one, and wait until it has ended."""
        if self._pid is not None:
            since, pid, self._pid = len(self.said), self._pid, None
            os.kill(pid, by)
            self.hears(lambda word: word == DEAD, since)

    def close(self) -> None:
        """End child and nest."""
        self.kill()
        assert self._nest.stdin is not None
        self._nest.stdin.close()
        self._nest.wait(PATIENCE)
        self._listener.join()
        assert self._nest.stdout is not None
        self._nest.stdout.close()


class Notified:
    """Where a child says READY=1, as to systemd."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE)

    def ready(self, start: Callable[[], None]) -> float:
        """Start something; how many seconds it took to be ready."""
        self._forget()
        began = time.monotonic()
        start()
        while self._socket.recv(200) != b"READY=1":
            pass
        return time.monotonic() - began

    def _forget(self) -> None:
        self._socket.setblocking(False)
        try:
            while self._socket.recv(200):
                pass
        except BlockingIOError:
            self._socket.settimeout(PATIENCE)

    def close(self) -> None:
        """Hear nothing any more."""
        self._socket.close()
