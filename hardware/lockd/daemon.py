"""The loop: leases in, power to the strike out. Released only while a lease lives; any doubt locks."""

import json
import os
import selectors
import socket
import time

from hardware.lockd.leases import Leases
from hardware.lockd.line import Line

LONGEST_REQUEST, MOST_CLIENTS = 1024, 8


class Daemon:
    """Serves one listening socket and drives one line, which is locked when it is handed over."""

    def __init__(self, line: Line, server: socket.socket, *, released_level: bool, max_lease: float) -> None:
        self._line, self._server, self._released_level = line, server, released_level
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
                self._settle()
                sd_notify("WATCHDOG=1")
                for key, _ in self._selector.select(self._pause()):
                    self._read(key.data) if key.data else self._accept()
        finally:
            self._line.power(not self._released_level)

    def _settle(self) -> None:
        released = self._leases.live(time.monotonic())
        if released != self._released:
            self._line.power(released == self._released_level)
            self._released = released

    def _pause(self) -> float | None:
        ends = self._leases.next_end()
        waits = [] if ends is None else [max(0.0, ends - time.monotonic())]
        return min(waits + [self._pet_every] * bool(self._pet_every), default=None)

    def _accept(self) -> None:
        client, _ = self._server.accept()
        client.setblocking(False)
        if len(self._unread) >= MOST_CLIENTS:
            client.close()
        else:
            self._unread[client] = b""
            self._selector.register(client, selectors.EVENT_READ, client)

    def _read(self, client: socket.socket) -> None:
        try:
            received = client.recv(4096)
        except OSError:
            received = b""
        *requests, unread = (self._unread[client] + received).split(b"\n")
        answers = [self._answer(client.fileno(), request) for request in requests]
        self._unread[client] = unread
        if not received or len(unread) > LONGEST_REQUEST or not sent(client, answers):
            self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        self._leases.drop(client.fileno())
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
                return self._lease(holder, lease_id, seconds, request.get("by"))
            case {"end": str(lease_id)}:
                self._leases.end(lease_id)
            case {"state": True}:
                pass
            case _:
                return {"ok": False, "error": "neither lease, end nor state"}
        self._settle()
        return {"ok": True, "locked": not self._released}

    def _lease(self, holder: int, lease_id: str, seconds: float, by: object) -> dict[str, object]:
        now = time.monotonic()
        # A request that waited while this process stood still was given up by its sender: it must not open later.
        if by is not None and not (isinstance(by, int | float) and now <= by):
            return {"ok": False, "error": "too late"}
        until = self._leases.grant(holder, lease_id, seconds, now)
        if until is None:
            return {"ok": False, "error": "lease out of bounds"}
        self._settle()
        return {"ok": True, "id": lease_id, "until": until}


def sent(client: socket.socket, answers: list[dict[str, object]]) -> bool:
    """Send without waiting; a client that does not read is as good as gone."""
    try:
        client.sendall(b"".join(json.dumps(answer).encode() + b"\n" for answer in answers))
    except OSError:
        return False
    return True


def sd_notify(state: str) -> None:
    """Tell systemd; nothing happens when it did not ask (sd_notify(3))."""
    if path := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.connect("\0" + path[1:] if path[0] == "@" else path)
            notify.send(state.encode())
