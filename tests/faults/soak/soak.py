"""A real door process under visits that never pause: what it needs and what it writes, before and after."""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from meroppet.rules.reasons import Reason
from meroppet.texts import DoorLine
from tests.faults.kills.enrolled import PATRON, Surroundings, surroundings
from tests.integration.door.house import House

ROOT = Path(__file__).parents[3]
VISITS_A_DAY = 300
MIB = 1024 * 1024
BETWEEN, QUIET_FOR = 0.4, 2.5
MEMORY_MAY_GROW, WAL_AT_MOST, WRITTEN_A_DAY_AT_MOST = 0.05, 16 * MIB, 25 * MIB


@dataclass(frozen=True, slots=True)
class Needs:
    """What a process has of memory, descriptors (but for connections), threads, and what it has written by now."""

    memory: int
    descriptors: int
    threads: int
    written: int
    at: float


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak found."""

    visits: int
    seconds: float
    before: Needs
    after: Needs
    largest_wal: int
    idle_a_second: float
    """Bytes written while nobody came; 0 where nobody looked."""

    @property
    def load(self) -> float:
        """How many times the visits of an ordinary day came, in the time they took."""
        return self.visits / self.seconds * 86400 / VISITS_A_DAY

    @property
    def grown(self) -> float:
        """The share by which memory grew."""
        return self.after.memory / self.before.memory - 1

    @property
    def written_a_day(self) -> float:
        """Bytes written on a day with VISITS_A_DAY visits."""
        each = (self.after.written - self.before.written) / self.visits
        return each * VISITS_A_DAY + self.idle_a_second * 86400

    def too_much(self) -> list[str]:
        """What is over its limit, a sentence each."""
        found = {
            f"memory grew by {self.grown:.1%}": self.grown > MEMORY_MAY_GROW,
            f"{self.before.descriptors} descriptors became {self.after.descriptors}": self.after.descriptors
            > self.before.descriptors,
            f"{self.before.threads} threads became {self.after.threads}": self.after.threads > self.before.threads,
            f"a WAL of {self.largest_wal / MIB:.1f} MiB": self.largest_wal > WAL_AT_MOST,
            f"{self.written_a_day / MIB:.1f} MiB written a day": self.written_a_day > WRITTEN_A_DAY_AT_MOST,
        }
        return [what for what, is_so in found.items() if is_so]


async def soak(seconds: float, *, warm: int, idle: float) -> Soaked:
    """Let visits come for so many seconds, after `warm` of them and `idle` seconds without any."""
    async with surroundings() as around, _door(around) as process:
        for _ in range(warm):
            await _visit(around.house)
        quiet = await _settled(process)
        await asyncio.sleep(idle)
        before, visits, largest = _needs(process), 0, 0
        while time.monotonic() < before.at + seconds:
            await _visit(around.house)
            visits += 1
            largest = max(largest, _wal(around.house.folder / "state"))
        ended = time.monotonic()
        after = await _settled(process)
    # A short look would take one late row for what happens all day.
    idle_a_second = (before.written - quiet.written) / idle if idle else 0.0
    return Soaked(visits, ended - before.at, before, after, largest, idle_a_second)


@asynccontextmanager
async def _door(around: Surroundings) -> AsyncIterator[psutil.Process]:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    command = [sys.executable, "-m", "door_controller", "--config", str(around.house.folder / "door.toml")]
    door = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        async with asyncio.timeout(60):
            await around.house.board.until(lambda state: {"exit", "card_reader", "display"} <= state.attached)
        yield psutil.Process(door.pid)
    finally:
        door.terminate()
        await door.wait()


async def _settled(process: psutil.Process) -> Needs:
    """What it needs once it has told its server everything and writes nothing for a while."""
    needs = _needs(process)
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(QUIET_FOR)
            before, needs = needs, _needs(process)
            if needs.written == before.written:
                return needs


async def _visit(house: House) -> None:
    """In by card and PIN, through the door, and out by the button."""
    async with asyncio.timeout(120):
        while not await _let_in(house):
            pass
    house.board.push_door()
    house.board.shut_door()
    house.board.press_exit()
    house.board.push_door("inside")
    house.board.shut_door()
    # The server lets a door ask for no more PINs than people could type at it.
    await asyncio.sleep(BETWEEN)


async def _let_in(house: House) -> bool:
    # Who holds a card there while the door still speaks to somebody else does so again.
    try:
        house.board.tap(PATRON.card)
        await house.says(DoorLine.ASK_PIN, within=4.0)
        house.pin(PATRON.pin)
        await house.says(Reason.GRANTED, within=8.0)
    except AssertionError:
        return False
    return True


def _needs(process: psutil.Process) -> Needs:
    with process.oneshot():
        written = process.io_counters().write_chars
        # The connections of the pool to the server come and go.
        descriptors = process.num_fds() - len(process.net_connections("tcp"))
        return Needs(process.memory_info().rss, descriptors, process.num_threads(), written, time.monotonic())


def _wal(folder: Path) -> int:
    return max((file.stat().st_size for file in folder.rglob("*-wal")), default=0)
