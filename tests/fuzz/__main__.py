"""Damages frames on every core, tells what became of them, and fails if one of them was too much for a reader."""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.fuzz.mutations import MUTATIONS, corpus
from tests.fuzz.portions import Outcome, ignore_interrupts, portion

PORTION = 20_000


def _tasks(seed: int, frames: int) -> Iterator[tuple[int, int]]:
    for number, start in enumerate(range(0, frames, PORTION)):
        yield seed * 1_000_000 + number, min(PORTION, frames - start)


def main() -> int:
    """0 when every frame that was asked for was read or refused in the readers' own words."""
    parser = argparse.ArgumentParser("bin/meroppet fuzz", description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1, help="another one damages the frames in other ways")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    begun, total = time.monotonic(), Outcome()
    pool = ProcessPoolExecutor(chosen.processes, multiprocessing.get_context("spawn"), initializer=ignore_interrupts)
    try:
        _run(pool, chosen.seed, chosen.frames, total)
    except KeyboardInterrupt:
        print("interrupted; until then:")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    print(_report(total, time.monotonic() - begun, chosen.processes))
    return 0 if total.frames >= chosen.frames and not total.failures else 1


def _run(pool: ProcessPoolExecutor, seed: int, frames: int, total: Outcome) -> None:
    begun, next_word = time.monotonic(), 0.0
    for done in as_completed([pool.submit(portion, task) for task in _tasks(seed, frames)]):
        total.add(done.result())
        if (taken := time.monotonic() - begun) >= next_word:
            next_word = taken + 2
            _progress(total, frames, taken)


def _progress(total: Outcome, wanted: int, taken: float) -> None:
    left = taken / total.frames * (wanted - total.frames)
    sys.stderr.write(f"  … {total.frames:,} of {wanted:,} frames, {total.failures} uncaught, {left:.0f} s left\n")
    sys.stderr.flush()


def _report(total: Outcome, taken: float, processes: int) -> str:
    rows = [f"{count:>12,}  {name}" for name, count in sorted(total.seen.items())]
    ways = f"{total.frames:,} frames damaged in {len(MUTATIONS)} ways from {len(corpus())}"
    return "\n".join([*rows, *total.uncaught, f"{ways}, {taken:.0f} s on {processes} cores, {total.failures} uncaught"])


if __name__ == "__main__":
    sys.exit(main())
