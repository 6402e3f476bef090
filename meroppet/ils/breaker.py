"""A circuit breaker: after some failures in a row a register is left alone for a while."""

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """Open after `limit` failures in a row for `rest_seconds`; then one call may try. Time is an argument."""

    limit: int = 3
    rest_seconds: float = 30.0
    failures: int = 0
    _closed_from: float | None = None

    def is_open(self, now: float) -> bool:
        """Whether a call at the monotonic time `now` must not be made; letting one try re-arms the rest."""
        if self.is_resting(now):
            return True
        if self._closed_from is not None:
            self._closed_from = now + self.rest_seconds
        return False

    def is_resting(self, now: float) -> bool:
        """Whether the register is left alone at `now`; asking this changes nothing."""
        return self.limit > 0 and self._closed_from is not None and now < self._closed_from

    def succeeded(self) -> None:
        """The register answered."""
        self.failures, self._closed_from = 0, None

    def failed(self, now: float) -> None:
        """The register was silent, gone or not to be believed."""
        self.failures += 1
        if 0 < self.limit <= self.failures:
            self._closed_from = now + self.rest_seconds
