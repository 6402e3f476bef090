"""One measured figure, and the table and file it ends up in."""

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its goal, beside a reference measured in the same run on the same machine."""

    name: str
    value: float
    unit: str
    goal: float
    reference: float
    reference_name: str

    @property
    def ratio(self) -> float:
        """How many times the reference."""
        return self.value / self.reference if self.reference else 0.0

    @property
    def is_met(self) -> bool:
        """Whether the goal is kept; every goal here is a ceiling."""
        return self.value <= self.goal


def percentile(samples: Sequence[float], percent: int) -> float:
    """The value that `percent` of the samples do not exceed."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1] if len(samples) > 1 else samples[0]


def table(figures: Sequence[Figure]) -> str:
    """For people."""
    lines = [f"{'':2} {'figure':<58} {'value':>10} {'goal':>10} unit  {'ratio':>8}  to"]
    for figure in figures:
        mark = "ok" if figure.is_met else "!!"
        lines.append(
            f"{mark} {figure.name:<58} {figure.value:>10.3g} {figure.goal:>10.3g} {figure.unit:<4}"
            f"  {figure.ratio:>7.2f}×  {figure.reference_name}"
        )
    return "\n".join(lines)


def write(figures: Sequence[Figure], file: Path) -> None:
    """For machines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    document = [{**asdict(figure), "ratio": round(figure.ratio, 3), "met": figure.is_met} for figure in figures]
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def progress(words: str) -> None:
    """What is being measured now."""
    sys.stderr.write(f"  … {words}\n")
    sys.stderr.flush()
