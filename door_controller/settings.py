"""What the installer of a door says. What staff decide (hours, rules, seconds) is synced data and not here."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from hardware.registry import DriverChoice
from meroppet.runtime.settings import Settings

PREFIX = "MEROPPET_DOOR_"
DEFAULT_FILE = Path("/etc/meroppet/door.toml")
BOARD = "/run/meroppet/board.sock"

DriverTable = dict[str, Any]
"""`driver` names the driver, every other key is that driver's option; an empty table means: not fitted."""


def _virtual(**options: str) -> DriverTable:
    return {"driver": "virtual", "socket": BOARD, **options}


class DoorSettings(Settings):
    """The settings of one door controller."""

    state_dir: Path = Field(Path("/var/lib/meroppet-door"), description="Folder for identity, journal and replica.")
    lockd_socket: Path = Field(Path("/run/meroppet/lockd.sock"), description="Where lockd listens.")
    clock: Literal["system", "virtual"] = Field("system", description="virtual: real time plus clock_offset_file.")
    clock_offset_file: Path | None = Field(None, description="File with seconds to add; for a virtual clock only.")
    status_port: int = Field(0, ge=0, le=65535, description="Port of the read-only page on 127.0.0.1; 0 for none.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="From which level to log.")

    card_reader: DriverTable = Field(default_factory=_virtual, description="The card reader outside.")
    barcode_scanner: DriverTable = Field(default_factory=dict, description="A scanner for printed cards, if any.")
    keypad: DriverTable = Field(default_factory=_virtual, description="The keypad outside.")
    contact: DriverTable = Field(
        default_factory=lambda: _virtual(part="contact"), description="The leaf's contact, active while open."
    )
    exit_button: DriverTable = Field(
        default_factory=lambda: _virtual(part="exit"), description="The exit button, active while pressed."
    )
    indicator: DriverTable = Field(default_factory=_virtual, description="The lamp outside.")
    sounder: DriverTable = Field(default_factory=_virtual, description="The buzzer outside.")
    display: DriverTable = Field(default_factory=_virtual, description="The display outside.")

    @model_validator(mode="after")
    def _clock_fits(self) -> "DoorSettings":
        if self.clock == "system":
            return self
        if self.clock_offset_file is None:
            raise ValueError("a virtual clock needs clock_offset_file")
        real = [name for name, choice in self.drivers().items() if choice.driver != "virtual"]
        if real:
            raise ValueError(f"a virtual clock may not decide over a real door: {', '.join(real)} is not virtual")
        return self

    def drivers(self) -> dict[str, DriverChoice]:
        """The fitted devices by their place at the door."""
        places = (
            "card_reader",
            "barcode_scanner",
            "keypad",
            "contact",
            "exit_button",
            "indicator",
            "sounder",
            "display",
        )
        return {place: DriverChoice.model_validate(table) for place in places if (table := getattr(self, place))}
