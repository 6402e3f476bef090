"""`meroppet-door --check` in a whole house: what is missing is a fault, what is only good to know is a note."""

import asyncio
import sys
from asyncio.subprocess import PIPE

from meroppet.device.enrol import enrol
from meroppet.wire.enrolment import DeviceKind
from tests.fakes.server_double import ALWAYS
from tests.integration.door.house import POLICY, House


async def _check(house: House, more: str) -> tuple[int | None, str, str]:
    file = house.folder / "door.toml"
    board = f'driver = "virtual"\nsocket = "{house.board.path}"'
    file.write_text(
        f'state_dir = "{house.folder}/state"\nlockd_socket = "{house.folder}/lockd.sock"\n{more}\n'
        f'[contact]\n{board}\npart = "contact"\n[exit_button]\n{board}\npart = "exit"\n'
        + "".join(f"[{place}]\n{board}\n" for place in ("card_reader", "keypad", "indicator", "sounder", "display"))
        + f"[barcode_scanner]\n{board}\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "door_controller", "--config", str(file), "--check", stdout=PIPE, stderr=PIPE
    )
    said, faults = await process.communicate()
    return process.returncode, said.decode(), faults.decode()


async def test_a_lock_that_lockd_does_not_have_is_a_fault_and_the_rest_are_notes(house: House) -> None:
    await house.board.start()
    await house.start_lockd()
    await house.server.start(house.folder)
    house.server.open_branch(POLICY, ALWAYS)
    await enrol(house.server.invitation(), DeviceKind.DOOR, house.folder / "state", "test")

    plain = await _check(house, "")
    night = await _check(house, "[night_lock]")

    assert (plain[0], plain[2]) == (0, "")
    assert "note: no alarm_armed is fitted: people are let in even while an intruder alarm is armed" in plain[1]
    assert night[0] == 1
    assert night[2] == (
        "meroppet-door: lockd has no lock called night: night_lock here needs it among `also` in lockd's own settings\n"
    )
