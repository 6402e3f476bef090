"""The wiring around a simulated GPIO chip: what is soldered to a line, what is seen on it, all it was ever given."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

LINE, LINES = 17, 28
_CHIPS, _TRACING = Path("/sys/kernel/config/gpio-sim"), Path("/sys/kernel/tracing")
_SET = re.compile(r" (?P<at>\d+\.\d+): gpio_value: \d+ set (?P<level>[01])$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Turn:
    """One level the kernel gave a line, and when."""

    at: float
    level: int


class Chip:
    """A gpio-sim chip, made through configfs (Documentation/admin-guide/gpio/gpio-sim.rst)."""

    def __init__(self, name: str) -> None:
        bank = _CHIPS / name / "bank0"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text(str(LINES))
        (_CHIPS / name / "live").write_text("1")
        chip, device = ((_CHIPS / name / file).read_text().strip() for file in ("bank0/chip_name", "dev_name"))
        self.device = Path("/dev") / chip
        self._line = Path("/sys/devices/platform", device, chip, f"sim_gpio{LINE}")

    @property
    def level(self) -> int:
        """What a relay board sees on the line now."""
        return int((self._line / "value").read_text())

    def pull(self, level: int) -> None:
        """Solder a resistor, which decides the level while nobody drives the line."""
        (self._line / "pull").write_text("pull-up" if level else "pull-down")


class Record:
    """Every level the kernel gives a line, in order, by its own trace events: no level is too short to be seen."""

    def __init__(self) -> None:
        (_TRACING / "trace_clock").write_text("mono")
        (_TRACING / "events/gpio/gpio_value/enable").write_text("1")

    def clear(self) -> None:
        """Forget what was."""
        # Opening the file to write it is what empties it.
        os.close(os.open(_TRACING / "trace", os.O_WRONLY | os.O_TRUNC))

    def turns(self) -> list[Turn]:
        """Return what was since."""
        return [Turn(float(found["at"]), int(found["level"])) for found in _SET.finditer(self._text())]

    @staticmethod
    def _text() -> str:
        return (_TRACING / "trace").read_text()
