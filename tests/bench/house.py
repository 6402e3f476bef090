"""The five processes together: from the last key to the strike, how long each takes to start, and how large it is."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import time as wall
from functools import partial
from pathlib import Path

from demo import folder, ports
from demo.consortia import place
from demo.house import House
from demo.people import PEOPLE, shown_by
from demo.visit import Visitor
from hardware.virtual.world import BoardState
from tests.bench import reconnecting, staff_change, verifying
from tests.bench.figures import Figure, percentile, progress

VISITS = 50
ASTRID = PEOPLE[0]
DOT = "●"
START_GOALS = {"register": 3.0, "server": 5.0, "lockd": 1.0, "door": 3.0, "kiosk": 3.0}
MEMORY_GOALS = {"register": 60.0, "server": 200.0, "lockd": 20.0, "door": 90.0, "kiosk": 110.0}
"""Megabytes of PSS; a Raspberry Pi 4 with 1 GB holds door and kiosk with room to spare."""


async def figures(root: Path) -> AsyncIterator[Figure]:
    """Starts the house twice, cold and warm, and measures the warm one."""
    bare = _bare_start()
    progress("cold start: seeding, enrolment, five processes")
    cold, whole_cold = await _started(root, None)
    progress("warm start, then visits")
    warm: dict[str, float] = {}
    measured: list[Figure] = []
    whole_warm = (await _started(root, measured, warm))[1]
    yield Figure("cold start of everything", whole_cold, "s", 12.0, bare, "bare Python start")
    yield Figure("warm start of everything", whole_warm, "s", 3.0, bare, "bare Python start")
    for name, goal in START_GOALS.items():
        yield Figure(f"cold start of {name}", cold[name], "s", goal, bare, "bare Python start")
        yield Figure(f"warm start of {name}", warm[name], "s", goal, bare, "bare Python start")
    for figure in measured:
        yield figure


def _bare_start() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - begun


async def _started(
    root: Path, measured: list[Figure] | None, ready: dict[str, float] | None = None
) -> tuple[dict[str, float], float]:
    starts = {} if ready is None else ready
    with folder.opened(root, fresh=measured is None) as opened:
        prepared = House(place("skiljebo"), ports.from_base(21_200), opened, lambda *_: None)
        prepared.clock.turn_to(wall(19, 30))
        begun = time.perf_counter()
        async with prepared as house:
            whole = time.perf_counter() - begun
            starts.update({name: child.ready_after or 0.0 for name, child in house.children.items()})
            if measured is not None:
                measured.extend([figure async for figure in _visits(house)])
                measured.extend(_memory(house))
                measured.extend([figure async for figure in staff_change.figures(house)])
                measured.extend([figure async for figure in verifying.figures(house)])
                measured.extend([figure async for figure in reconnecting.figures(house)])
    return starts, whole


async def _visits(house: House) -> AsyncIterator[Figure]:
    async with Visitor(house) as visitor:
        await _visit(visitor)
        taken = [await _visit(visitor) for _ in range(VISITS)]
        asked = [await visitor.asked() for _ in range(VISITS)]
    for percent, goal in ((50, 10.0), (99, 50.0)):
        reference = percentile(asked, percent)
        yield Figure(
            f"last key to strike through the whole door, p{percent}", percentile(taken, percent), "ms",
            reference + goal, reference, f"the register asked alone, p{percent}",
        )  # fmt: skip


async def _visit(visitor: Visitor) -> float:
    """Milliseconds from the last key to a released strike; the visitor goes in and the door falls shut."""
    board = visitor.house.board
    board.tap(shown_by(ASTRID, visitor.house.place.branch))
    await visitor.board("a question for the PIN", lambda state: state.blinking)
    # As a hand types: what a digit costs is over before the next one comes.
    for typed, digit in enumerate(ASTRID.pin[:-1], 1):
        board.press(digit)
        await visitor.board(f"{typed} dots", partial(_shows, typed))
    begun = time.perf_counter()
    board.press(ASTRID.pin[-1])
    await visitor.board("a released strike", lambda state: not state.locked)
    taken = (time.perf_counter() - begun) * 1000
    board.push_door("outside")
    await visitor.board("a locked strike", lambda state: state.locked)
    board.shut_door()
    await asyncio.sleep(0.05)
    return taken


def _shows(typed: int, state: BoardState) -> bool:
    return any(line.count(DOT) == typed for line in state.display)


def _memory(house: House) -> Iterator[Figure]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bare:
        time.sleep(0.3)
        reference = _smaps(bare.pid, "Pss")
        for name, child in house.children.items():
            assert child.pid is not None
            for kind in ("Pss", "Rss"):
                value, goal = _smaps(child.pid, kind), MEMORY_GOALS[name] * (1.0 if kind == "Pss" else 1.3)
                yield Figure(f"memory of {name}, {kind.upper()}", value, "MB", goal, reference, "bare Python, PSS")
        bare.communicate(b"\n")


def _smaps(pid: int, kind: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{kind}:")).split()[1]) / 1024
