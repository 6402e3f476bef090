"""`bin/meroppet simulate`: door-years from seeds, over all cores; 1 and a trace if an invariant was broken."""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.bugs import BUGS
from tests.simulation.house import Kind
from tests.simulation.run import Outcome, simulate

DAYS = 365.0


def main(argv: list[str] | None = None) -> int:
    """0 when every invariant held."""
    chosen = _parser().parse_args(argv)
    days, runs = chosen.years * DAYS, max(1, round(chosen.years))
    if chosen.days is not None:
        days, runs = chosen.days, 1
    seeds = range(chosen.seed, chosen.seed + runs)
    work = partial(simulate, days=days / runs, kind=Kind(), bug=chosen.bug)
    with ProcessPoolExecutor(max_workers=min(runs, os.cpu_count() or 1)) as cores:
        outcomes = [_told(outcome) for outcome in cores.map(work, seeds)]
    broken = [outcome for outcome in outcomes if outcome.broken]
    _say(f"{sum(outcome.days for outcome in outcomes) / DAYS:.2f} door-years, {len(broken)} of {runs} seeds broken")
    for outcome in broken[:1]:
        _say("\n".join(outcome.trace))
    return 1 if broken else 0


def _told(outcome: Outcome) -> Outcome:
    figures = f"{outcome.days:.0f} days, {outcome.taps} taps, {outcome.faults} faults, {outcome.seconds:.0f} s"
    _say(f"seed {outcome.seed}: {figures}, {outcome.digest[:16]}")
    for broken in outcome.broken:
        _say(f"  {broken}")
    return outcome


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("meroppet simulate", description="Simulates doors, people and faults.")
    parser.add_argument("--years", type=float, default=1.0, help="door-years; each of them from a seed of its own")
    parser.add_argument("--days", type=float, help="instead of years: so many days from the one seed")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--bug", default="none", choices=BUGS, help="plant a bug, which is to be found")
    return parser


if __name__ == "__main__":
    sys.exit(main())
