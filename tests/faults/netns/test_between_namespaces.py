"""Faults on cables between network namespaces: found within ten seconds, mended by themselves, nothing lost."""

import asyncio
import json
import sqlite3
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import select

from meroppet.rules.branch import ClockTrust
from meroppet.rules.events import LinkLost
from meroppet.runtime.clock import SystemClock
from server.journal.models import JournalRow
from tests.faults.netns.namespaces import Fault, Namespace, namespaces
from tests.faults.sync.region import Region, listening, region, until

ROOT = Path(__file__).parents[3]
FOUND_WITHIN = 10.0
LOAD = 3.0
"""A loop that is kept from its work by other tests may be a little late."""
FLAPS, FLAP = 12, 0.5


@dataclass
class Door:
    """A door behind a cable, and what it says."""

    name: str
    space: Namespace
    folder: Path
    device: str
    process: asyncio.subprocess.Process | None = None
    said: list[tuple[str, float, object]] = field(default_factory=list)

    async def start(self) -> None:
        """The door, until its link is up."""
        command = self.space.inside(sys.executable, "-m", "tests.faults.netns.door", str(self.folder))
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
        self._listening = asyncio.create_task(self._listen(self.process))
        await until(lambda: self.is_up, within=60)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            what, at, value = json.loads(line)
            self.said.append((what, at, value))

    @property
    def is_up(self) -> bool:
        """What it takes its link for."""
        return bool(self.said) and self.said[-1][2] is True

    async def end(self) -> None:
        """Have it send what it has, and stop."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        async with asyncio.timeout(60):
            await self._listening
            assert await self.process.wait() == 0

    def kill(self) -> None:
        """Whatever it is doing; nothing if it has ended."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    def rows(self) -> list[tuple[int, str]]:
        """What it journalled."""
        connection = sqlite3.connect(self.folder / "journal.db")
        found = connection.execute("SELECT seq, kind FROM row ORDER BY seq").fetchall()
        connection.close()
        return found


async def _cut(door: Door, fault: Fault) -> float:
    """Cut it, wait until the door knows, mend it, wait until all is well; how long the door did not know."""
    began = time.monotonic()
    await asyncio.to_thread(door.space.cut, fault)
    await until(lambda: not door.is_up, within=60)
    found_after = door.said[-1][1] - began
    await asyncio.to_thread(door.space.mend)
    await until(lambda: door.is_up, within=90)
    return found_after


async def _flap(door: Door) -> int:
    """A cable that comes and goes every second; how often the door changed its mind."""
    before = len(door.said)
    for _ in range(FLAPS):
        await asyncio.to_thread(door.space.cut, Fault.BOTH)
        await asyncio.sleep(FLAP)
        await asyncio.to_thread(door.space.mend)
        await asyncio.sleep(FLAP)
    changes = len(door.said) - before
    await until(lambda: door.is_up, within=90)
    return changes


async def _arrived(made: Region, door: Door) -> list[tuple[int, str]]:
    async with made.database.session(made.place.scope) as session:
        rows = await session.all(select(JournalRow).where(JournalRow.device_id == door.device))
    return sorted((row.seq, row.kind) for row in rows)


async def test_what_vanishes_between_namespaces_is_found_in_time_mended_and_loses_nothing(tmp_path: Path) -> None:
    names = ("both", "hears_nothing", "is_not_heard", "flapping")
    clock = SystemClock(ClockTrust.NTP)
    with namespaces(len(names)) as spaces, ExitStack() as ended:
        async with region(tmp_path, clock) as made, listening(made, host="0.0.0.0"):
            doors = [await _enrolled(made, name, space) for name, space in zip(names, spaces, strict=True)]
            for door in doors:
                ended.callback(door.kill)
            await asyncio.gather(*(door.start() for door in doors))
            # The streams stand, too.
            await asyncio.sleep(1.0)

            cut = [_cut(door, fault) for door, fault in zip(doors[:3], Fault, strict=True)]
            *found_after, changes = await asyncio.gather(*cut, _flap(doors[3]))
            await asyncio.gather(*(door.end() for door in doors))
            arrived = [await _arrived(made, door) for door in doors]

    assert max(found_after) < FOUND_WITHIN + LOAD, dict(zip(names, found_after, strict=False))
    assert changes <= 2, "a link that flaps is a lost one, and no more is told of it"
    for door, at_the_server in zip(doors, arrived, strict=True):
        assert at_the_server == door.rows(), door.name
        assert [seq for seq, _ in at_the_server] == list(range(1, len(at_the_server) + 1))
    assert all(LinkLost.kind in {kind for _, kind in rows} for rows in arrived[:3])


async def _enrolled(made: Region, name: str, space: Namespace) -> Door:
    device = await made.door(name)
    identity = device.identity.device
    await device.close()
    return Door(name, space, made.folder / name, identity)
