"""The devices fitted at one door, opened by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hardware.ports import (
    BarcodeScanner,
    CardReader,
    DigitalInput,
    Display,
    Driver,
    Indicator,
    Keypad,
    Loudspeaker,
    Messenger,
    Relay,
    Sounder,
    Voice,
)
from hardware.registry import (
    BARCODE_SCANNER,
    CARD_READER,
    DIGITAL_INPUT,
    DISPLAY,
    INDICATOR,
    KEYPAD,
    LOUDSPEAKER,
    MESSENGER,
    RELAY,
    SOUNDER,
    VOICE,
    DriverChoice,
    Port,
    open_chosen,
)

RELAYS = "relays."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fittings:
    """Every device of the door but its locks, which are lockd's; None where none is fitted."""

    card_reader: CardReader | None = None
    barcode_scanner: BarcodeScanner | None = None
    keypad: Keypad | None = None
    contact: DigitalInput | None = None
    exit_button: DigitalInput | None = None
    indicator: Indicator | None = None
    sounder: Sounder | None = None
    display: Display | None = None
    inner_contact: DigitalInput | None = None
    bond: DigitalInput | None = None
    tamper_box: DigitalInput | None = None
    tamper_reader: DigitalInput | None = None
    fire: DigitalInput | None = None
    alarm_armed: DigitalInput | None = None
    alarm_triggered: DigitalInput | None = None
    arm_request: Relay | None = None
    reset_key: DigitalInput | None = None
    people_in: DigitalInput | None = None
    people_out: DigitalInput | None = None
    presence: DigitalInput | None = None
    opener: Relay | None = None
    voice: Voice | None = None
    loudspeaker: Loudspeaker | None = None
    messenger: Messenger | None = None
    relays: Mapping[str, Relay] = field(default_factory=dict)
    """The relays by name."""

    def fitted(self) -> dict[str, Driver]:
        """The devices that are there, by place."""
        places = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "relays"}
        places |= {f"{RELAYS}{name}": relay for name, relay in self.relays.items()}
        return {name: driver for name, driver in places.items() if driver is not None}

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
    "inner_contact": DIGITAL_INPUT,
    "bond": DIGITAL_INPUT,
    "tamper_box": DIGITAL_INPUT,
    "tamper_reader": DIGITAL_INPUT,
    "fire": DIGITAL_INPUT,
    "alarm_armed": DIGITAL_INPUT,
    "alarm_triggered": DIGITAL_INPUT,
    "arm_request": RELAY,
    "reset_key": DIGITAL_INPUT,
    "people_in": DIGITAL_INPUT,
    "people_out": DIGITAL_INPUT,
    "presence": DIGITAL_INPUT,
    "opener": RELAY,
    "voice": VOICE,
    "loudspeaker": LOUDSPEAKER,
    "messenger": MESSENGER,
}


def open_fittings(chosen: Mapping[str, DriverChoice]) -> Fittings:
    """The chosen drivers, built; raises hardware.errors.DriverError with a remedy for the first that cannot be."""
    single = {place: choice for place, choice in chosen.items() if not place.startswith(RELAYS)}
    relays = {place: choice for place, choice in chosen.items() if place.startswith(RELAYS)}
    return Fittings(
        **{place: open_chosen(_PORTS[place], choice) for place, choice in single.items()},
        relays={place.removeprefix(RELAYS): open_chosen(RELAY, choice) for place, choice in relays.items()},
    )
