"""What a small library keeps: its patrons, its copies, who waits for them, and the house rules."""

from dataclasses import dataclass, field
from datetime import date

from meroppet.ils.ports import ItemState


@dataclass(slots=True, kw_only=True)
class Patron:
    """Someone with a card. `debarred` is the comment of a restriction; amounts are in hundredths.

    `pin` is empty for someone who never chose one. `may_enter` is the register's own word on self-service hours, where
    it has one. `blocked` is set by a self-service machine that kept the card, and lifted by staff.
    """

    card: str
    pin: str = field(repr=False)
    name: str = field(repr=False)
    user_name: str | None = field(default=None, repr=False)
    birth_date: date | None = None
    category: str = "VUXEN"
    expires: date | None = None
    home: str = ""
    lost: bool = False
    debarred: str | None = None
    blocked: bool = False
    may_enter: bool = True
    fees_minor: int = 0
    loan_limit: int = 50
    language: str = "006"
    address: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    wrong_pins: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Someone who waits for an item, and where she wants to fetch it."""

    card: str
    pickup: str


@dataclass(slots=True, kw_only=True)
class Item:
    """A copy that belongs to a branch. `held_for` is the first who waits for it, `queue` are those after."""

    barcode: str
    title: str
    owner: str
    at: str = ""
    for_loan: bool = True
    missing: bool = False
    media: str = "001"
    age_limit: int = 0
    fee_minor: int = 0
    """What a loan costs; the patron must say yes to it."""
    call_number: str = ""
    borrower: str | None = None
    due: date | None = None
    renewals: int = 0
    held_for: str | None = None
    pickup: str | None = None
    on_hold_shelf: bool = False
    in_transit_to: str | None = None
    queue: list[Claim] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.at = self.at or self.owner

    @property
    def state(self) -> ItemState:
        """Where the copy is."""
        if self.borrower is not None:
            return ItemState.ON_LOAN
        if self.missing:
            return ItemState.MISSING
        if self.in_transit_to is not None:
            return ItemState.IN_TRANSIT
        return ItemState.ON_HOLD_SHELF if self.on_hold_shelf else ItemState.AVAILABLE

    @property
    def waiting(self) -> tuple[str, ...]:
        """The cards of all who wait for it, the first first."""
        first = () if self.held_for is None else (self.held_for,)
        return (*first, *(claim.card for claim in self.queue))

    def claim(self, card: str, pickup: str) -> None:
        """Put someone last in the queue."""
        if self.held_for is None:
            self.held_for, self.pickup = card, pickup
        else:
            self.queue.append(Claim(card, pickup))

    def give_up_claim(self, card: str) -> None:
        """Take someone out of the queue; the next moves up."""
        if self.held_for == card:
            following = self.queue.pop(0) if self.queue else None
            self.held_for = following.card if following else None
            self.pickup = following.pickup if following else None
            # What stood on the hold shelf stood there for the one who is gone.
            self.on_hold_shelf = False
        self.queue = [claim for claim in self.queue if claim.card != card]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRules:
    """The house rules. After as many wrong PINs in a row a card is locked; 0 means never."""

    loan_days: int = 28
    renewals: int = 3
    debt_limit_minor: int = 10_000
    wrong_pins_until_locked: int = 3
    currency: str = "SEK"
