"""What one branch demands of those it lets in: values only; `eligibility` and `access` say what comes of them."""

from dataclasses import dataclass
from enum import StrEnum

from meroppet.rules.weekly import Weekly, require_weekly


class Permission(StrEnum):
    """Whether staff must have given the right, or being a patron is enough."""

    REQUIRED = "required"
    AUTOMATIC = "automatic"


class StaffedDoor(StrEnum):
    """What the door does while staff are there."""

    FREE = "free"
    CARD = "card"


class Block(StrEnum):
    """Facts of the register that a branch may let stop its door."""

    EXPIRED = "expired"
    LOST = "lost"
    DEBARRED = "debarred"
    BORROWING = "borrowing"
    FEES = "fees"


class Guests(StrEnum):
    """What is asked of those who belong elsewhere: nothing, their own recorded approval, or they are not let in."""

    ALLOWED = "allowed"
    APPROVED = "approved"
    REFUSED = "refused"


class Companions(StrEnum):
    """Whom a patron may take along; a door cannot see it, so it is a text for people."""

    NONE = "none"
    OWN_CHILDREN = "own_children"
    FAMILY = "family"
    ANYONE = "anyone"


class PinCheck(StrEnum):
    """Who is asked first whether a PIN is right: the register, or what the door learned when it last was."""

    ILS_FIRST = "ils_first"
    LOCAL_FIRST = "local_first"


class WithoutConnection(StrEnum):
    """What the door does for somebody it has learned no PIN of while the register cannot be asked."""

    REFUSE = "refuse"
    CARD_ONLY = "card_only"


class WeakPins(StrEnum):
    """Whether a PIN that is among the first anybody would guess is good enough."""

    REFUSE = "refuse"
    ALLOW = "allow"


DEFAULT_BLOCKS = frozenset({Block.EXPIRED, Block.LOST, Block.DEBARRED})
"""Debts do not stop a door unless a branch says so."""


@dataclass(frozen=True, slots=True)
class GroupHours:
    """Hours at which those on the list "group:<list_key>" may come in although the branch is closed by its hours.

    They never lift maintenance or an emergency closing, and nothing of what is asked of a person.
    """

    list_key: str
    name: str
    weekly: Weekly

    def __post_init__(self) -> None:
        require_weekly(self.weekly, f"group {self.list_key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one branch demands of those it lets in.

    Nobody below `minimum_age` is let in; below `guardian_below` a guardian must have agreed. `homes` are the values of
    the register's home that count as own; None: the branch has named none, so where `guests` are restricted everybody
    is one. `maximum_inside` counts people, not cards. `number_entry`: a number may be typed where a card is asked for.
    A leaf may stand open for `held_open_seconds`, and those at it are reminded `pre_alarm_seconds` before; the two
    `extended_` are for somebody who needs longer.
    """

    minimum_age: int
    guardian_below: int | None = None
    permission: Permission = Permission.REQUIRED
    categories: frozenset[str] | None = None
    blocks: frozenset[Block] = DEFAULT_BLOCKS
    fees_limit_minor: int = 0
    terms_required: bool = False
    introduction_required: bool = False
    homes: frozenset[str] | None = None
    guests: Guests = Guests.ALLOWED
    companions: Companions = Companions.NONE
    maximum_inside: int | None = None
    group_hours: tuple[GroupHours, ...] = ()
    number_entry: bool = False
    pin_length: int = 4
    pin_check: PinCheck = PinCheck.ILS_FIRST
    without_connection: WithoutConnection = WithoutConnection.REFUSE
    weak_pins: WeakPins = WeakPins.REFUSE
    staffed_door: StaffedDoor = StaffedDoor.CARD
    release_seconds: float = 5.0
    held_open_seconds: float = 30.0
    pre_alarm_seconds: float = 10.0
    extended_seconds: float = 20.0
    extended_held_seconds: float = 60.0
    facts_ttl_hours: int = 72
    offline_pin: bool = False

    def __post_init__(self) -> None:
        _require(0 <= self.minimum_age <= 120, "minimum_age", self.minimum_age, "0–120 years")
        guardian, inside = self.guardian_below, self.maximum_inside
        _require(guardian is None or 1 <= guardian <= 120, "guardian_below", guardian, "1–120 years, or left out")
        _require(inside is None or inside >= 1, "maximum_inside", inside, "1 or more people, or left out")
        _require(self.fees_limit_minor >= 0, "fees_limit_minor", self.fees_limit_minor, "0 or more")
        keys = [group.list_key for group in self.group_hours]
        _require(len(keys) == len(set(keys)), "group_hours", ", ".join(keys), "each group once")
        _require(4 <= self.pin_length <= 6, "pin_length", self.pin_length, "4–6 digits")
        # Shorter than 3 s shuts out slow walkers; lockd bounds a lease to 10 s.
        _require(3.0 <= self.release_seconds <= 10.0, "release_seconds", self.release_seconds, "3–10 seconds")
        _require(10.0 <= self.held_open_seconds <= 300.0, "held_open_seconds", self.held_open_seconds, "10–300 seconds")
        self._require_doors_patience()
        _require(1 <= self.facts_ttl_hours <= 168, "facts_ttl_hours", self.facts_ttl_hours, "1–168 hours")

    def _require_doors_patience(self) -> None:
        held, reminder = self.extended_held_seconds, self.pre_alarm_seconds
        _require(0.0 <= reminder <= 60.0, "pre_alarm_seconds", reminder, "0–60 seconds; 0: none")
        # Longer than a lease: the door renews it.
        _require(3.0 <= self.extended_seconds <= 60.0, "extended_seconds", self.extended_seconds, "3–60 seconds")
        _require(10.0 <= held <= 300.0, "extended_held_seconds", held, "10–300 seconds")


def _require(kept: bool, name: str, value: object, allowed: str) -> None:
    if not kept:
        raise ValueError(f"policy: {name} is {value}; allowed: {allowed}")
