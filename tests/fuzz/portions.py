"""Some frames in one process: damaged, read, counted. (Not in `__main__`, which another process could not import.)"""

import random
import signal
import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.mutations import damaged
from tests.fuzz.readers import Readers


@dataclass(slots=True)
class Outcome:
    """What became of some frames; `uncaught` holds the first few that were too much."""

    frames: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    uncaught: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.frames += other.frames
        self.seen += other.seen
        self.failures += other.failures
        self.uncaught = [*self.uncaught, *other.uncaught][:5]


def portion(task: tuple[int, int]) -> Outcome:
    """Some frames, always the same ones for the same seed."""
    seed, frames = task
    dice = random.Random(seed)
    readers, outcome = Readers(dice), Outcome(frames)
    for number in range(frames):
        frame = damaged(dice)
        try:
            readers.read(number, frame)
        except Exception:  # noqa: BLE001 (whatever it is, it is what is being looked for)
            outcome.failures += 1
            outcome.uncaught = [*outcome.uncaught, f"{frame!r}\n{traceback.format_exc()}"][:5]
            readers = Readers(dice)
    outcome.seen = readers.seen
    return outcome


def ignore_interrupts() -> None:
    """Ctrl-C is for the process that hands out the portions."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
