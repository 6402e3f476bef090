"""Drivers by name, through entry points. There is no fallback: what cannot be opened is an error with a remedy."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from hardware.errors import Ambiguous, BadOptions, CannotLoad, DriverError, NotInstalled
from hardware.ports import (
    BarcodeScanner,
    CardReader,
    DigitalInput,
    Display,
    Indicator,
    Keypad,
    Loudspeaker,
    Messenger,
    Relay,
    Sounder,
    TagPad,
    Voice,
)

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Port(Generic[P]):
    """One kind of device; its drivers are the entry points of `meroppet.drivers.<name>`."""

    name: str

    @property
    def group(self) -> str:
        """The entry-point group of this port."""
        return f"meroppet.drivers.{self.name}"

    @property
    def title(self) -> str:
        """The port's name as a reader of an error wants it."""
        return self.name.replace("_", " ")


RELAY: Port[Relay] = Port("relay")
DIGITAL_INPUT: Port[DigitalInput] = Port("digital_input")
CARD_READER: Port[CardReader] = Port("card_reader")
KEYPAD: Port[Keypad] = Port("keypad")
INDICATOR: Port[Indicator] = Port("indicator")
SOUNDER: Port[Sounder] = Port("sounder")
DISPLAY: Port[Display] = Port("display")
VOICE: Port[Voice] = Port("voice")
LOUDSPEAKER: Port[Loudspeaker] = Port("loudspeaker")
MESSENGER: Port[Messenger] = Port("messenger")
TAG_PAD: Port[TagPad] = Port("tag_pad")
BARCODE_SCANNER: Port[BarcodeScanner] = Port("barcode_scanner")


class DriverChoice(BaseModel):
    """A device in a settings file: `driver` names the driver, every other key is that driver's option."""

    model_config = ConfigDict(frozen=True, extra="allow")

    driver: str = "virtual"

    @property
    def options(self) -> dict[str, Any]:
        """What the driver itself will check."""
        return dict(self.model_extra or {})


def open_chosen(port: Port[P], choice: DriverChoice) -> P:
    """Return the driver a settings file chose; raises as open_driver does."""
    return open_driver(port, choice.driver, choice.options)


def open_driver(port: Port[P], name: str, options: Mapping[str, object]) -> P:
    """Return the driver built with `options`; raises NotInstalled, Ambiguous, CannotLoad or BadOptions."""
    offered = _installed(tuple(sys.path)).get(port.group, EntryPoints())
    driver = _load(port, _only(port, name, [point for point in offered if point.name == name], offered.names))
    try:
        return cast(P, driver(driver.Options(**options)))
    except DriverError:
        raise
    except ValidationError as error:
        raise BadOptions(f"{port.title} driver {name!r}: {_complaints(error)}") from error
    except Exception as error:
        raise CannotLoad(f"{port.title} driver {name!r} cannot load: {error}") from error


@lru_cache(maxsize=1)
def _installed(_where: tuple[str, ...]) -> Mapping[str, EntryPoints]:
    # A hundred small files are read for this, and a door opens seven drivers.
    found = entry_points()
    return {group: found.select(group=group) for group in found.groups}


def _only(port: Port[P], name: str, found: Sequence[EntryPoint], names: set[str]) -> EntryPoint:
    if not found:
        installed = ", ".join(sorted(names)) or "none"
        raise NotInstalled(f"no {port.title} driver {name!r}; installed: {installed}")
    if len(found) > 1:
        owners = " and ".join(sorted(point.dist.name if point.dist else "?" for point in found))
        raise Ambiguous(f"{port.title} driver {name!r} is offered twice, by {owners}; uninstall one")
    return found[0]


def _load(port: Port[P], point: EntryPoint) -> Any:
    # A vendor's module may fail in any way when it is imported off its machine: RPi.GPIO raises RuntimeError.
    try:
        return point.load()
    except Exception as error:
        raise CannotLoad(f"{port.title} driver {point.name!r} cannot load: {error}") from error


def _complaints(error: ValidationError) -> str:
    # The value is left out: an option may be a secret.
    return "; ".join(f"option {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
