"""What the session shell needs of the device around it; app.build joins them to the real things."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.events import Event
from meroppet.rules.hours import Hours
from meroppet.rules.papers import Paper
from meroppet.rules.pin import Outcome
from meroppet.rules.session import TellPaper


class Journal(Protocol):
    """The device's durable journal."""

    async def record(self, event: Event, card: CardNumber | None) -> bool:
        """True when the row is on disk; False when it could not be written."""
        ...


class Counted(StrEnum):
    """What became of counting an attempt; only a counted one may be checked."""

    COUNTED = "counted"
    LOCKED = "locked"
    UNCOUNTED = "uncounted"


class Attempts(Protocol):
    """The device's durable counters of PIN attempts."""

    async def count(self, attempt: str, card: CardNumber) -> Counted:
        """Count one more before it is checked."""
        ...

    async def settle(self, attempt: str, outcome: Outcome) -> None:
        """Say how a counted attempt turned out."""
        ...


class Agreements(Protocol):
    """The texts patrons are asked to accept, which the server knows."""

    async def due(self, card: CardNumber, pin: Pin) -> tuple[Paper, ...]:
        """What to ask the patron who was just identified; nothing when the server does not answer."""
        ...

    async def tell(self, said: TellPaper) -> bool:
        """True when her answer is written down."""
        ...


@dataclass(frozen=True, slots=True)
class Branch:
    """What the kiosk says of the place it stands in; empty until the first snapshot has come."""

    name: str = ""
    consortium: str = ""
    help_number: str = ""
    zone: str = "Europe/Stockholm"
    theme: str = "meroppet"
    hours: Hours | None = None


class Surroundings(Protocol):
    """The branch as the device's replica knows it now, and whether the server is there."""

    def branch(self) -> Branch: ...

    def linked(self) -> bool: ...
