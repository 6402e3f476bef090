"""What the installer of a kiosk says. What staff decide (hours, texts, rules) is synced data and not here."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from hardware.registry import DriverChoice
from kiosk.panel import Panel
from meroppet.runtime.settings import Group, Settings

PREFIX = "MEROPPET_KIOSK_"
DEFAULT_FILE = Path("/etc/meroppet/kiosk.toml")
BOARD = "/run/meroppet/board.sock"
PLACES = ("barcode_scanner", "tag_pad", "card_reader", "keypad", "sounder")

DriverTable = dict[str, Any]
"""`driver` names the driver, every other key is that driver's option; an empty table means: not fitted."""


def _virtual() -> DriverTable:
    return {"driver": "virtual", "socket": BOARD}


class ListenSettings(Group):
    """Where the browser finds the page. The browser is on this machine: nobody else is meant to call."""

    host: str = Field("127.0.0.1", description="Address to listen at.")
    port: int = Field(8081, ge=0, le=65535, description="Port to listen at; 0 lets the machine choose.")


class PanelSettings(Group):
    """The screen, from which the sizes of text and keys are computed (EN 301 549 5.1.4)."""

    width_px: int = Field(1080, ge=320, description="Pixels across.")
    height_px: int = Field(1920, ge=320, description="Pixels down.")
    width_mm: float = Field(299.0, gt=0, description="The picture's width in millimetres.")
    distance_mm: float = Field(600.0, ge=250, le=2000, description="From how far it is read, in millimetres.")

    def panel(self) -> Panel:
        """The screen as the page wants it."""
        return Panel(self.width_px, self.height_px, self.width_mm, self.distance_mm)


class KioskSettings(Settings):
    """The settings of one kiosk."""

    state_dir: Path = Field(Path("/var/lib/meroppet-kiosk"), description="Folder for identity, journal and replica.")
    listen: ListenSettings = Field(default_factory=ListenSettings, description="Where the page is.")
    panel: PanelSettings = Field(default_factory=PanelSettings, description="The screen.")
    clock: Literal["system", "virtual"] = Field("system", description="virtual: real time plus clock_offset_file.")
    clock_offset_file: Path | None = Field(None, description="File with seconds to add; for a virtual clock only.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="From which level to log.")

    barcode_scanner: DriverTable = Field(default_factory=_virtual, description="Reads cards and items by barcode.")
    tag_pad: DriverTable = Field(default_factory=_virtual, description="The pad books are put on.")
    card_reader: DriverTable = Field(default_factory=dict, description="Reads chip cards, if any.")
    keypad: DriverTable = Field(default_factory=dict, description="Keys beside the screen, if any.")
    sounder: DriverTable = Field(default_factory=dict, description="A buzzer, if any.")

    @model_validator(mode="after")
    def _clock_fits(self) -> "KioskSettings":
        if self.clock == "system":
            return self
        if self.clock_offset_file is None:
            raise ValueError("a virtual clock needs clock_offset_file")
        real = [place for place, choice in self.drivers().items() if choice.driver != "virtual"]
        if real:
            raise ValueError(f"a virtual clock does not go with real hardware: {', '.join(real)} is not virtual")
        return self

    def drivers(self) -> dict[str, DriverChoice]:
        """The fitted devices by their place at the kiosk."""
        return {place: DriverChoice.model_validate(table) for place in PLACES if (table := getattr(self, place))}
