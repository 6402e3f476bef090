"""A device that belongs to a branch, with what a server told it before, and its command as a process."""

import asyncio
import os
import sys
from pathlib import Path

from pydantic import JsonValue

from meroppet.device.enrol import enrol
from meroppet.device.replica import Replica
from meroppet.wire.changes import BranchDocument, ChangesReply, Kind, Upsert
from meroppet.wire.enrolment import DeviceKind
from tests.fakes.server_double import HELP, ServerDouble

KINDS = {"door_controller": DeviceKind.DOOR, "kiosk": DeviceKind.KIOSK}


def branch(zone: str) -> JsonValue:
    document = BranchDocument(id="b1", name="Nora", controller="m1", consortium="c1", zone=zone, help_number=HELP)
    said: JsonValue = document.model_dump(mode="json")
    return said


async def enrolled(folder: Path, kind: DeviceKind) -> None:
    server = ServerDouble()
    await server.start(folder)
    try:
        await enrol(server.invitation(), kind, folder / "state", "test")
    finally:
        await server.stop()


def told(folder: Path, *documents: tuple[Kind, JsonValue]) -> None:
    replica = Replica(folder / "state" / "replica")
    upserts = tuple(Upsert(kind=kind, key="-", value=value) for kind, value in documents)
    replica.write(ChangesReply(upserts=upserts, tombstones=(), next=1))
    replica.close()


async def run(command: str, folder: Path, *arguments: str, **environ: str) -> tuple[int | None, str]:
    """The command with the device's folder as its state: exit code and what it said."""
    file = folder / "device.toml"
    listen = "[listen]\nport = 0\n" if command == "kiosk" else ""
    file.write_text(f'state_dir = "{folder / "state"}"\n{listen}', encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", command, "--config", str(file), *arguments),
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environ,
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    return process.returncode, said.decode()
