"""A clock that is believed while the server vouches for it: compared over the signed channel, never set by it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from meroppet.rules.branch import ClockTrust
from meroppet.runtime.clock import Clock

logger = logging.getLogger(__name__)

NEAR = timedelta(seconds=60)
VOUCHED_FOR = timedelta(days=62).total_seconds()
"""A clock that ran right beside the server's may run alone for as long as hours are known ahead at least.

At the 10 s a week that IEC 60839-11-1 asks of it, it is then a minute and a half off. Whoever turns it by a step is
found out, and by slewing (500 ppm at most, adjtimex(2)) it gains or loses three quarters of an hour.
"""


class VouchedClock:
    """Another clock's time, with the trust it has earned from the server or else by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._vouched: tuple[datetime, float] | None = None
        self._contradicted = False
        self._doubts: list[Callable[[], None]] = []

    def on_doubt(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the wall clock is found to have stepped, so that the server can be asked."""
        self._doubts.append(callback)

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self._clock.monotonic()

    def trust(self) -> ClockTrust:
        """SIGNED while what the server vouched for still holds, NONE if the server contradicted; else its own."""
        if self._contradicted:
            return ClockTrust.NONE
        if self._vouched is None:
            return self._clock.trust()
        wall, monotonic = self._vouched
        passed = self._clock.monotonic() - monotonic
        # The wall clock must have run as the monotonic one did: a step since then is nobody's word.
        kept = abs((self._clock.now() - wall).total_seconds() - passed) < NEAR.total_seconds()
        if not kept:
            for callback in self._doubts:
                callback()
            return ClockTrust.NONE
        return ClockTrust.SIGNED if passed < VOUCHED_FOR else self._clock.trust()

    def compare(self, server_now: str) -> None:
        """Take in the server's time (ISO 8601) from a signed answer just received."""
        try:
            server = datetime.fromisoformat(server_now)
            away = abs(server - self._clock.now())
        except (ValueError, TypeError):
            return
        if away > NEAR and not self._contradicted:
            logger.error("the clock is not the server's", extra={"seconds": round(away.total_seconds())})
        self._contradicted = away > NEAR
        self._vouched = None if self._contradicted else (self._clock.now(), self._clock.monotonic())
