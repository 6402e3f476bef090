"""What whoever runs an examination brings along: a test patron, what is known of her, and which risks may be taken."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Subject:
    """A test patron in good standing and a test item; every part but the card may be missing.

    The facts are what the register's staff know of the test patron: with them a field's meaning is sure, not likely.
    """

    card: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)
    item: str = ""
    name: str | None = field(default=None, repr=False)
    born: date | None = field(default=None, repr=False)
    category: str | None = None
    expires: date | None = None
    home: str | None = None
    blocked_card: str = field(default="", repr=False)
    """The card of a patron who is blocked, to see whether the block is told; her PIN is never needed."""
    age_limit: int = 0
    """The least age at the branch; without it a register that tells no birth dates will do."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What is only done when asked for."""

    empty_pin: bool = False
    """Send an empty PIN once; registers may count it as a wrong one."""
    lock_out: bool = False
    """Send wrong PINs until the test patron is locked; staff must unlock her afterwards."""
    loan: bool = False
    """Lend the test item to the test patron and take it back."""
    idle_seconds: float = 0.0
    """How long to wait in silence for the register to hang up."""
    most_wrong_pins: int = 6
    """After how many wrong PINs in a row the register is held not to lock at all."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds."""

    answer: float = 5.0
    door: float = 2.0
    """What a door gives the register; slower is unsafe."""
    measuring: float = 4.0
    """How long one kind of request is measured."""
    most_times: int = 20


def another_pin(pin: str) -> str:
    """A PIN of the same shape that is not this one."""
    last = pin[-1:]
    return pin[:-1] + (str((int(last) + 1) % 10) if last.isascii() and last.isdigit() else "1")


UNKNOWN_CARD = "MEROPPET0"
UNKNOWN_ITEM = "MEROPPET0"
UNKNOWN_PLACE = "MEROPPET0"
"""What no register has: with letters, so that it is nobody's card number."""
