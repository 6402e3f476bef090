"""A real lockd beside a virtual board whose strike remembers everything that was done to it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hardware.virtual.board import Board
from hardware.virtual.world import BoardState


class RememberingBoard(Board):
    """A board that keeps the time of every turn of the strike."""

    def __init__(self, path: Path, *, fail_safe: bool) -> None:
        super().__init__(path, fail_safe=fail_safe)
        self.turns: list[tuple[float, bool]] = []

    def _become(self, state: BoardState) -> None:
        if state.locked != self._state.locked:
            self.turns.append((time.monotonic(), state.locked))
        super()._become(state)


class Peer:
    """A client that says what it likes."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(2)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.answers = self.socket.makefile("rb")

    def ask(self, request: object) -> dict[str, Any]:
        self.say(json.dumps(request).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self.answers.readline())
        return answer

    def say(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def close(self) -> None:
        self.answers.close()
        self.socket.close()


class Rig:
    """The board, hosted in a thread, and as many lockds as a test starts."""

    def __init__(self, folder: Path, *, fail_safe: bool = False) -> None:
        self.socket = folder / "lockd.sock"
        self.fail_safe = fail_safe
        self._processes: list[subprocess.Popen[bytes]] = []
        self._peers: list[Peer] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.board = RememberingBoard(folder / "board.sock", fail_safe=fail_safe)
        self._there(self.board.start())

    def _there(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    @property
    def locked(self) -> bool:
        return self.board.state().locked

    @property
    def ever_released(self) -> bool:
        return any(not locked for _, locked in self.board.turns)

    def lockd(
        self, *arguments: str, environment: dict[str, str] | None = None, command: list[str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start lockd and wait until it serves."""
        polarity = "fail_safe" if self.fail_safe else "fail_secure"
        settings = ["--socket", str(self.socket), "--polarity", polarity, "--line", f"virtual:{self.board.path}"]
        process = subprocess.Popen(
            command or [sys.executable, "-m", "hardware.lockd", *settings, *arguments],
            stderr=subprocess.PIPE,
            env=os.environ | (environment or {}),
        )
        self._processes.append(process)
        eventually(lambda: process.poll() is not None or self._serves(), 10)
        return process

    def _serves(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def peer(self) -> Peer:
        peer = Peer(self.socket)
        self._peers.append(peer)
        return peer

    def close(self) -> None:
        for peer in self._peers:
            peer.close()
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
        self._there(self.board.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def eventually(holds: Callable[[], bool], within: float) -> None:
    """Wait for a claim to hold; fail when the time is up."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.002)
