"""One run: a house, its people and its nemesis for some days from one seed; a hash, counts, and what was broken."""

import asyncio
import gc
import logging
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.bugs import BUGS
from tests.simulation.house import DAY, House, Kind, fixed_chance
from tests.simulation.invariants import Row
from tests.simulation.ledger import Broken, Ledger
from tests.simulation.loop import SimLoop
from tests.simulation.nemesis import Nemesis
from tests.simulation.network import Network

AUDIT_EVERY = 7.0
"""Days after which all is healed for a while, and the server must hold every row."""
TIDIED_EVERY = 2 * DAY
MEMORY = Path("/dev/shm")


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    seed: int
    days: float
    digest: str = ""
    faults: int = 0
    seconds: float = 0.0
    broken: list[Broken] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)

    @property
    def taps(self) -> int:
        """How many cards were shown."""
        return self.counts["person.taps"]


def simulate(seed: int, days: float, kind: Kind = Kind(), *, bug: str = "none") -> Outcome:  # noqa: B008 (a value)
    """Simulate so many days, or until an invariant is broken, with a bug planted (bugs.py) or none."""
    began = time.process_time()
    loop = SimLoop()
    loop.network = Network(loop)
    folder = Path(tempfile.mkdtemp(prefix="meroppet-sim-", dir=MEMORY if MEMORY.is_dir() else None))
    outcome, ledger = Outcome(seed, days), Ledger(loop)
    logging.disable(logging.CRITICAL)
    with ExitStack() as after:
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        after.callback(logging.disable, logging.NOTSET)
        after.callback(gc.enable)
        after.callback(setattr, sys, "unraisablehook", sys.unraisablehook)
        # What a killed process leaves behind complains when it is collected.
        sys.unraisablehook = lambda _complaint: None
        after.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", RuntimeWarning)
        after.enter_context(fixed_chance(seed))
        after.enter_context(BUGS[bug]())
        gc.disable()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_lived(House(loop, folder, seed, ledger, kind), outcome))
        gc.unfreeze()
        loop.end()
    outcome.digest, outcome.counts, outcome.trace = ledger.digest, ledger.counts, ledger.trace
    outcome.broken, outcome.seconds = ledger.broken, time.process_time() - began
    return outcome


async def _lived(house: House, outcome: Outcome) -> None:
    nemesis = Nemesis(house, outcome.seed)
    await house.move_in()
    # What stands now stands to the end: a collection need not look at it again.
    gc.collect()
    gc.freeze()
    left = outcome.days
    while left > 0:
        stretch = min(AUDIT_EVERY, left)
        striking = asyncio.create_task(nemesis.run())
        living = asyncio.create_task(house.live(stretch))
        while not living.done():
            await asyncio.wait([living], timeout=TIDIED_EVERY)
            house.loop.tidy()
            if house.ledger.broken:
                return
        living.result()
        striking.cancel()
        outcome.faults = nemesis.faults
        nemesis.heal()
        await _audited(house)
        left -= stretch
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)


async def _audited(house: House) -> None:
    """Wait until all is quiet, and compare what the door made durable with what the server holds."""
    arrived: Counter[Row] = Counter()
    for _ in range(48):
        await asyncio.sleep(1800)
        if not _missing(house, arrived := await house.arrived()):
            break
    missing = _missing(house, arrived)
    for at, _, kind, *_ in missing[:3]:
        house.ledger.breaks("I6", f"a row ({kind}, boot {at[:8]}) never came to the server; {len(missing)} are missing")
    often = house.oracle.rows
    twice = [row for row, times in arrived.items() if row in often and times > max(often[row].values())]
    for _, _, kind, *_ in twice[:3]:
        house.ledger.breaks("I6", f"a row ({kind}) is at the server twice, as {len(twice)} are")
    house.ledger.note("audit", "rows", str(len(arrived)))
    house.oracle.rows.clear()


def _missing(house: House, arrived: Counter[Row]) -> list[Row]:
    return [row for row, often in house.oracle.rows.items() if arrived[row] < max(often.values())]
