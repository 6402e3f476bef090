"""What the machine beneath a door says of itself: warmth, room on the disk, memory, since when it runs.

Read without waiting: the kernel answers each of these from its own memory.
"""

import os
import platform
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from meroppet.device.sync import Wellbeing
from meroppet.runtime.clock import Clock

COLDEST, HOTTEST = -60.0, 150.0
"""What a sensor can mean; others say 0 K or their largest number when they are broken."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where it is read."""

    thermal: Path = Path("/sys/class/thermal")
    statm: Path = Path("/proc/self/statm")
    page_size: int = field(default_factory=lambda: os.sysconf("SC_PAGE_SIZE"))


@dataclass(frozen=True, slots=True)
class Past:
    """How the process came to run, as in `Wellbeing`: see last_good.py."""

    config: str = ""
    crashes: int = 0
    trouble: str = ""


class Condition:
    """Completes what the door says of itself. `folder` is the one whose disk must not run full."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        past: Callable[[], Past] = Past,
        sources: Sources | None = None,
    ) -> None:
        self._folder, self._clock, self._past = folder, clock, past
        self._sources = sources or Sources()
        self._began = clock.monotonic()

    def complete(self, being: Wellbeing) -> Wellbeing:
        """The same, and what the machine says; what cannot be read stays unknown."""
        past = self._past()
        return replace(
            being,
            disk_free=disk_free(self._folder),
            memory=memory(self._sources.statm, self._sources.page_size),
            temperature=temperature(self._sources.thermal),
            started_at=self._started_at(),
            config=past.config,
            crashes=past.crashes,
            trouble=past.trouble or being.trouble,
            parts=(*being.parts, f"python={platform.python_version()}", f"sqlite={sqlite3.sqlite_version}"),
        )

    def facts(self) -> dict[str, object]:
        """The same for whoever stands at the device."""
        told = self.complete(Wellbeing())
        return {
            "settings": "the last good ones, as the new ones do not work" if told.config else "as written",
            "failed_starts": told.crashes,
            "trouble": told.trouble or None,
            "temperature": told.temperature,
            "disk_free": told.disk_free,
            "memory": told.memory,
            "started_at": told.started_at,
            "versions": list(told.parts),
        }

    def _started_at(self) -> str:
        # Counted back from now: the hour may not have been known when it started.
        ago = timedelta(seconds=self._clock.monotonic() - self._began)
        return (self._clock.now() - ago).isoformat(timespec="seconds")


def temperature(thermal: Path) -> float | None:
    """°C of the hottest zone the kernel knows (Documentation/ABI/testing/sysfs-class-thermal); None: it knows none."""
    found = []
    for zone in sorted(thermal.glob("thermal_zone*/temp")):
        # A zone whose sensor is off answers with an error.
        with suppress(OSError, ValueError):
            degrees = int(zone.read_text(encoding="ascii")) / 1000
            if COLDEST <= degrees <= HOTTEST:
                found.append(degrees)
    return max(found, default=None)


def memory(statm: Path, page_size: int) -> int | None:
    """Bytes of this process in memory (proc(5), the second number of statm); None where nobody says."""
    with suppress(OSError, ValueError, IndexError):
        return int(statm.read_text(encoding="ascii").split()[1]) * page_size
    return None


def disk_free(folder: Path) -> int | None:
    """Bytes an ordinary user may still write where the folder is; None if that cannot be told."""
    with suppress(OSError):
        told = os.statvfs(folder)
        return told.f_bavail * told.f_frsize
    return None
