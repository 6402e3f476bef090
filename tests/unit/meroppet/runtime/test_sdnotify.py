"""Word to systemd: the right lines on the right socket, and nothing ever raised."""

import socket
from pathlib import Path

import pytest

from meroppet.runtime.sdnotify import Notifier


def test_without_systemd_every_call_is_a_quiet_no() -> None:
    notifier = Notifier.from_environment({})

    assert notifier.watchdog_interval is None
    assert not any([notifier.ready(), notifier.status("x"), notifier.alive(), notifier.stopping()])


@pytest.mark.parametrize("spelling", ["{folder}/notify", "@meroppet-test-{name}"])
def test_the_lines_are_those_of_sd_notify(tmp_path: Path, spelling: str) -> None:
    address = spelling.format(folder=tmp_path, name=tmp_path.name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(2)
        systemd.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        notifier = Notifier.from_environment({"NOTIFY_SOCKET": address})

        assert notifier.ready("door open\nSTATUS=forged")
        assert systemd.recv(4096) == b"READY=1\nSTATUS=door open STATUS=forged"
        assert notifier.alive()
        assert systemd.recv(4096) == b"WATCHDOG=1"
        assert notifier.status("waiting")
        assert systemd.recv(4096) == b"STATUS=waiting"
        assert notifier.stopping()
        assert systemd.recv(4096) == b"STOPPING=1"


def test_a_vanished_socket_is_not_an_error(tmp_path: Path) -> None:
    assert not Notifier(str(tmp_path / "gone"), None).ready()


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"WATCHDOG_USEC": "20000000"}, 10.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "7"}, 10.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_petted_twice_a_period(environ: dict[str, str], interval: float | None) -> None:
    assert Notifier.from_environment(environ, pid=7).watchdog_interval == interval
