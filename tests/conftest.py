"""What every test stands on: no traffic beyond this machine, and a log line that cannot be formatted is a failure."""

import ipaddress
import logging
import socket
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether a rule holds.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_GUARD = {"on": False}


def _refuse_strangers(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _GUARD["on"]:
        return
    channel, address = arguments
    if not isinstance(channel, socket.socket) or channel.family == socket.AF_UNIX or not isinstance(address, tuple):
        return
    host = str(address[0])
    if host != "localhost" and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise PermissionError(f"a test tried to reach {host}; tests speak to loopback only")


sys.addaudithook(_refuse_strangers)


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    _GUARD["on"] = True
    yield
    _GUARD["on"] = False


@pytest.fixture(autouse=True)
def _bad_log_lines_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handler: logging.Handler, record: logging.LogRecord) -> None:
        raise AssertionError(f"log line cannot be formatted: {record.msg!r} with {record.args!r}")

    monkeypatch.setattr(logging.Handler, "handleError", fail)
