"""`meroppet-door` as a process: its check, enrolment, start and end, and what it says when it cannot."""

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from meroppet.device.enrol import enrol
from meroppet.wire.enrolment import DeviceKind
from tests.fakes.server_double import ALWAYS
from tests.integration.door.house import POLICY, House, until


def _config(house: House) -> Path:
    board = f'socket = "{house.board.path}"'
    tables = "\n".join(f"[{place}]\n{board}" for place in ("card_reader", "keypad", "indicator", "sounder", "display"))
    file = house.folder / "door.toml"
    file.write_text(
        f'state_dir = "{house.folder}/state"\nlockd_socket = "{house.folder}/lockd.sock"\n{tables}\n'
        f'[contact]\n{board}\npart = "contact"\n[exit_button]\n{board}\npart = "exit"\n'
        f"[barcode_scanner]\n{board}\n"
    )
    return file


async def _door(*arguments: str, **environ: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "door_controller", *arguments, stderr=asyncio.subprocess.PIPE, env=os.environ | environ
    )


async def _ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def _ready(house: House) -> None:
    await house.board.start()
    await house.start_lockd()
    await house.server.start(house.folder)
    house.server.open_branch(POLICY, ALWAYS)


async def test_a_door_that_belongs_nowhere_says_so(house: House) -> None:
    await _ready(house)

    code, said = await _ended(await _door("--config", str(_config(house)), "--check"))

    assert code == 1
    assert "enrol URL#CODE" in said
    assert "Traceback" not in said


async def test_enrol_by_command_then_check(house: House) -> None:
    await _ready(house)
    config = str(_config(house))

    enrolled = await _ended(await _door("--config", config, "enrol", house.server.invitation()))
    checked = await _ended(await _door("--config", config, "--check"))
    await house.kill_lockd()
    without_lockd = await _ended(await _door("--config", config, "--check"))

    assert enrolled[0] == 0
    assert checked == (0, "")
    assert without_lockd[0] == 1
    assert "start meroppet-lockd first" in without_lockd[1]


async def test_enrol_by_a_code_held_before_the_reader(house: House) -> None:
    await _ready(house)

    process = await _door("--config", str(_config(house)), "enrol", "--scan")
    await until(lambda: "barcode_scanner" in house.board.attached(), within=10)
    house.board.scan("7391234567890")
    house.board.scan(house.server.invitation() + "\r")

    assert (await _ended(process))[0] == 0


async def test_a_process_tells_systemd_when_it_is_ready_and_ends_in_order(house: House) -> None:
    await _ready(house)
    await enrol(house.server.invitation(), DeviceKind.DOOR, house.folder / "state", "test")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(house.folder / "notify"))
        systemd.setblocking(False)
        process = await _door("--config", str(_config(house)), NOTIFY_SOCKET=str(house.folder / "notify"))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            assert await loop.sock_recv(systemd, 100) == b"READY=1"
            while await loop.sock_recv(systemd, 100) != b"WATCHDOG=1":
                pass
        await until(lambda: "device.started" in house.server.kinds())
        process.send_signal(signal.SIGTERM)
        code, said = await _ended(process)

    assert code == 0, said
    assert "device.stopped" in [kind for kind, _ in house.journal()]


async def test_a_killed_door_is_locked_within_its_lease(house: House) -> None:
    await _ready(house)
    await enrol(house.server.invitation(), DeviceKind.DOOR, house.folder / "state", "test")
    process = await _door("--config", str(_config(house)))
    await until(lambda: "exit" in house.board.attached(), within=10)
    house.board.press_exit()
    await house.sees(lambda state: not state.locked)

    process.kill()
    await _ended(process)
    began = time.monotonic()
    await house.sees(lambda state: state.locked, within=3.0)

    assert time.monotonic() - began < 2.0  # far from the five seconds of its lease


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config", "/nowhere/door.toml"], "no such file"),
        (["enrol"], "URL#CODE"),
        (["enrol", "--scan"], "no barcode_scanner is fitted"),
    ],
)
async def test_one_clear_sentence(arguments: list[str], says: str) -> None:
    code, said = await _ended(await _door(*arguments))

    assert code != 0
    assert says in said
    assert said.count("\n") == 1
