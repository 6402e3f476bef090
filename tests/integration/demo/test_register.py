"""The register as a process: asked by our own SIP2 client, told to misbehave, and run by strangers without the demo."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from demo import ports
from demo.child import Child
from demo.consortia import place
from demo.people import PEOPLE
from demo.plan import ATTACHED
from demo.register_account import PASSWORD_VARIABLE, account_of
from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_faults import ABOUT
from meroppet.ils.ports import LoanReason, PatronAnswer, UnavailableCause
from meroppet.ils.profiles import PRESETS
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import SystemClock

ASTRID = PEOPLE[0]
SKILJEBO = place("skiljebo").branch
SOON = 30.0
"""A busy machine may take its time; nothing here waits this long when all is well."""


def register_command(*more: str) -> list[str]:
    return [sys.executable, "-m", "demo", "register", *more]


def client(port: int, profile: str = "koha", password: str = "test") -> Sip2Ils:
    account = Sip2Account(ports.HOST, port, account_of(SKILJEBO), password, SKILJEBO.register_code)
    return Sip2Ils(PRESETS[profile], account, SystemClock())


# As the demo's own


@pytest.fixture
async def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Child, int]]:
    port = ports.free().register
    monkeypatch.setitem(os.environ, PASSWORD_VARIABLE, "a-word-for-tests")
    command = register_command("--port", str(port), "--state", "demo", *ATTACHED)
    child = Child("register", command, sockets=tmp_path, log=tmp_path / "register.log", now=time.monotonic)
    await child.start(pytest.fail)
    yield child, port
    await child.stop()


async def test_the_register_checks_the_pin_and_lends(register: tuple[Child, int]) -> None:
    ils = client(register[1], password="a-word-for-tests")

    assert (await ils.patron(ASTRID.card, ASTRID.pin)).pin is PinAnswer.RIGHT
    assert (await ils.patron(ASTRID.card, "0000")).pin is PinAnswer.WRONG
    assert (await ils.checkout(ASTRID.card, ASTRID.pin, "39990000000011")).reason is LoanReason.LOANED
    await ils.close()


async def test_the_register_falls_silent_when_told_and_answers_again(register: tuple[Child, int]) -> None:
    child, port = register
    ils = client(port, password="a-word-for-tests")

    await child.say("fault hang")
    await until(ils, lambda answer: answer.cause is UnavailableCause.TIMEOUT)
    await child.say("fault none")
    await until(ils, lambda answer: answer.pin is PinAnswer.RIGHT)
    await ils.close()


async def until(
    ils: Sip2Ils, is_so: Callable[[PatronAnswer], bool], card: str = ASTRID.card, pin: str = ASTRID.pin
) -> None:
    """Ask until the answer is this; when an order has been heard is not told on a pipe."""
    async with asyncio.timeout(SOON):
        while not is_so(await ils.patron(card, pin)):  # noqa: ASYNC110 (what is waited for is elsewhere)
            await asyncio.sleep(0.02)


async def test_the_register_of_the_demo_ends_with_it_and_tells_its_log_no_secret(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *register_command("--port", "0", "--state", "demo", *ATTACHED),
        env={**os.environ, PASSWORD_VARIABLE: "a-word-for-tests"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(b"fault slow\nstate\n"), SOON)

    assert process.returncode == 0
    assert not any(secret in said.decode() for secret in ("a-word-for-tests", ASTRID.card, ASTRID.pin))


# As a stranger's test server


class Stranger:
    """A register started on its own, with nothing on its standard input unless told so, and its control port."""

    def __init__(self, *more: str, stdin: int = subprocess.DEVNULL) -> None:
        self.process = subprocess.Popen(
            register_command("--port", "0", "--control", "0", *more),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if name != PASSWORD_VARIABLE},
            text=True,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Type an order"):
            line = self.process.stdout.readline()
            assert line, "".join(lines)
            lines.append(line)
        self.said = "".join(lines)
        self.port = int(lines[0].split(",")[0].rpartition(":")[2])
        self.control = int(lines[-1].split(f"{ports.HOST}:")[1].split(",")[0])

    def order(self, line: str) -> str:
        """The first line of the answer."""
        return self.orders(line)[0]

    def orders(self, *lines: str, end: str = "\n") -> list[str]:
        """The first line of the answers to orders on one connection; `end` is what the last line ends with."""
        with socket.create_connection((ports.HOST, self.control), timeout=SOON) as connection:
            connection.sendall(("\n".join(lines) + end).encode())
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile(encoding="utf-8") as answer:
                return answer.read().splitlines()

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(SOON)
        if self.process.stdin is not None:
            self.process.stdin.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


async def test_a_stranger_is_told_whom_to_sign_in_as_and_finds_what_was_told() -> None:
    stranger = Stranger()
    ils = client(stranger.port)
    try:
        for told in (account_of(SKILJEBO), "password test", "AO SKI", "2000000001  PIN 7305", "30000000000001"):
            assert told in stranger.said
        assert (await ils.patron("2000000001", "7305")).pin is PinAnswer.RIGHT
        assert (await ils.checkout("2000000001", "7305", "30000000000001")).reason is LoanReason.LOANED
    finally:
        await ils.close()
        assert stranger.stop() == 0


async def test_a_strangers_register_lives_on_without_input_and_obeys_orders_by_its_port() -> None:
    stranger = Stranger("--dialect", "sierra", "--fault", "close")
    ils = client(stranger.port, "koha")
    try:
        assert "as sierra" in stranger.said
        assert (await ils.patron("2000000001", "7305")).cause is UnavailableCause.CLOSED
        assert stranger.order("fault none").startswith("fault none")
        assert stranger.order("dialect koha").startswith("dialect koha")
        assert (await ils.patron("2000000001", "7305")).pin is PinAnswer.RIGHT
        assert stranger.order("dialect kohaa") == f"no dialect 'kohaa'; known: {', '.join(DIALECTS)}"
    finally:
        await ils.close()
        assert stranger.stop() == 0


async def test_every_order_is_answered_and_what_was_written_comes_back_cut_short() -> None:
    stranger = Stranger()
    try:
        well, long, unknown, last = stranger.orders(
            "fault none from-login", "x" * 5000, "å" * 900, "fault hang", end=""
        )
    finally:
        assert stranger.stop() == 0

    assert well == "fault none: all is well"
    assert long == "the line is too long: an order has at most 1000 characters"
    assert unknown.startswith(f"no order '{'å' * 40}…'; known: ")
    assert last.startswith("fault hang: ")


async def test_a_register_whose_output_nobody_reads_goes_on_answering_and_ends_when_told() -> None:
    stranger = Stranger(stdin=subprocess.PIPE)
    ils, other = client(stranger.port), client(stranger.port)
    try:
        assert stranger.process.stdin is not None
        stranger.process.stdin.write("help\n" * 2000 + "x" * 50_000 + "\nfault close\n")
        stranger.process.stdin.flush()
        await until(ils, lambda answer: answer.cause is UnavailableCause.CLOSED, "2000000001", "7305")
        assert await asyncio.to_thread(stranger.order, "fault none") == "fault none: all is well"
        assert (await other.patron("2000000001", "7305")).pin is PinAnswer.RIGHT
    finally:
        await ils.close()
        await other.close()
        assert stranger.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dialect", "kohaa"], "'koha-suomi'"),
        (["--fault", "hng"], "'late-answer'"),
        (["--port", "70000"], "give a number from 0 to 65535"),
        (["--port", "0", "--idle", "-1"], "idle -1: give a number of 0 or more"),
        (["--port", "0", "--encoding", "utf-99"], "no encoding 'utf-99'"),
        (["--host", "0.0.0.0"], PASSWORD_VARIABLE),
        (["--port", "{taken}"], "Address already in use; choose another with --port"),
        (["--port", "0", "--control", "{taken}"], "Address already in use; choose another port"),
    ],
)
def test_options_that_make_no_sense_are_told_in_a_sentence(arguments: list[str], said: str) -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        given = [word.format(taken=taken.getsockname()[1]) for word in arguments]
        ended = subprocess.run(
            register_command(*given),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SOON,
            check=False,
            env={name: value for name, value in os.environ.items() if name != PASSWORD_VARIABLE},
        )

    assert ended.returncode in (1, 2)
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_help_names_every_dialect_fault_and_order() -> None:
    told = subprocess.run(
        register_command("--help"), capture_output=True, text=True, timeout=SOON, check=True, encoding="utf-8"
    ).stdout

    for word in (*DIALECTS, "late-answer", "wrong-patron", "reset", "lock-after", PASSWORD_VARIABLE):
        assert word in told


def test_the_guide_names_every_dialect_and_tells_of_each_fault_what_the_help_tells() -> None:
    guide = (Path(__file__).parents[3] / "docs/test-register.md").read_text(encoding="utf-8")

    assert [name for name in DIALECTS if f"`{name}`" not in guide] == []
    assert [
        fault for fault, about in ABOUT.items() if not re.search(rf"\| `{fault}` \| {about.split(',')[0]}", guide)
    ] == []
