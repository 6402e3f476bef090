"""`python -m tests.faults.soak --minutes 30`: the long soak; exits with 1 when anything is over its limit."""

import argparse
import asyncio
import sys

from tests.faults.soak.soak import MIB, Soaked, soak


def told(found: Soaked) -> str:
    """What was found, in lines."""
    before, after = found.before, found.after
    return "\n".join(
        (
            f"{found.visits} visits in {found.seconds / 60:.1f} min: {found.load:.0f} times an ordinary day's",
            f"memory {before.memory / MIB:.1f} -> {after.memory / MIB:.1f} MiB ({found.grown:+.1%})",
            f"descriptors {before.descriptors} -> {after.descriptors}, threads {before.threads} -> {after.threads}",
            f"largest WAL {found.largest_wal / MIB:.2f} MiB",
            f"written on a day of 300 visits {found.written_a_day / MIB:.1f} MiB",
        )
    )


def main() -> int:
    """Soak and tell."""
    parser = argparse.ArgumentParser("tests.faults.soak")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long visits come")
    chosen = parser.parse_args()
    found = asyncio.run(soak(chosen.minutes * 60, warm=60, idle=120.0))
    print(told(found))
    for what in found.too_much():
        print(f"over the limit: {what}")
    return 1 if found.too_much() else 0


if __name__ == "__main__":
    sys.exit(main())
