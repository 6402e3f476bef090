"""The devices around the kiosk's screen, opened by the names the installer chose."""

from dataclasses import dataclass

from hardware.ports import BarcodeScanner, CardReader, Driver, Keypad, Sounder, TagPad
from hardware.registry import BARCODE_SCANNER, CARD_READER, KEYPAD, SOUNDER, TAG_PAD, DriverChoice, P, Port, open_chosen


@dataclass(frozen=True, slots=True)
class Fittings:
    """What is fitted; None is not."""

    barcode_scanner: BarcodeScanner | None = None
    tag_pad: TagPad | None = None
    card_reader: CardReader | None = None
    keypad: Keypad | None = None
    sounder: Sounder | None = None

    def fitted(self) -> dict[str, Driver]:
        """Everything that is there, by its place."""
        places: dict[str, Driver | None] = {
            "barcode_scanner": self.barcode_scanner,
            "tag_pad": self.tag_pad,
            "card_reader": self.card_reader,
            "keypad": self.keypad,
            "sounder": self.sounder,
        }
        return {place: driver for place, driver in places.items() if driver is not None}

    async def close(self) -> None:
        """Let go of all of it."""
        for driver in self.fitted().values():
            await driver.close()


def open_fittings(choices: dict[str, DriverChoice]) -> Fittings:
    """The chosen drivers. Raises DriverError with one sentence for one that cannot be had."""

    def chosen(port: Port[P], place: str) -> P | None:
        return open_chosen(port, choices[place]) if place in choices else None

    return Fittings(
        barcode_scanner=chosen(BARCODE_SCANNER, "barcode_scanner"),
        tag_pad=chosen(TAG_PAD, "tag_pad"),
        card_reader=chosen(CARD_READER, "card_reader"),
        keypad=chosen(KEYPAD, "keypad"),
        sounder=chosen(SOUNDER, "sounder"),
    )
