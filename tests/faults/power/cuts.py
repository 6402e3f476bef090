"""Where power is cut, and what each cut breaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.power.disk import HOW, Disk, How, Op, Told
from tests.faults.power.promises import Promised, broken


@dataclass(frozen=True, slots=True)
class Cut:
    """Power goes after so many operations; what the disk wakes up with is drawn by a seed."""

    after: int
    how: How
    seed: int


def places(ops: list[Op]) -> list[int]:
    """After how many operations a power cut can have more than one outcome."""
    disk, found = Disk(), []
    for after, op in enumerate(ops, 1):
        disk.do(op)
        if not disk.is_quiet:
            found.append(after)
    return found


def cuts(ops: list[Op], number: int) -> list[Cut]:
    """So many cuts, spread evenly over all places, at each of them in every way."""
    found, rounds = places(ops), -(-number // len(HOW))
    return [Cut(found[at // len(HOW) * len(found) // rounds], HOW[at % len(HOW)], at) for at in range(number)]


def outcomes(folder: Path, ops: list[Op], wanted: list[Cut]) -> Iterator[tuple[Cut, str]]:
    """What each cut breaks, or nothing; images are laid into a folder."""
    disk, promise, done = Disk(), Promised(), 0
    for cut in wanted:
        for op in ops[done : cut.after]:
            disk.do(op)
            if isinstance(op, Told):
                promise.hear(op.what)
        done = cut.after
        yield cut, broken(folder / "image", disk.image(cut.how, Random(cut.seed)), promise)
