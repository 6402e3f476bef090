"""One child process of the demo: started, ready when it says so over sd_notify, stopped in order or killed."""

import asyncio
import os
import shutil
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from demo.errors import ChildDied

READY_WITHIN = 60.0
"""A laptop that is busy compiling starts slowly; a process that never gets ready must still be told."""
STOPPED_WITHIN = 5.0


class Child:
    """A process with its own readiness socket and log file. It may be started again after it has ended."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        sockets: Path,
        log: Path,
        now: Callable[[], float],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self.ready_after: float | None = None
        """Seconds from the last start to ready."""
        self._command = [*_bound_to_parent(), *command]
        self._address = sockets / f"notify.{name}"
        self._now = now
        self._environ = environ or {}
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._expected = False
        self._died: asyncio.Future[str] | None = None

    @property
    def pid(self) -> int | None:
        """The running process, or None."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self, on_death: Callable[[str], None]) -> None:
        """Start and wait until it is ready. Raises ChildDied; a later death is told to `on_death` as a sentence."""
        begun = self._now()
        self.ready_after = None
        readiness = _Readiness(self._address)
        await self._spawn(on_death, readiness)
        await self._until_ready(readiness.ready)
        self.ready_after = self._now() - begun

    async def _spawn(self, on_death: Callable[[str], None], readiness: "_Readiness") -> None:
        environ = {**os.environ, **self._environ, "NOTIFY_SOCKET": str(self._address)}
        environ.pop("WATCHDOG_USEC", None)
        self._expected = False
        self._died = asyncio.get_running_loop().create_future()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=log, stderr=log, env=environ, start_new_session=True
            )
        self._watch = asyncio.create_task(self._wait(self._process, self._died, on_death, readiness))

    async def _wait(
        self,
        process: Process,
        died: "asyncio.Future[str]",
        on_death: Callable[[str], None],
        readiness: "_Readiness",
    ) -> None:
        code = await process.wait()
        readiness.close()
        if self._expected:
            died.cancel()
            return
        words = f"{self.name} ended by itself ({_how(code)}): {_last_words(self.log)}"
        died.set_result(words)
        on_death(words)

    async def _until_ready(self, ready: "asyncio.Future[str]") -> None:
        assert self._died is not None  # noqa: S101 (set by _spawn, just before)
        await asyncio.wait((ready, self._died), timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            return
        if self._died.done():
            raise ChildDied(self._died.result())
        raise ChildDied(f"{self.name} is not ready after {READY_WITHIN:.0f} s: {_last_words(self.log)}")

    async def say(self, line: str) -> None:
        """Write one line to the process's standard input; nothing happens when it has ended."""
        if self._process and self._process.stdin and self.pid is not None:
            self._process.stdin.write(line.encode() + b"\n")
            await self._process.stdin.drain()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        self._signal(signal.SIGTERM)
        if not await self._ended(STOPPED_WITHIN):
            await self.kill()

    async def kill(self) -> None:
        """SIGKILL, as a power cut does it."""
        self._signal(signal.SIGKILL)
        await self._ended(STOPPED_WITHIN)

    def _signal(self, number: signal.Signals) -> None:
        self._expected = True
        if self._process and self.pid is not None:
            self._process.send_signal(number)

    async def _ended(self, within: float) -> bool:
        if self._watch is None:
            return True
        done, _ = await asyncio.wait({self._watch}, timeout=within)
        return bool(done)


def _bound_to_parent() -> list[str]:
    """Lets the kernel stop a child whose demo was killed, where util-linux can say so; else nothing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


class _Readiness:
    """A socket as systemd's (sd_notify(3)): it listens while the process lives, though only READY=1 is waited for."""

    def __init__(self, address: Path) -> None:
        address.unlink(missing_ok=True)
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[str] = self._loop.create_future()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(address))
        self._loop.add_reader(self._socket, self._hear)

    def _hear(self) -> None:
        said = self._socket.recv(4096)
        if b"READY=1" in said.split(b"\n") and not self.ready.done():
            self.ready.set_result(said.decode("utf-8", "replace"))

    def close(self) -> None:
        """Nobody speaks here any more."""
        self._loop.remove_reader(self._socket)
        self._socket.close()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _last_words(log: Path) -> str:
    """The last line of the log that says something."""
    try:
        lines = log.read_bytes()[-4096:].decode("utf-8", "replace").splitlines()
    except OSError:
        return "its log cannot be read"
    words = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    return f"{words} (more in {log})"
