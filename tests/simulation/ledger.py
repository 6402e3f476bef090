"""What truly happened in a simulated house, told by the world and never by the product; and what was broken by it."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.loop import SimLoop


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that did not hold, at a moment (seconds since the start)."""

    at: float
    invariant: str
    what: str

    def __str__(self) -> str:
        day, second = divmod(self.at, 86_400)
        return f"{self.invariant} day {day:.0f} {second / 3600:05.2f} h: {self.what}"


class BrokenInvariant(AssertionError):
    """Ends a run that is to end with the first one."""


@dataclass(slots=True)
class Ledger:
    """Everything that was told, as a hash and as counts, with the last of it as a trace."""

    loop: SimLoop
    traced: int = 60
    broken: list[Broken] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def note(self, actor: str, what: str, detail: str = "") -> None:
        """Something happened."""
        line = f"{self.loop.time():.3f} {actor} {what} {detail}"
        self._hash.update(line.encode())
        self.counts[f"{actor}.{what}"] += 1
        self.trace.append(line)
        if len(self.trace) > 2 * self.traced:
            del self.trace[: self.traced]

    def breaks(self, invariant: str, what: str) -> None:
        """An invariant does not hold."""
        self.note("oracle", invariant, what)
        self.broken.append(Broken(self.loop.time(), invariant, what))

    @property
    def digest(self) -> str:
        """The hash of all that happened so far."""
        return self._hash.hexdigest()
