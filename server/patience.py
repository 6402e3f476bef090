"""Connections that ask nothing are not kept: whoever opens many would leave no room for devices and staff."""

import asyncio
import resource
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

REQUEST_WITHIN = 10.0
SILENT_MS = 20_000
DEVICE_SILENT_MS = 4000
"""A peer that is silently gone. A device's stream says something each 3 s: 7 s after it went it is hung up on."""
MOST_FILES = 65_536


class PromptProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, but the head of a request must be here within ten seconds, drip by drip or not."""

    within = REQUEST_WITHIN
    silent_ms = SILENT_MS
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        heard_by = transport.get_extra_info("socket")
        if heard_by is not None and heard_by.family in {socket.AF_INET, socket.AF_INET6}:
            heard_by.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self.silent_ms)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """She is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The next request may come."""
        super().on_response_complete()
        self._expect()

    def _expect(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(self.within, self._give_up, self.cycle)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    def _give_up(self, before: RequestResponseCycle | None) -> None:
        is_answering = before is not None and not before.response_complete
        if self.cycle is before and not is_answering:
            self.transport.abort()


class DeviceProtocol(PromptProtocol):
    """The same towards devices, which are not carried about."""

    silent_ms = DEVICE_SILENT_MS


def make_room() -> None:
    """Allow this process as many open connections as it may have: what it starts with is a shell's thousand."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
