"""The loop: leases in, power to the strike out. Released only while a lease lives; any doubt locks."""

import contextlib
import json
import os
import selectors
import socket
import time

from hardware.lockd.leases import Leases
from hardware.lockd.line import Power

LONGEST_REQUEST, MOST_CLIENTS = 1024, 8


class Daemon:
    """Serves one listening socket and powers one line, which is locked when it is handed over."""

    def __init__(self, power: Power, server: socket.socket, *, opens: bool, max_lease: float) -> None:
        self._power, self._server, self._opens = power, server, opens
        self._leases, self._released = Leases(max_lease), False
        self._unread: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(server, selectors.EVENT_READ)
        self._pet_every = int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6

    def run(self) -> None:
        """Serve until a signal or a line that cannot be driven (OSError); the line is locked on every way out."""
        try:
            sd_notify("READY=1")
            while True:
                ends = self._settle()
                sd_notify("WATCHDOG=1")
                waits = ([max(0.0, ends - time.monotonic())] if ends else []) + [self._pet_every] * (
                    self._pet_every > 0
                )
                for key, _ in self._selector.select(min(waits, default=None)):
                    self._read(key.data) if key.data else self._accept()
        finally:
            self._power(not self._opens)

    def _settle(self) -> float | None:
        ends = self._leases.next_end(time.monotonic())
        if (released := ends is not None) != self._released:
            self._power(released == self._opens)
            self._released = released
        return ends

    def _accept(self) -> None:
        client, _ = self._server.accept()
        client.setblocking(False)
        self._unread[client] = b""
        self._selector.register(client, selectors.EVENT_READ, client)
        if len(self._unread) > MOST_CLIENTS:
            self._drop(client)

    def _read(self, client: socket.socket) -> None:
        try:
            received = client.recv(4096)
        except OSError:
            received = b""
        *requests, unread = (self._unread[client] + received).split(b"\n")
        self._unread[client] = unread
        answers = b"".join(json.dumps(self._answer(client.fileno(), request)).encode() + b"\n" for request in requests)
        try:
            client.sendall(answers)
        except OSError:
            # A client that does not read is as good as gone.
            received = b""
        if not received or len(unread) > LONGEST_REQUEST:
            self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        self._leases.end(holder=client.fileno())
        self._settle()
        self._selector.unregister(client)
        del self._unread[client]
        client.close()

    def _answer(self, holder: int, line: bytes) -> dict[str, object]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"ok": False, "error": "not JSON"}
        match request:
            case {"lease": int() | float() as seconds, "id": str(lease_id)} if not isinstance(seconds, bool):
                return self._lease(holder, lease_id, seconds, request.get("by", float("inf")))
            case {"end": str(lease_id)}:
                self._leases.end(lease_id=lease_id)
            case _ if request != {"state": True}:
                return {"ok": False, "error": "neither lease, end nor state"}
        self._settle()
        return {"ok": True, "locked": not self._released}

    def _lease(self, holder: int, lease_id: str, seconds: float, by: object) -> dict[str, object]:
        # A request that waited while this process stood still was given up by its sender: it must not open later.
        if not (isinstance(by, int | float) and (now := time.monotonic()) <= by):
            return {"ok": False, "error": "too late"}
        if (until := self._leases.grant(holder, lease_id, seconds, now)) is None:
            return {"ok": False, "error": "lease out of bounds"}
        self._settle()
        return {"ok": True, "id": lease_id, "until": until}


def sd_notify(state: str) -> None:
    """Tell systemd; nothing happens when it did not ask (sd_notify(3))."""
    if path := os.environ.get("NOTIFY_SOCKET"):
        # Whoever listens there may be gone or slow; a lock neither waits nor dies for it.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, contextlib.suppress(OSError):
            notify.sendto(state.encode(), socket.MSG_DONTWAIT, "\0" + path[1:] if path[0] == "@" else path)
