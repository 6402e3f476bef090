"""A real `meroppet-door` process whose new settings do not work runs by those that did, and tells so."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from door_controller.last_good import LastGood
from door_controller.settings import DEFAULT_FILE, PREFIX, DoorSettings
from meroppet.device.enrol import enrol
from meroppet.runtime.clock import SystemClock
from meroppet.runtime.settings import load
from meroppet.wire.enrolment import DeviceKind
from tests.fakes.server_double import ALWAYS
from tests.integration.door.house import POLICY, House, until


async def _house_that_worked(house: House) -> Path:
    """Enrolled, with settings by which a door has run; gives their file."""
    await house.board.start()
    await house.start_lockd()
    await house.server.start(house.folder)
    house.server.open_branch(POLICY, ALWAYS)
    await enrol(house.server.invitation(), DeviceKind.DOOR, house.folder / "state", "test")
    file = house.folder / "door.toml"
    board = f'socket = "{house.board.path}"'
    file.write_text(
        f'state_dir = "{house.folder}/state"\nlockd_socket = "{house.folder}/lockd.sock"\n'
        + "".join(f"[{place}]\n{board}\n" for place in ("card_reader", "keypad", "indicator", "sounder", "display"))
        + f'[contact]\n{board}\npart = "contact"\n[exit_button]\n{board}\npart = "exit"\n[barcode_scanner]\n{board}\n'
    )
    starts = LastGood(house.folder / "state", SystemClock())
    starts.begin(load(DoorSettings, prefix=PREFIX, default_file=DEFAULT_FILE, argv_config=file, environ={}), "0")
    starts.began()
    starts.good()
    return file


async def _door(file: Path, house: House) -> asyncio.subprocess.Process:
    folder = {"STATE_DIRECTORY": str(house.folder / "state")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "door_controller", "--config", str(file), stderr=asyncio.subprocess.PIPE,
        env=os.environ | folder,
    )  # fmt: skip


async def test_a_file_that_cannot_be_read_leaves_the_door_running_by_the_last_good_settings(house: House) -> None:
    file = await _house_that_worked(house)
    file.write_text("[card_reader\n")

    process = await _door(file, house)
    await until(lambda: "config.rolled_back" in house.server.kinds(), within=20)
    house.board.press_exit()
    await house.sees(lambda state: not state.locked, within=10)
    process.send_signal(signal.SIGTERM)
    await process.communicate()

    assert process.returncode == 0
    told = [detail for kind, detail in house.journal() if kind == "config.rolled_back"]
    assert "is not TOML" in str(told)


async def test_settings_that_fail_three_times_give_way(house: House) -> None:
    file = await _house_that_worked(house)
    # Valid as a setting, and nothing can be opened there.
    file.write_text(file.read_text().replace("[keypad]\n", "[tamper_box]\ndriver = 'nowhere'\n[keypad]\n"))
    for _ in range(3):
        process = await _door(file, house)
        _, said = await process.communicate()
        assert process.returncode == 1, said

    process = await _door(file, house)
    await until(lambda: {"config.rolled_back", "controller.crashed"} <= set(house.server.kinds()), within=20)
    process.send_signal(signal.SIGTERM)
    await process.communicate()

    assert process.returncode == 0
