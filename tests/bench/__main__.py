"""Measures everything and tells it: a table on standard output, build/bench.json for machines."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench import door, guessing, hours, house, publishing, sip2
from tests.bench.figures import Figure, table, write

FILE = Path(__file__).parents[2] / "build" / "bench.json"


def main() -> int:
    """0 when everything was measured; with --strict, 1 when a goal was missed."""
    parser = argparse.ArgumentParser("bin/meroppet bench")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    chosen = parser.parse_args()
    # Beside the project, not in /tmp: a disk in memory would make every durable write look free.
    FILE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FILE.parent, prefix="bench-") as scratch:
        figures = asyncio.run(_measured(Path(scratch)))
    print(table(figures))
    write(figures, FILE)
    print(f"written to {FILE.relative_to(FILE.parents[1])}", file=sys.stderr)
    return 1 if chosen.strict and not all(figure.is_met for figure in figures) else 0


async def _measured(scratch: Path) -> list[Figure]:
    return [
        *sip2.figures(),
        *hours.figures(),
        *guessing.figures(),
        *door.durable_rows(scratch),
        *door.offline_decisions(scratch),
        *[figure async for figure in publishing.figures(scratch)],
        *[figure async for figure in house.figures(scratch / "house")],
    ]


if __name__ == "__main__":
    sys.exit(main())
