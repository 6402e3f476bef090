"""The loop: leases in, power to the locks out. Released only while a lease lives; any doubt locks."""

import contextlib
import json
import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping

from hardware.lockd.leases import Leases
from hardware.lockd.line import Drive

LONGEST_REQUEST, MOST_CLIENTS, MAIN, NEVER = 1024, 8, "main", float("inf")


class Daemon:
    """Owns locks by their names, which are locked when they are handed over."""

    def __init__(self, locks: Mapping[str, Drive], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._locks, self._monotonic = locks, monotonic
        self._leases, self._released = Leases(), dict.fromkeys(locks, False)
        self._selector = selectors.DefaultSelector()
        self._pet_every = int(os.environ.get("WATCHDOG_USEC", "7200000000")) / 2e6

    def run(self, server: socket.socket) -> None:
        """Serve until a signal or a line that cannot be driven (OSError); all is locked on every way out."""
        try:
            self._selector.register(server, selectors.EVENT_READ)
            sd_notify("READY=1")
            while True:
                waits = min(self._pet_every, max(0.0, self.settle() - self._monotonic()))
                sd_notify("WATCHDOG=1")
                for key, _ in self._selector.select(waits):
                    self._read(*key.data) if key.data else self._accept(server)
        finally:
            for drive in self._locks.values():
                with contextlib.suppress(OSError):
                    drive(False)

    def settle(self) -> float:
        """Drive every lock as its leases say; return when the first of them ends."""
        living = self._leases.living(self._monotonic())
        for name, drive in self._locks.items():
            released = any(lock == name for lock, _, _ in living)
            if released != self._released[name]:
                drive(released)
                self._released[name] = released
        return min(living.values(), default=NEVER)

    def leave(self, holder: int) -> None:
        """End what a holder who is gone held."""
        self._leases.end(holder=holder)
        self.settle()

    def answer(self, holder: int, line: bytes) -> dict[str, object]:
        """Do what one line of a holder (a connection's number) asks, and return the answer to it."""
        try:
            match request := json.loads(line):
                case {"lock": other} if other not in list(self._locks):
                    raise ValueError("no such lock")
                case {"lease": int() | float() as seconds, "id": str(name)} if not isinstance(seconds, bool):
                    # What waited while this process stood still was given up by its sender: it must not open later.
                    by, now = request.get("by", NEVER), self._monotonic()
                    if not isinstance(by, int | float) or now > by:
                        raise ValueError("too late")
                    until = self._leases.grant((request.get("lock", MAIN), holder, name), seconds, now)
                    self.settle()
                    return {"ok": True, "id": name, "until": until}
                case {"end": str()} | {"state": True}:
                    self._leases.end(lease_id=request.get("end"))
                case _:
                    raise ValueError("neither lease, end nor state")
        except (ValueError, RecursionError) as error:
            return {"ok": False, "error": str(error)}
        self.settle()
        return {"ok": True, "locked": not self._released[request.get("lock", MAIN)]}

    def _accept(self, server: socket.socket) -> None:
        client, _ = server.accept()
        client.setblocking(False)
        self._selector.register(client, selectors.EVENT_READ, (client, bytearray()))
        if len(self._selector.get_map()) > 1 + MOST_CLIENTS:
            self._drop(client)

    def _read(self, client: socket.socket, unread: bytearray) -> None:
        received = b""
        with contextlib.suppress(OSError):
            received = client.recv(4096)
        *requests, unread[:] = (unread + received).split(b"\n")
        answers = b"".join(json.dumps(self.answer(client.fileno(), bytes(each))).encode() + b"\n" for each in requests)
        try:
            client.sendall(answers)
        except OSError:
            # A client that does not read is as good as gone.
            received = b""
        if not received or len(unread) > LONGEST_REQUEST:
            self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        self.leave(client.fileno())
        self._selector.unregister(client)
        client.close()


def sd_notify(state: str) -> None:
    """Tell systemd; nothing happens when it did not ask (sd_notify(3))."""
    if path := os.environ.get("NOTIFY_SOCKET"):
        # Whoever listens there may be gone or slow; a lock neither waits nor dies for it.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, contextlib.suppress(OSError):
            notify.sendto(state.encode(), socket.MSG_DONTWAIT, "\0" + path[1:] if path[0] == "@" else path)
