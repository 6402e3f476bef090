"""What happens to a house and to the device in it: alarms, fire, relays, closing, storage, clock. Part of `events`."""

from dataclasses import dataclass
from typing import ClassVar

from meroppet.rules.event import Event


@dataclass(frozen=True, slots=True)
class DoorHeldSoon(Event):
    """The leaf has stood open so long that those at it are reminded; soon it is held."""

    kind: ClassVar[str] = "door.held_soon"
    seconds: float
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class DoorOpenLocked(Event):
    """The leaf stands open though the lock says locked and nobody saw it open."""

    kind: ClassVar[str] = "door.open_locked"
    seconds: float
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class DoorUnbonded(Event):
    """The leaf is shut and the lock should hold it, and its sensor says that it does not."""

    kind: ClassVar[str] = "door.unbonded"
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class DoorTampered(Event):
    """A cover was opened or a line cut. `part`: box or reader."""

    kind: ClassVar[str] = "door.tampered"
    part: str


@dataclass(frozen=True, slots=True)
class TamperEnded(Event):
    """The cover is back and the line whole."""

    kind: ClassVar[str] = "door.tamper_ended"
    part: str


@dataclass(frozen=True, slots=True)
class ExitStuck(Event):
    """The exit button has been pressed so long that it cannot be a person."""

    kind: ClassVar[str] = "door.exit_stuck"
    seconds: float


@dataclass(frozen=True, slots=True)
class HoldEnded(Event):
    """The door stands free no longer. `why`: hours, fire, armed, locked_down or lock."""

    kind: ClassVar[str] = "hold.ended"
    why: str
    lock: str = "main"


@dataclass(frozen=True, slots=True)
class PassageCounted(Event):
    """The people counter saw somebody pass. `direction`: in or out."""

    kind: ClassVar[str] = "passage.counted"
    direction: str


@dataclass(frozen=True, slots=True)
class FireBegan(Event):
    """The fire alarm says fire; it is taken as burning until a person resets it."""

    kind: ClassVar[str] = "fire.began"


@dataclass(frozen=True, slots=True)
class FireEnded(Event):
    """The fire alarm's input fell silent; nothing is reset by that."""

    kind: ClassVar[str] = "fire.ended"


@dataclass(frozen=True, slots=True)
class FireReset(Event):
    """A person said that there is no fire any more. `by`: order or input."""

    kind: ClassVar[str] = "fire.reset"
    by: str


@dataclass(frozen=True, slots=True)
class AlarmArmed(Event):
    """The intruder alarm says that it is armed."""

    kind: ClassVar[str] = "alarm.armed"


@dataclass(frozen=True, slots=True)
class AlarmDisarmed(Event):
    """The intruder alarm says that it is not armed."""

    kind: ClassVar[str] = "alarm.disarmed"


@dataclass(frozen=True, slots=True)
class Intrusion(Event):
    """The intruder alarm went off."""

    kind: ClassVar[str] = "alarm.intrusion"


@dataclass(frozen=True, slots=True)
class ArmRequested(Event):
    """The intruder alarm was asked to arm."""

    kind: ClassVar[str] = "alarm.arm_requested"
    at: str


@dataclass(frozen=True, slots=True)
class ArmRefused(Event):
    """The alarm was not armed at closing. `why`: no_answer, refused, inside or skipped."""

    kind: ClassVar[str] = "alarm.arm_refused"
    why: str


@dataclass(frozen=True, slots=True)
class AlarmRaised(Event):
    """Something at the house wants a person. `alarm` says what."""

    kind: ClassVar[str] = "alarm.raised"
    alarm: str


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged(Event):
    """A person has seen it. `by`: order or input."""

    kind: ClassVar[str] = "alarm.acknowledged"
    alarm: str
    by: str


@dataclass(frozen=True, slots=True)
class AlarmCleared(Event):
    """What wanted a person is over, and has been seen where it had to be."""

    kind: ClassVar[str] = "alarm.cleared"
    alarm: str


@dataclass(frozen=True, slots=True)
class RelaySwitched(Event):
    """A light or another relay was switched. `why`: hours, closing, presence, fire or alarm."""

    kind: ClassVar[str] = "relay.switched"
    relay: str
    on: bool
    why: str


@dataclass(frozen=True, slots=True)
class ClosingStep(Event):
    """A step of the closing routine was done, left out or failed."""

    kind: ClassVar[str] = "closing.step"
    step: str
    at: str
    minutes: int
    outcome: str
    inside: int | None = None
    order: str = ""


@dataclass(frozen=True, slots=True)
class JournalBegan(Event):
    """A new journal began where one had been. `through`: the last number known of the former one."""

    kind: ClassVar[str] = "journal.began"
    previous: str
    through: int | None
    why: str


@dataclass(frozen=True, slots=True)
class JournalFailed(Event):
    """The journal could not be written for `seconds`; told when it could again."""

    kind: ClassVar[str] = "journal.failed"
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ClockChanged(Event):
    """What the clock can be trusted for changed. `ahead`: seconds it was found to be fast."""

    kind: ClassVar[str] = "clock.changed"
    trust: str
    ahead: float | None = None


@dataclass(frozen=True, slots=True)
class ControllerCrashed(Event):
    """The process ended badly so many times within so many seconds."""

    kind: ClassVar[str] = "controller.crashed"
    times: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ConfigRolledBack(Event):
    """The settings that worked last are used, as those that stand do not work."""

    kind: ClassVar[str] = "config.rolled_back"
    why: str


@dataclass(frozen=True, slots=True)
class DoorQuiet(Event):
    """Nobody has been let in for so many hours although people usually are."""

    kind: ClassVar[str] = "door.quiet"
    hours: float
