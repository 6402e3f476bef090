"""The register as a process: asked by our own SIP2 client, told to misbehave on its standard input."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo import ports
from demo.child import Child
from demo.consortia import place
from demo.people import PEOPLE
from demo.register_account import PASSWORD_VARIABLE, account_of
from meroppet.ils.ports import LoanReason, UnavailableCause
from meroppet.ils.profiles import PRESETS
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import SystemClock

ASTRID = PEOPLE[0]
SKILJEBO = place("skiljebo").branch


@pytest.fixture
async def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Child, int]]:
    port = ports.free().register
    monkeypatch.setitem(os.environ, PASSWORD_VARIABLE, "a-word-for-tests")
    command = [sys.executable, "-m", "demo", "register", "--branch", "skiljebo", "--port", str(port)]
    child = Child("register", command, sockets=tmp_path, log=tmp_path / "register.log", now=time.monotonic)
    await child.start(pytest.fail)
    yield child, port
    await child.stop()


def client(port: int) -> Sip2Ils:
    account = Sip2Account(ports.HOST, port, account_of(SKILJEBO), "a-word-for-tests", SKILJEBO.register_code)
    return Sip2Ils(PRESETS["koha"], account, SystemClock())


async def test_the_register_checks_the_pin_and_lends(register: tuple[Child, int]) -> None:
    ils = client(register[1])

    assert (await ils.patron(ASTRID.card, ASTRID.pin)).pin is PinAnswer.RIGHT
    assert (await ils.patron(ASTRID.card, "0000")).pin is PinAnswer.WRONG
    assert (await ils.checkout(ASTRID.card, ASTRID.pin, "39990000000011")).reason is LoanReason.LOANED
    await ils.close()


async def test_the_register_falls_silent_when_told_and_answers_again(register: tuple[Child, int]) -> None:
    child, port = register
    ils = client(port)

    await child.say("fault hang")
    await asyncio.sleep(0.05)
    assert (await ils.patron(ASTRID.card, ASTRID.pin)).cause is UnavailableCause.TIMEOUT
    await child.say("fault none")
    await asyncio.sleep(0.05)

    assert (await ils.patron(ASTRID.card, ASTRID.pin)).pin is PinAnswer.RIGHT
    await ils.close()


async def test_the_register_will_not_start_without_a_password(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "demo",
        "register",
        env={**os.environ, PASSWORD_VARIABLE: ""},
        stderr=asyncio.subprocess.PIPE,
    )
    _, words = await process.communicate()

    assert process.returncode == 1
    assert PASSWORD_VARIABLE in words.decode()
