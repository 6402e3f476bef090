"""A real lockd, killed, stopped and lied to: unlocked only under a lease, whatever the lock's polarity."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.lockd.rig import Rig, eventually


def test_it_locks_at_start_what_a_dead_process_left_open(rig: Rig) -> None:
    first = rig.lockd()
    rig.peer().ask({"lease": 5, "id": "a"})
    assert not rig.locked

    first.kill()
    first.wait()
    assert not rig.locked, "the pin persists: that is why the next start must lock"

    rig.lockd()
    assert rig.locked


def test_a_lease_releases_for_its_time_and_no_longer(rig: Rig) -> None:
    rig.lockd()
    peer = rig.peer()

    answer = peer.ask({"lease": 0.2, "id": "a"})

    assert answer["ok"]
    assert answer["id"] == "a"
    assert not rig.locked
    eventually(lambda: rig.locked, 2)
    (opened, _), (shut, _) = rig.board.turns[-2:]
    assert 0.15 < shut - opened < 0.2 + 0.5
    assert peer.ask({"state": True}) == {"ok": True, "locked": True}


def test_renewing_a_lease_keeps_the_strike_released_without_a_gap(rig: Rig) -> None:
    rig.lockd()
    peer = rig.peer()
    turns = len(rig.board.turns)

    for _ in range(4):
        assert peer.ask({"lease": 0.7, "id": "hold"})["ok"]
        time.sleep(0.25)

    assert not rig.locked
    assert len(rig.board.turns) == turns + 1


def test_ending_a_lease_locks_at_once(rig: Rig) -> None:
    rig.lockd()
    peer = rig.peer()
    peer.ask({"lease": 5, "id": "a"})

    assert peer.ask({"end": "a"}) == {"ok": True, "locked": True}
    assert rig.locked


def test_the_strike_stays_released_while_another_lease_lives(rig: Rig) -> None:
    rig.lockd()
    one, other = rig.peer(), rig.peer()
    one.ask({"lease": 5, "id": "pulse"})
    other.ask({"lease": 5, "id": "hold"})

    one.close()

    assert other.ask({"state": True}) == {"ok": True, "locked": False}
    assert other.ask({"end": "hold"})["locked"]


HOLDER = """
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b'{"lease": 9, "id": "a"}\\n')
s.recv(99); time.sleep(60)
"""


def test_killing_the_leaseholder_locks_at_once(rig: Rig) -> None:
    rig.lockd()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(rig.socket)])
    eventually(lambda: not rig.locked, 5)

    holder.kill()
    holder.wait()

    eventually(lambda: rig.locked, 0.5)


def test_a_leaseholder_that_hangs_keeps_the_strike_no_longer_than_its_lease(rig: Rig) -> None:
    rig.lockd()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER.replace("9", "0.5", 1), str(rig.socket)])
    try:
        eventually(lambda: not rig.locked, 5)
        holder.send_signal(signal.SIGSTOP)
        eventually(lambda: rig.locked, 1.0)
    finally:
        holder.kill()
        holder.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_locks_and_ends_cleanly(rig: Rig, number: signal.Signals) -> None:
    process = rig.lockd()
    rig.peer().ask({"lease": 9, "id": "a"})

    process.send_signal(number)

    assert process.wait(2) == 0
    assert rig.locked


def test_a_request_that_waited_while_lockd_stood_still_never_opens(rig: Rig) -> None:
    process = rig.lockd()
    peer = rig.peer()
    assert peer.ask({"state": True})["locked"]
    before = len(rig.board.turns)

    process.send_signal(signal.SIGSTOP)
    peer.say(json.dumps({"lease": 5, "id": "a", "by": time.monotonic() + 0.05}).encode() + b"\n")
    time.sleep(0.1)
    process.send_signal(signal.SIGCONT)

    assert json.loads(peer.answers.readline()) == {"ok": False, "error": "too late"}
    assert len(rig.board.turns) == before


def test_standing_still_past_a_lease_locks_before_anything_else_is_heard(rig: Rig) -> None:
    process = rig.lockd()
    peer = rig.peer()
    peer.ask({"lease": 0.1, "id": "a"})

    process.send_signal(signal.SIGSTOP)
    peer.say(b'{"state": true}\n')
    time.sleep(0.2)
    process.send_signal(signal.SIGCONT)

    assert json.loads(peer.answers.readline())["locked"]
    assert rig.locked


REFUSED: list[object] = [
    {"lease": 10.01, "id": "a"},
    {"lease": 0, "id": "a"},
    {"lease": -1, "id": "a"},
    {"lease": True, "id": "a"},
    {"lease": "5", "id": "a"},
    {"lease": float("nan"), "id": "a"},
    {"lease": float("inf"), "id": "a"},
    {"lease": 5},
    {"lease": 5, "id": ""},
    {"lease": 5, "id": "x" * 65},
    {"lease": 5, "id": 7},
    {"lease": 5, "id": "a", "by": "now"},
    {"state": 1.5},
    {"open": True},
    ["lease", 5],
    "lease",
    None,
]


def test_what_is_not_a_lease_gets_an_error_and_opens_nothing(rig: Rig) -> None:
    rig.lockd()
    peer = rig.peer()
    before = len(rig.board.turns)

    for request in REFUSED:
        answer = peer.ask(request)
        assert answer["ok"] is False, request
        assert answer["error"]

    assert len(rig.board.turns) == before


@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00\n", b"{\n", b"[" * 1000 + b"\n", b"9" * 1000 + b"\n", b"\n"])
def test_garbage_gets_an_error_and_the_next_request_is_served(rig: Rig, garbage: bytes) -> None:
    rig.lockd()
    peer = rig.peer()

    peer.say(garbage)

    assert json.loads(peer.answers.readline())["ok"] is False
    assert peer.ask({"state": True}) == {"ok": True, "locked": True}


def test_a_line_without_end_costs_its_sender_the_connection(rig: Rig) -> None:
    rig.lockd()
    peer = rig.peer()
    peer.ask({"lease": 5, "id": "a"})

    peer.say(b"x" * 3000)

    assert peer.answers.readline() == b""
    eventually(lambda: rig.locked, 0.5)


def test_a_client_that_never_reads_is_dropped_and_locks(rig: Rig) -> None:
    rig.lockd()
    deaf = rig.peer()
    deaf.ask({"lease": 9, "id": "a"})

    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        deaf.say(b'{"state": true}\n' * 200_000)

    eventually(lambda: rig.locked, 2)


def test_more_clients_than_it_serves_are_turned_away_and_the_first_keep_working(rig: Rig) -> None:
    rig.lockd()
    served = [rig.peer() for _ in range(8)]
    for peer in served:
        peer.ask({"state": True})

    assert rig.peer().answers.readline() == b""
    assert served[0].ask({"state": True})["ok"]


def test_its_socket_is_for_owner_and_group_alone(rig: Rig) -> None:
    rig.lockd()

    assert stat.S_IMODE(rig.socket.stat().st_mode) == 0o660


def test_a_second_lockd_on_the_same_socket_says_so_and_ends(rig: Rig) -> None:
    rig.lockd()

    second = rig.lockd()

    assert second.wait(5) == 1
    assert second.stderr is not None
    assert b"another lockd" in second.stderr.read()


def test_losing_the_line_ends_the_process_with_a_sentence(rig: Rig) -> None:
    process = rig.lockd()
    rig._there(rig.board.close())

    peer = rig.peer()
    peer.say(b'{"lease": 5, "id": "a"}\n')

    assert process.wait(5) == 1
    assert process.stderr is not None
    assert process.stderr.read().count(b"\n") == 1
    assert not rig.ever_released or rig.board.turns[-1][1]


def test_it_tells_systemd_that_it_is_ready_and_alive(rig: Rig, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(2)
        rig.lockd(environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"})

        said = [systemd.recv(99) for _ in range(4)]

    assert said[0] == b"READY=1"
    assert set(said[1:]) == {b"WATCHDOG=1"}


def test_it_works_on_when_whoever_it_tells_is_gone(rig: Rig, tmp_path: Path) -> None:
    lockd = rig.lockd(environment={"NOTIFY_SOCKET": str(tmp_path / "nobody"), "WATCHDOG_USEC": "200000"})

    time.sleep(0.5)

    assert lockd.poll() is None
    assert rig.locked


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hardware.lockd", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=10, env=os.environ)


def test_check_locks_the_line_and_ends(rig: Rig) -> None:
    polarity = "fail_safe" if rig.fail_safe else "fail_secure"

    done = run("--line", f"virtual:{rig.board.path}", "--polarity", polarity, "--check")

    assert done.returncode == 0
    assert rig.locked


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ('lin = "virtual:x"', "unknown setting 'lin'"),
        ('line = "virtual:x"\npolarity = "failsafe"', "polarity 'failsafe'"),
        ('line = "virtual:x"\nmax_lease = 20', "unknown setting 'max_lease'"),
        ('line = "virtual:BOARD"\nalso = "night:fail_save:virtual:BOARD"', "polarity 'fail_save'"),
        ('line = "virtual:BOARD"\nalso = "night"', "polarity ''"),
        ('line = "virtual:BOARD"\nalso = "night:fail_safe"', "neither gpio:"),
        ('line = "virtual:BOARD"\nalso = "main:fail_safe:virtual:BOARD"', "lock 'main' is named twice"),
        ("line = 17", "neither gpio:"),
        ('line = "gpio:17"', "neither gpio:"),
        ('line = "gpio:/dev/null:17:active-hi"', "neither gpio:"),
        ('line = "gpio:/dev/no-chip:17"', "No such file"),
        ('line = "gpio:/dev/null:17"', "Inappropriate ioctl"),
        ('line = "virtual:/no/board"', "No such file"),
        ("line =", "Invalid value"),
        ("", "neither gpio:"),
    ],
)
def test_wrong_settings_are_one_sentence(rig: Rig, tmp_path: Path, file: str, sentence: str) -> None:
    (tmp_path / "lockd.toml").write_text(file.replace("BOARD", str(rig.board.path)))

    done = run("--config", str(tmp_path / "lockd.toml"), "--check")

    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_command_line_overrides_the_file(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "lockd.toml").write_text('line = "virtual:/no/board"\npolarity = "fail_secure"')

    done = run("--config", str(tmp_path / "lockd.toml"), "--line", f"virtual:{rig.board.path}", "--check")

    assert done.returncode == 0
