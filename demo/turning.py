"""The demo's clock: every process reads real time plus the seconds written in one file; this is who writes them."""

from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from meroppet.runtime.clock import Clock, SystemClock, VirtualClock


class TurningClock:
    """Turns the clock of all processes that share the file."""

    def __init__(self, file: Path, zone: str) -> None:
        self._file = file
        self.zone = ZoneInfo(zone)
        self._real: Clock = SystemClock()
        self._virtual: Clock = VirtualClock(file)

    def now(self) -> datetime:
        """The time the processes see, on the branch's wall clock."""
        return self._virtual.now().astimezone(self.zone)

    @property
    def is_turned(self) -> bool:
        """Whether the processes see another time than the machine."""
        return self._file.exists()

    def turn_to(self, wall: time) -> None:
        """Let the branch's wall clock show this time of the present day."""
        real = self._real.now().astimezone(self.zone)
        wanted = datetime.combine(real.date(), wall, self.zone)
        self._write((wanted - real) / timedelta(seconds=1))

    def back(self) -> None:
        """Let everybody see the machine's time again."""
        self._file.unlink(missing_ok=True)

    def _write(self, seconds: float) -> None:
        # Renamed into place: a process must never read half a number.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:.3f}", encoding="ascii")
        fresh.replace(self._file)
