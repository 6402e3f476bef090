"""Draws the door's table in docs/door.md: one diagram a region, and every row in words, as the rules define them.

`python bin/diagram.py` writes, `--check` exits with 1 when the page is not what it would write.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from meroppet.rules.door import ROWS
from meroppet.rules.door_table import PHASES, Phase, Region, Row, always

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/door.md"
BEGIN, END = "<!-- drawn by bin/diagram.py -->", "<!-- end of what is drawn -->"


def drawn() -> str:
    """Everything between the marks."""
    parts = [part for region in Region for part in (f"### {region.value.capitalize()}", diagram(region), table(region))]
    return "\n\n".join((BEGIN, *parts, END))


def diagram(region: Region) -> str:
    """The phases of a region and what leads from one to another."""
    first = PHASES[region][0]
    moves = dict.fromkeys(move for row in ROWS if row.region is region for move in _moves(row))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first.value}", *(f"    {move}" for move in moves), "```"]
    return "\n".join(lines)


def _moves(row: Row) -> Iterator[str]:
    for source in row.sources:
        target = row.target or source
        if target is not source:
            yield f"{source.value} --> {target.value}: {words(row.on.__name__)}"


def table(region: Region) -> str:
    """Every row of a region, in the order in which they are tried."""
    head = ["| where it stands | what happens | if | what is done | where it stands then |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(row) for row in ROWS if row.region is region)])


def _row(row: Row) -> str:
    sources = "any" if set(row.sources) == set(PHASES[row.region]) else _phases(row.sources)
    when = "" if row.when is always else words(row.when.__name__)
    target = "" if row.target is None else f"`{row.target.value}`"
    return f"| {sources} | {words(row.on.__name__)} | {when} | {words(row.do.__name__)} | {target} |"


def _phases(phases: tuple[Phase, ...]) -> str:
    return ", ".join(f"`{phase.value}`" for phase in phases)


def words(name: str) -> str:
    """A name of the code as people read it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).strip("_").replace("_", " ").lower()


def page() -> str:
    """The whole page, with what is drawn as the code says."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + drawn() + rest.partition(END)[2]


def main() -> None:
    """Write the page, or compare it."""
    text = page()
    if sys.argv[1:] == ["--check"]:
        if PAGE.read_text(encoding="utf-8") != text:
            sys.exit(f"{PAGE.relative_to(ROOT)} is not what the code says; run python bin/diagram.py")
        return
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
