"""How often a device may ask: token buckets in memory. A restart forgives; the registers' own limits do not."""

from dataclasses import dataclass, field

from meroppet.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second after that."""

    burst: float
    per_second: float


REQUESTS = Rate(burst=200, per_second=40)
VERIFICATIONS = Rate(burst=40, per_second=2)
"""A door can ask for no more PINs than people could type at it."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Rates:
    """The buckets of every device, by (device, what)."""

    clock: Clock
    _buckets: dict[tuple[str, Rate], _Bucket] = field(default_factory=dict)

    def allows(self, device: str, rate: Rate) -> bool:
        """Take one token; False if there is none."""
        now = self.clock.monotonic()
        bucket = self._buckets.setdefault((device, rate), _Bucket(rate.burst, now))
        bucket.tokens = min(rate.burst, bucket.tokens + (now - bucket.at) * rate.per_second)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
