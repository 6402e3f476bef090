"""A clock that is believed as far as somebody vouches for it: the server, NTP or a battery (ADR 0017).

It is compared over the signed channel, and never set by it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from meroppet.device.rtc import NoSource, TimeSource
from meroppet.rules.branch import ClockTrust
from meroppet.runtime.clock import Clock

logger = logging.getLogger(__name__)

NEAR = timedelta(seconds=60)
SIGNED_FOR = timedelta(hours=24).total_seconds()
"""How long the server's word counts as its own."""
NTP_WITHIN = timedelta(minutes=5)
"""How far NTP may correct a clock before only the server's word will do."""
CARRIED_FOR = timedelta(days=62).total_seconds()
"""A clock that ran right beside the server's may run alone for as long as hours are known ahead at least.

It then counts as no more than a battery's. Whoever turns it by a step is found out; a crystal that is 100 ppm wrong
makes nine minutes of it, and by slewing (500 ppm at most, adjtimex(2)) it gains or loses three quarters of an hour.
"""
CHIP_FOR = timedelta(days=7)
CHIP_NEAR = timedelta(seconds=2)
_SEEN_FOR = 120.0
_NOTE_EVERY = 3600.0
_DRIFT_OVER = timedelta(hours=6).total_seconds()
_DRIFT_FROM = timedelta(hours=24).total_seconds()


@dataclass(frozen=True, slots=True)
class _Word:
    """The machine's time and the server's before it, when they were compared (monotonic)."""

    wall: datetime
    ahead: float
    at: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the machine said when it was last asked (monotonic)."""

    chip: datetime | None
    disciplined: bool
    at: float


class VouchedClock:
    """Another clock's time, with the trust it has earned.

    `source`: what the machine itself knows; `file` remembers when its battery-backed clock was last seen right.
    """

    def __init__(self, clock: Clock, source: TimeSource | None = None, file: Path | None = None) -> None:
        self._clock, self._source, self._file = clock, source or NoSource(), file
        self._vouched: _Word | None = None
        self._contradicted = False
        self._ahead: float | None = None
        self._drift: float | None = None
        self._drift_from: _Word | None = None
        self._doubts: list[Callable[[], None]] = []
        self._noted_at: float | None = None
        self._chip_right = _read(file)
        self._seen = self._look()

    def on_doubt(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the wall clock is found to have stepped, so that the server can be asked."""
        self._doubts.append(callback)

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self._clock.monotonic()

    @property
    def ahead(self) -> float | None:
        """Seconds this clock was before the server's when last compared; None: never in this run."""
        return self._ahead

    @property
    def drift_ppm(self) -> float | None:
        """How fast this clock runs against the server's, in parts per million; None before six hours of comparing."""
        return self._drift

    def trust(self) -> ClockTrust:
        """How far the time can be believed now: NONE if the server contradicted, or somebody turned the clock."""
        if self._contradicted:
            return ClockTrust.NONE
        if self._vouched is None:
            return self._by_itself()
        passed = self._clock.monotonic() - self._vouched.at
        # The wall clock must have run as the monotonic one did: a step since then is nobody's word.
        stray = abs(self._clock.now() - self._vouched.wall - timedelta(seconds=passed))
        if stray < NEAR:
            return self._carried(passed)
        if stray < NTP_WITHIN and self._is_disciplined():
            return ClockTrust.NTP
        for callback in self._doubts:
            callback()
        return ClockTrust.NONE

    def compare(self, server_now: str) -> None:
        """Take in the server's time (ISO 8601) from a signed answer just received."""
        try:
            ahead = self._clock.now() - datetime.fromisoformat(server_now)
        except (ValueError, TypeError):
            return
        if abs(ahead) > NEAR and not self._contradicted:
            logger.error("the clock is not the server's", extra={"seconds": round(ahead.total_seconds())})
        self._contradicted, self._ahead = abs(ahead) > NEAR, ahead.total_seconds()
        if self._contradicted:
            self._vouched = self._drift_from = self._drift = None
            return
        word = _Word(self._clock.now(), self._ahead, self._clock.monotonic())
        self._measure(word)
        self._vouched = word

    def tend(self) -> None:
        """Look at the machine's own sources, and keep its battery-backed clock right while there is better than it.

        Reads and writes files: to be called in a thread beside the event loop, every few seconds.
        """
        self._seen = self._look()
        if self.trust() not in {ClockTrust.NTP, ClockTrust.SIGNED} or self._seen.chip is None:
            return
        if self._noted_at is not None and self._clock.monotonic() - self._noted_at < _NOTE_EVERY:
            return
        now = self._clock.now()
        if abs(self._seen.chip - now) <= CHIP_NEAR or self._source.set_chip(now):
            self._noted_at, self._chip_right = self._clock.monotonic(), now
            _write(self._file, now)

    def _carried(self, passed: float) -> ClockTrust:
        if passed < SIGNED_FOR:
            return ClockTrust.SIGNED
        if self._is_disciplined():
            return ClockTrust.NTP
        return ClockTrust.RTC if passed < CARRIED_FOR else self._by_itself()

    def _by_itself(self) -> ClockTrust:
        own, chip = self._clock.trust(), self._chip_now()
        if own is not ClockTrust.NONE or chip is None:
            return own
        away = abs(self._clock.now() - chip)
        if away < NTP_WITHIN and self._is_disciplined():
            return ClockTrust.NTP
        return ClockTrust.RTC if away < NEAR else ClockTrust.NONE

    def _chip_now(self) -> datetime | None:
        """What the battery-backed clock shows now, where it was seen right within CHIP_FOR."""
        if self._chip_right is None or self._seen.chip is None or not self._is_fresh():
            return None
        chip = self._seen.chip + timedelta(seconds=self._clock.monotonic() - self._seen.at)
        # One that has lost its battery begins in the past.
        return chip if self._chip_right - CHIP_NEAR <= chip <= self._chip_right + CHIP_FOR else None

    def _is_disciplined(self) -> bool:
        return self._seen.disciplined and self._is_fresh()

    def _is_fresh(self) -> bool:
        return self._clock.monotonic() - self._seen.at < _SEEN_FOR

    def _look(self) -> _Seen:
        return _Seen(self._source.chip(), self._source.is_disciplined(), self._clock.monotonic())

    def _measure(self, word: _Word) -> None:
        before = self._vouched
        stepped = (
            before is not None and abs(word.wall - before.wall - timedelta(seconds=word.at - before.at)) > CHIP_NEAR
        )
        if self._drift_from is None or stepped:
            # What was corrected by a step tells nothing of how fast the clock runs.
            self._drift_from, self._drift = word, None
            return
        passed = word.at - self._drift_from.at
        if passed >= _DRIFT_OVER:
            self._drift = round((word.ahead - self._drift_from.ahead) / passed * 1_000_000, 1)
        if passed >= _DRIFT_FROM:
            self._drift_from = word


def _read(file: Path | None) -> datetime | None:
    try:
        found = None if file is None else datetime.fromisoformat(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return found if found is not None and found.tzinfo is not None else None


def _write(file: Path | None, now: datetime) -> None:
    if file is None:
        return
    try:
        unfinished = file.with_suffix(".new")
        unfinished.write_text(now.isoformat(), encoding="ascii")
        unfinished.replace(file)
    except OSError as error:
        logger.warning("when the battery-backed clock was right is not kept", extra={"why": error})
