"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

from meroppet.rules.branch import ClockTrust

START = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
"""A Monday at noon in Sweden."""


class ManualClock:
    """Time passes only by `advance`."""

    def __init__(self, start: datetime = START, trust: ClockTrust = ClockTrust.NTP) -> None:
        self._now = start
        self._monotonic = 1000.0
        self._trust = trust

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def trust(self) -> ClockTrust:
        return self._trust

    def advance(self, step: timedelta) -> None:
        self._now += step
        self._monotonic += step.total_seconds()

    def turn(self, step: timedelta) -> None:
        """Somebody turns the wall clock; no time passes."""
        self._now += step
