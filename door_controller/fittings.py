"""The devices fitted at one door, opened by name."""

from dataclasses import dataclass, fields
from typing import Any

from hardware.ports import BarcodeScanner, CardReader, DigitalInput, Display, Driver, Indicator, Keypad, Sounder
from hardware.registry import (
    BARCODE_SCANNER,
    CARD_READER,
    DIGITAL_INPUT,
    DISPLAY,
    INDICATOR,
    KEYPAD,
    SOUNDER,
    DriverChoice,
    Port,
    open_chosen,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fittings:
    """Every device of the door but its strike, which is lockd's; None where none is fitted."""

    card_reader: CardReader | None = None
    barcode_scanner: BarcodeScanner | None = None
    keypad: Keypad | None = None
    contact: DigitalInput | None = None
    exit_button: DigitalInput | None = None
    indicator: Indicator | None = None
    sounder: Sounder | None = None
    display: Display | None = None

    def fitted(self) -> dict[str, Driver]:
        """The devices that are there, by place."""
        places = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: driver for name, driver in places if driver is not None}

    async def close(self) -> None:
        """Let go of them all."""
        for driver in self.fitted().values():
            await driver.close()


_PORTS: dict[str, Port[Any]] = {
    "card_reader": CARD_READER,
    "barcode_scanner": BARCODE_SCANNER,
    "keypad": KEYPAD,
    "contact": DIGITAL_INPUT,
    "exit_button": DIGITAL_INPUT,
    "indicator": INDICATOR,
    "sounder": SOUNDER,
    "display": DISPLAY,
}


def open_fittings(chosen: dict[str, DriverChoice]) -> Fittings:
    """The chosen drivers, built; raises hardware.errors.DriverError with a remedy for the first that cannot be."""
    return Fittings(**{place: open_chosen(_PORTS[place], choice) for place, choice in chosen.items()})
