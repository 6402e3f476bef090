"""The only place that reads a clock; everyone else is handed one."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from meroppet.rules.branch import ClockTrust


class Clock(Protocol):
    """Wall time (aware, UTC), monotonic time (seconds, never goes back) and how far the wall time can be trusted."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def trust(self) -> ClockTrust: ...


class SystemClock:
    """The machine's clock; its owner says what vouches for it (NTP by default)."""

    def __init__(self, trusted_as: ClockTrust = ClockTrust.NTP) -> None:
        self._trust = trusted_as

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 (the one place)

    def monotonic(self) -> float:
        return time.monotonic()  # noqa: TID251 (the one place)

    def trust(self) -> ClockTrust:
        return self._trust


class VirtualClock:
    """A clock that can be turned from outside: real time plus the seconds written in a file.

    A missing or unreadable file is no offset. Refused beside real hardware by each process's settings.
    """

    def __init__(self, offset_file: Path) -> None:
        self._file = offset_file

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset())  # noqa: TID251 (the one place)

    def monotonic(self) -> float:
        return time.monotonic()  # noqa: TID251 (the one place)

    def trust(self) -> ClockTrust:
        return ClockTrust.SIGNED

    def _offset(self) -> float:
        try:
            return float(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0
