"""Journal event kinds and what each may contain: codes and numbers, never a name, a card number, a PIN or a title."""

from dataclasses import dataclass
from typing import ClassVar

from meroppet.rules.event import Event, Scalar
from meroppet.rules.house_events import (
    AlarmAcknowledged,
    AlarmArmed,
    AlarmCleared,
    AlarmDisarmed,
    AlarmRaised,
    ArmRefused,
    ArmRequested,
    ClockChanged,
    ClosingStep,
    ConfigRolledBack,
    ControllerCrashed,
    DoorHeldSoon,
    DoorOpenLocked,
    DoorQuiet,
    DoorTampered,
    DoorUnbonded,
    ExitStuck,
    FireBegan,
    FireEnded,
    FireReset,
    HoldEnded,
    Intrusion,
    JournalBegan,
    JournalFailed,
    PassageCounted,
    RelaySwitched,
    TamperEnded,
)
from meroppet.rules.reasons import Reason

__all__ = ["KINDS", "Event", "Scalar"]


@dataclass(frozen=True, slots=True)
class AccessGranted(Event):
    """A card and PIN were accepted; on disk before the lock is released. `checked`: ils, cached, pass or card."""

    kind: ClassVar[str] = "access.granted"
    attempt: str
    checked: str


@dataclass(frozen=True, slots=True)
class AccessRefused(Event):
    """An attempt ended without opening."""

    kind: ClassVar[str] = "access.refused"
    attempt: str
    reason: Reason
    checked: str = "ils"


@dataclass(frozen=True, slots=True)
class DoorReleased(Event):
    """lockd answered that the strike is released. `cause`: granted, exit, staffed, event, order, fire or airlock."""

    kind: ClassVar[str] = "door.released"
    lease: str
    cause: str
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class ReleaseFailed(Event):
    """The door stayed locked. `why`: lock (lockd said no or nothing), armed or locked_down."""

    kind: ClassVar[str] = "door.release_failed"
    lease: str
    cause: str
    lock: str = "main"
    why: str = "lock"


@dataclass(frozen=True, slots=True)
class DoorOpened(Event):
    """The leaf opened after a release."""

    kind: ClassVar[str] = "door.opened"
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class DoorShut(Event):
    """The leaf closed."""

    kind: ClassVar[str] = "door.shut"
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class DoorForced(Event):
    """The leaf opened though the strike was not released and nobody asked to leave."""

    kind: ClassVar[str] = "door.forced"
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class DoorHeld(Event):
    """The leaf has stood open longer than the branch allows."""

    kind: ClassVar[str] = "door.held"
    seconds: float
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class ExitPressed(Event):
    """Somebody inside asked to leave; written after the strike was released."""

    kind: ClassVar[str] = "door.exit"


@dataclass(frozen=True, slots=True)
class BranchChanged(Event):
    """The branch went into another state by its schedule."""

    kind: ClassVar[str] = "branch.state"
    state: str


@dataclass(frozen=True, slots=True)
class DeviceStarted(Event):
    """The device's process began; the lock was found locked or not."""

    kind: ClassVar[str] = "device.started"
    version: str
    locked: bool | None


@dataclass(frozen=True, slots=True)
class DeviceStopped(Event):
    """The device's process ended in good order."""

    kind: ClassVar[str] = "device.stopped"


@dataclass(frozen=True, slots=True)
class LinkLost(Event):
    """The server could not be reached."""

    kind: ClassVar[str] = "link.lost"


@dataclass(frozen=True, slots=True)
class LinkRestored(Event):
    """The server answers again after `seconds` without."""

    kind: ClassVar[str] = "link.restored"
    seconds: float


@dataclass(frozen=True, slots=True)
class ReaderLost(Event):
    """A reader, keypad or pad does not answer."""

    kind: ClassVar[str] = "reader.lost"
    port: str


@dataclass(frozen=True, slots=True)
class ReaderFound(Event):
    """A reader, keypad or pad answers again."""

    kind: ClassVar[str] = "reader.found"
    port: str


@dataclass(frozen=True, slots=True)
class OrderAnswered(Event):
    """An order of staff was carried out or refused, once."""

    kind: ClassVar[str] = "order.answered"
    order: str
    action: str
    done: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class KioskIdentified(Event):
    """A patron logged in at the kiosk, or was refused."""

    kind: ClassVar[str] = "kiosk.identified"
    session: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class KioskLoan(Event):
    """A checkout ended; which item stays between the register and the patron."""

    kind: ClassVar[str] = "kiosk.loan"
    session: str
    outcome: str


@dataclass(frozen=True, slots=True)
class KioskReturn(Event):
    """A return ended; no patron belongs to it."""

    kind: ClassVar[str] = "kiosk.return"
    session: str
    outcome: str


@dataclass(frozen=True, slots=True)
class KioskEnded(Event):
    """A kiosk session ended. `how`: finished, timeout or cancelled."""

    kind: ClassVar[str] = "kiosk.ended"
    session: str
    how: str
    loans: int
    returns: int


KINDS: dict[str, type[Event]] = {
    event.kind: event
    for event in (
        AccessGranted,
        AccessRefused,
        DoorReleased,
        ReleaseFailed,
        DoorOpened,
        DoorShut,
        DoorForced,
        DoorHeld,
        ExitPressed,
        BranchChanged,
        DeviceStarted,
        DeviceStopped,
        LinkLost,
        LinkRestored,
        ReaderLost,
        ReaderFound,
        OrderAnswered,
        KioskIdentified,
        KioskLoan,
        KioskReturn,
        KioskEnded,
        DoorHeldSoon,
        DoorOpenLocked,
        DoorUnbonded,
        DoorTampered,
        TamperEnded,
        ExitStuck,
        HoldEnded,
        PassageCounted,
        FireBegan,
        FireEnded,
        FireReset,
        AlarmArmed,
        AlarmDisarmed,
        Intrusion,
        ArmRequested,
        ArmRefused,
        AlarmRaised,
        AlarmAcknowledged,
        AlarmCleared,
        RelaySwitched,
        ClosingStep,
        JournalBegan,
        JournalFailed,
        ClockChanged,
        ControllerCrashed,
        ConfigRolledBack,
        DoorQuiet,
    )
}
"""Every kind a journal may hold, by its stored name."""
