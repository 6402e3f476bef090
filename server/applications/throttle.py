"""How often one address may try something on the public pages: token buckets in memory. A restart forgives."""

from collections import OrderedDict
from dataclasses import dataclass, field

from meroppet.runtime.clock import Clock

MOST_ADDRESSES = 10_000
"""The longest unused is forgotten: whoever has so many addresses is stopped by the counts of each card."""


@dataclass(frozen=True, slots=True)
class Pace:
    """So many at once, and one more every so many seconds."""

    what: str
    burst: int
    seconds: float


CARDS = Pace("card", burst=10, seconds=30.0)
"""A family at a library's own network; a guesser gets no further than each card's count."""
ORDERS = Pace("order", burst=10, seconds=20.0)


@dataclass(slots=True)
class Throttle:
    """The buckets of every address."""

    clock: Clock
    _left: OrderedDict[tuple[str, str], tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, address: str, pace: Pace) -> bool:
        """Take one; False if there is none left."""
        now, key = self.clock.monotonic(), (address, pace.what)
        left, at = self._left.pop(key, (float(pace.burst), now))
        left = min(pace.burst, left + (now - at) / pace.seconds)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        while len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return allowed
