"""A device that does not know the wall clock of its branch does not start: it would open at the wrong hour."""

import asyncio
import os
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from meroppet.device.enrol import enrol
from meroppet.device.replica import Replica
from meroppet.wire.changes import BranchDocument, ChangesReply, Upsert
from meroppet.wire.enrolment import DeviceKind
from tests.fakes.server_double import HELP, ServerDouble

KINDS = {"door_controller": DeviceKind.DOOR, "kiosk": DeviceKind.KIOSK}


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without zone data: none of the system's, and none of Python's."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text('import sys\n\nsys.modules["tzdata"] = None\n', encoding="ascii")
    return {"PYTHONTZPATH": "", "PYTHONPATH": str(hidden)}


async def ended(command: str, *arguments: str, **environ: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", command, *arguments, stderr=asyncio.subprocess.PIPE, env=os.environ | environ
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    return process.returncode, said.decode()


def config(folder: Path) -> str:
    file = folder / "device.toml"
    file.write_text(f'state_dir = "{folder / "state"}"\n', encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("command", KINDS)
@pytest.mark.parametrize("how", [[], ["--check"]], ids=["start", "check"])
async def test_a_device_without_zone_data_refuses_to_start(
    command: str, how: list[str], bare: dict[str, str], tmp_path: Path
) -> None:
    code, said = await ended(command, "--config", config(tmp_path), *how, **bare)

    assert code == 1
    assert "the time zone Europe/Stockholm is not known on this device; install its zone data" in said
    assert "Traceback" not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", KINDS)
async def test_a_device_whose_branch_lives_by_a_clock_it_does_not_know_refuses_to_start(
    command: str, bare: dict[str, str], tmp_path: Path
) -> None:
    stockholm = tmp_path / "zones" / "Europe" / "Stockholm"
    stockholm.parent.mkdir(parents=True)
    shutil.copy(str(files("tzdata").joinpath("zoneinfo", "Europe", "Stockholm")), stockholm)
    await belongs(tmp_path / "state", KINDS[command], tmp_path, zone="Atlantic/Azores")

    known = {**bare, "PYTHONTZPATH": str(tmp_path / "zones")}
    code, said = await ended(command, "--config", config(tmp_path), "--check", **known)

    assert code == 1
    assert "the time zone Atlantic/Azores is not known on this device" in said
    assert "Europe/Stockholm" not in said


async def belongs(state: Path, kind: DeviceKind, folder: Path, zone: str) -> None:
    """Enrol the device at a branch in a zone."""
    server = ServerDouble()
    await server.start(folder)
    try:
        await enrol(server.invitation(), kind, state, "test")
    finally:
        await server.stop()
    document = BranchDocument(id="b1", name="Horta", controller="m1", consortium="c1", zone=zone, help_number=HELP)
    replica = Replica(state / "replica")
    told = Upsert(kind="branch", key="-", value=document.model_dump(mode="json"))
    replica.write(ChangesReply(upserts=(told,), tombstones=(), next=1))
    replica.close()
