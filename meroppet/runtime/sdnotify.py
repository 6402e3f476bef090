"""What a process tells systemd about itself (sd_notify(3)): ready, status, alive, stopping."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notifier:
    """Speaks to the socket systemd named; without one every call is a quiet no.

    Never raises: word to systemd is not worth a door.
    """

    address: str | None
    watchdog_interval: float | None
    """Seconds between two `alive` calls, or None when nobody watches.

    Half of WatchdogSec=, as sd_watchdog_enabled(3) advises.
    """

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, *, pid: int | None = None) -> "Notifier":
        """The notifier for this process as systemd's variables describe it."""
        surroundings = os.environ if environ is None else environ
        own_pid = os.getpid() if pid is None else pid
        return cls(surroundings.get("NOTIFY_SOCKET") or None, _interval(surroundings, own_pid))

    def ready(self, status: str = "") -> bool:
        """Tell that everything is open and serving; true if systemd was told."""
        return self._tell("READY=1", *([f"STATUS={_line(status)}"] if status else []))

    def status(self, text: str) -> bool:
        """Set the one line `systemctl status` shows."""
        return self._tell(f"STATUS={_line(text)}")

    def alive(self) -> bool:
        """Pet the watchdog. Called by the loop that must not hang, never by a timer beside it."""
        return self._tell("WATCHDOG=1")

    def stopping(self) -> bool:
        """Tell that the process is shutting down in order."""
        return self._tell("STOPPING=1")

    def _tell(self, *lines: str) -> bool:
        if self.address is None:
            return False
        # A leading @ is how the environment spells a socket in the abstract namespace (sd_notify(3)).
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
                channel.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False
        return True


def _line(text: str) -> str:
    return " ".join(text.split())


def _interval(environ: Mapping[str, str], own_pid: int) -> float | None:
    meant_for = environ.get("WATCHDOG_PID", str(own_pid))
    period = environ.get("WATCHDOG_USEC", "")
    if meant_for != str(own_pid) or not period.isascii() or not period.isdigit() or int(period) == 0:
        return None
    return int(period) / 2_000_000
