"""Measures as Prometheus reads them (text exposition format 0.0.4): families of samples, written in order."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One number. `suffix`: what a histogram appends to its family's name."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Samples of one name. `kind`: gauge, counter or histogram."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def text(families: Iterable[Family]) -> str:
    """The families as one page; those without samples are left out."""
    return "".join(line for family in families if family.samples for line in _lines(family))


def gauge(name: str, about: str, values: Iterable[tuple[Mapping[str, str], float | None]]) -> Family:
    """A gauge with a sample for each value that is known."""
    return Family(name, "gauge", about, tuple(Sample(value, labels) for labels, value in values if value is not None))


def _lines(family: Family) -> Iterable[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    for sample in family.samples:
        named = ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels.items())
        yield f"{family.name}{sample.suffix}{f'{{{named}}}' if named else ''} {_number(sample.value)}\n"


def _escaped(about: str) -> str:
    return about.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(value: str) -> str:
    return _escaped(value).replace('"', '\\"')


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(float(value))


class Histogram:
    """Durations counted into buckets, cumulative as the format wants them."""

    def __init__(self, name: str, about: str, bounds: tuple[float, ...]) -> None:
        self._name, self._about, self._bounds = name, about, (*bounds, math.inf)
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one."""
        self._sum += value
        for index, bound in enumerate(self._bounds):
            if value <= bound:
                self._counts[index] += 1

    def family(self) -> Family:
        """What was counted since the process started."""
        buckets = [
            Sample(count, {"le": _bound(bound)}, "_bucket")
            for bound, count in zip(self._bounds, self._counts, strict=True)
        ]
        total = self._counts[-1]
        return Family(
            self._name, "histogram", self._about, (*buckets, Sample(self._sum, {}, "_sum"), Sample(total, {}, "_count"))
        )


def _bound(bound: float) -> str:
    return "+Inf" if math.isinf(bound) else f"{bound:g}"
