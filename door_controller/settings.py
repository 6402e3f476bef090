"""What the installer of a door says. What staff decide (hours, rules, seconds) is synced data and not here."""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from door_controller.wiring import complaints
from hardware.registry import DriverChoice
from meroppet.rules.door_vocabulary import LockKind
from meroppet.rules.relays import Group as RelayGroup
from meroppet.runtime.settings import Group, Settings

PREFIX = "MEROPPET_DOOR_"
DEFAULT_FILE = Path("/etc/meroppet/door.toml")
BOARD = "/run/meroppet/board.sock"
PLACES = (
    "card_reader",
    "barcode_scanner",
    "keypad",
    "contact",
    "exit_button",
    "indicator",
    "sounder",
    "display",
    "inner_contact",
    "bond",
    "tamper_box",
    "tamper_reader",
    "fire",
    "alarm_armed",
    "alarm_triggered",
    "arm_request",
    "reset_key",
    "people_in",
    "people_out",
    "presence",
    "opener",
    "voice",
    "loudspeaker",
    "messenger",
)

DriverTable = dict[str, Any]
"""`driver` names the driver, every other key is that driver's option; an empty table means: not fitted."""


def _virtual(**options: str) -> DriverTable:
    return {"driver": "virtual", "socket": BOARD, **options}


class LockSettings(Group):
    """One lock, as lockd's own settings wire it (`meroppet-lockd`)."""

    kind: LockKind = Field(
        LockKind.STRIKE, description="strike, maglock: falls back as the leaf opens; motor: needs time."
    )
    motor_seconds: float = Field(0.0, ge=0.0, le=8.0, description="How long a motor takes to draw its bolt.")
    fire_releases: bool = Field(False, description="The fire alarm's input `fire` releases it, until it is reset.")

    @model_validator(mode="after")
    def _motor_runs(self) -> "LockSettings":
        if (self.kind is LockKind.MOTOR) != (self.motor_seconds > 0):
            raise ValueError('motor_seconds is how long a motor runs: it goes with kind = "motor", and with no other')
        return self


class PanelSettings(Group):
    """A screen beside the door, from which the sizes of its text are computed (EN 301 549 5.1.4)."""

    width_px: int = Field(800, ge=320, description="Pixels across.")
    height_px: int = Field(480, ge=240, description="Pixels down.")
    width_mm: float = Field(154.0, gt=0, description="The picture's width in millimetres.")
    distance_mm: float = Field(600.0, ge=250, le=2000, description="From how far it is read, in millimetres.")


class DoorSettings(Settings):
    """The settings of one door controller."""

    state_dir: Path = Field(Path("/var/lib/meroppet-door"), description="Folder for identity, journal and replica.")
    lockd_socket: Path = Field(Path("/run/meroppet/lockd.sock"), description="Where lockd listens.")
    clock: Literal["system", "virtual"] = Field("system", description="virtual: real time plus clock_offset_file.")
    clock_offset_file: Path | None = Field(None, description="File with seconds to add; for a virtual clock only.")
    status_port: int = Field(0, ge=0, le=65535, description="Port of the read-only page on 127.0.0.1; 0 for none.")
    display_port: int = Field(
        0, ge=0, le=65535, description="Port of the page for a screen beside the door, on 127.0.0.1; 0 for none."
    )
    panel: PanelSettings = Field(default_factory=PanelSettings, description="The screen beside the door.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="From which level to log.")
    lock: LockSettings = Field(default_factory=LockSettings, description="lockd's lock `main`, which holds the leaf.")
    night_lock: LockSettings | None = Field(
        None,
        description="lockd's lock `night` on the same leaf: drawn while the branch is open, thrown when it closes.",
    )
    inner_lock: LockSettings | None = Field(
        None,
        description="lockd's lock `inner`, of the second leaf behind a porch: one leaf opens while the other is shut.",
    )
    opener_for: Literal["all", "extended"] = Field(
        "all", description="For whom the opener pushes the leaf: everybody, or those whom staff give more time."
    )
    languages: tuple[str, ...] = Field(
        ("sv", "en"), min_length=1, description="Languages of the display and of announcements, first first."
    )
    recordings: Path | None = Field(
        None, description="Folder with recorded announcements, KIND-MINUTES.LANG.wav; they go before speech."
    )

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

    inner_contact: DriverTable = Field(
        default_factory=dict, description="The second leaf's contact, active while open."
    )
    bond: DriverTable = Field(default_factory=dict, description="The magnet's own sensor, active while it holds.")
    tamper_box: DriverTable = Field(default_factory=dict, description="The box's switch, active while it is open.")
    tamper_reader: DriverTable = Field(default_factory=dict, description="The reader's switch, active while torn off.")
    fire: DriverTable = Field(default_factory=dict, description="The fire alarm's contact, active in an alarm.")
    alarm_armed: DriverTable = Field(default_factory=dict, description="The intruder alarm says that it is armed.")
    alarm_triggered: DriverTable = Field(default_factory=dict, description="The intruder alarm has gone off.")
    arm_request: DriverTable = Field(default_factory=dict, description="The relay that asks the intruder alarm to arm.")
    reset_key: DriverTable = Field(default_factory=dict, description="A key switch inside that ends a latched alarm.")
    people_in: DriverTable = Field(default_factory=dict, description="The people counter: a pulse for each one in.")
    people_out: DriverTable = Field(default_factory=dict, description="The people counter: a pulse for each one out.")
    presence: DriverTable = Field(default_factory=dict, description="A movement detector inside, active while it sees.")
    opener: DriverTable = Field(default_factory=dict, description="The relay of an automatic door opener.")
    voice: DriverTable = Field(default_factory=dict, description="What speaks announcements that nobody recorded.")
    loudspeaker: DriverTable = Field(default_factory=dict, description="The loudspeaker inside.")
    messenger: DriverTable = Field(default_factory=dict, description="Whom a closing is told: PCs, a sign.")
    relays: dict[str, DriverTable] = Field(
        default_factory=dict, description="Relays by name: a driver and its options, and `group`: when it is on."
    )

    @field_validator("relays")
    @classmethod
    def _named(cls, relays: dict[str, DriverTable]) -> dict[str, DriverTable]:
        for name, table in relays.items():
            if not re.fullmatch("[a-z][a-z0-9_]{0,31}", name):
                raise ValueError(f"a relay cannot be called {name!r}: letters a-z, digits and _, a letter first")
            if table.get("group") not in set(RelayGroup):
                known = ", ".join(RelayGroup)
                raise ValueError(f"relay {name} needs a group, which says when it is on; there are: {known}")
        return relays

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

    @model_validator(mode="after")
    def _fits_together(self) -> "DoorSettings":
        fires = any(lock.fire_releases for lock in (self.lock, self.night_lock, self.inner_lock) if lock is not None)
        has_inner = self.inner_lock is not None
        for complaint in complaints(self.drivers(), has_inner=has_inner, fire_releases=fires):
            raise ValueError(complaint)
        return self

    def groups(self) -> dict[str, RelayGroup]:
        """When each relay is on, by its name."""
        return {name: RelayGroup(table["group"]) for name, table in self.relays.items()}

    def drivers(self) -> dict[str, DriverChoice]:
        """The fitted devices by their place at the door; relays by `relays.NAME`, without their group."""
        tables = {place: getattr(self, place) for place in PLACES}
        for name, table in self.relays.items():
            tables[f"relays.{name}"] = {key: value for key, value in table.items() if key != "group"}
        return {place: DriverChoice.model_validate(table) for place, table in tables.items() if table}
