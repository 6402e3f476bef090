"""What every library system can be asked, and every answer it can give; no transport and no wire format lives here.

An answer is always a value. A register that is silent, contradictory or broken is a value too (`unavailable` with its
cause), because a door must decide even then, and an exception on the way to a decision is a decision nobody wrote.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer


class UnavailableCause(StrEnum):
    """Why a register could not be believed. Strings are logged and sent; never renamed."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    CLOSED = "closed"
    BAD_CHECKSUM = "bad_checksum"
    WRONG_SEQUENCE = "wrong_sequence"
    WRONG_PATRON = "wrong_patron"
    WRONG_ITEM = "wrong_item"
    LOGIN_REFUSED = "login_refused"
    MALFORMED = "malformed"
    BREAKER_OPEN = "breaker_open"
    NOT_ENCRYPTED = "not_encrypted"


class PatronReason(StrEnum):
    """Why a patron answer says no more than it does; not a verdict on entry."""

    KNOWN = "known"
    NO_SUCH_CARD = "no_such_card"
    NO_PIN = "no_pin"
    BAD_INPUT = "bad_input"
    UNAVAILABLE = "unavailable"


class ItemState(StrEnum):
    """Where an item is, as far as the register tells."""

    AVAILABLE = "available"
    ON_LOAN = "on_loan"
    ON_HOLD_SHELF = "on_hold_shelf"
    IN_TRANSIT = "in_transit"
    MISSING = "missing"
    OTHER = "other"


class ItemReason(StrEnum):
    """Whether an item question was answered."""

    KNOWN = "known"
    UNKNOWN_ITEM = "unknown_item"
    BAD_INPUT = "bad_input"
    UNAVAILABLE = "unavailable"


class LoanReason(StrEnum):
    """Every way a loan or a renewal can end."""

    LOANED = "loaned"
    RENEWED = "renewed"
    NOT_FOR_LOAN = "not_for_loan"
    RESERVED_BY_OTHER = "reserved_by_other"
    PATRON_BLOCKED = "patron_blocked"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_PATRON = "unknown_patron"
    ALREADY_ON_LOAN = "already_on_loan"
    LIMIT = "limit"
    BAD_INPUT = "bad_input"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class ReturnReason(StrEnum):
    """Every way a return can end."""

    RETURNED = "returned"
    NOT_ON_LOAN = "not_on_loan"
    UNKNOWN_ITEM = "unknown_item"
    BAD_INPUT = "bad_input"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class DestinationKind(StrEnum):
    """Where a returned item goes next."""

    SHELF = "shelf"
    HOLD_HERE = "hold_here"
    TRANSIT = "transit"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a returned item goes; `branch` is the register's branch code and only set in transit."""

    kind: DestinationKind
    branch: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.branch}" if self.branch else str(self.kind)

    @classmethod
    def from_text(cls, text: str) -> "Destination | None":
        """The destination that `str` wrote, or None for anything else."""
        kind, _, branch = text.partition(":")
        return cls(DestinationKind(kind), branch or None) if kind in set(DestinationKind) else None


SHELF = Destination(DestinationKind.SHELF)
HOLD_HERE = Destination(DestinationKind.HOLD_HERE)


@dataclass(frozen=True, slots=True)
class PatronAnswer:
    """One patron, as the register knows her now.

    `patron_id` is the key the register answered with (SIP2: AA). `name` is for a greeting's initial only; it is never
    logged. `facts` is None unless the register knows the card. `cause` is set exactly when `reason` is `unavailable`.
    """

    pin: PinAnswer
    reason: PatronReason = PatronReason.KNOWN
    patron_id: str | None = field(default=None, repr=False)
    facts: PatronFacts | None = None
    name: str | None = field(default=None, repr=False)
    holds_ready: int = 0
    loans: int = 0
    loans_overdue: int = 0
    language: str | None = None
    cause: UnavailableCause | None = None

    @property
    def is_available(self) -> bool:
        """True when the register was reached and could be believed."""
        return self.cause is None


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """One item, as the register knows it now."""

    reason: ItemReason
    barcode: str
    title: str | None = None
    state: ItemState = ItemState.OTHER
    due: date | None = None
    cause: UnavailableCause | None = None

    @property
    def ok(self) -> bool:
        """True when the register knows the item."""
        return self.reason is ItemReason.KNOWN


@dataclass(frozen=True, slots=True)
class LoanAnswer:
    """How a loan or a renewal ended. `due` is None where the register gave no date that could be read.

    `may_have_happened`: the request went out and no answer came; ask for the item before anybody tries again.
    """

    reason: LoanReason
    barcode: str
    title: str | None = None
    due: date | None = None
    may_have_happened: bool = False
    cause: UnavailableCause | None = None

    @property
    def ok(self) -> bool:
        """True when the item is now on the patron's card."""
        return self.reason in (LoanReason.LOANED, LoanReason.RENEWED)


@dataclass(frozen=True, slots=True)
class ReturnAnswer:
    """How a return ended. `destination` is set whenever the register said where the item goes.

    `may_have_happened`: the request went out and no answer came; ask for the item before anybody tries again.
    """

    reason: ReturnReason
    barcode: str
    title: str | None = None
    destination: Destination | None = None
    may_have_happened: bool = False
    cause: UnavailableCause | None = None

    @property
    def ok(self) -> bool:
        """True when the item is off the borrower's card."""
        return self.reason is ReturnReason.RETURNED


class HoldState(StrEnum):
    """Where a hold stands."""

    READY = "ready"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold of a patron. `barcode` is of some item of the title where the register knows no better."""

    barcode: str
    state: HoldState
    title: str | None = None
    pickup: str | None = None


class AccountReason(StrEnum):
    """Whether a question about a patron's holds or fees was answered."""

    KNOWN = "known"
    NO_SUCH_CARD = "no_such_card"
    WRONG_PIN = "wrong_pin"
    NOT_SUPPORTED = "not_supported"
    BAD_INPUT = "bad_input"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class HoldsAnswer:
    """A patron's holds, those ready first."""

    reason: AccountReason
    holds: tuple[Hold, ...] = ()
    cause: UnavailableCause | None = None


class HoldReason(StrEnum):
    """Every way the placing or the cancelling of a hold can end."""

    PLACED = "placed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_PATRON = "unknown_patron"
    PATRON_BLOCKED = "patron_blocked"
    NOT_SUPPORTED = "not_supported"
    BAD_INPUT = "bad_input"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """How a hold was placed or cancelled. `may_have_happened`: the request went out and no answer came."""

    reason: HoldReason
    barcode: str
    may_have_happened: bool = False
    cause: UnavailableCause | None = None


@dataclass(frozen=True, slots=True)
class FeesAnswer:
    """What a patron owes, in hundredths of `currency` (ISO 4217); None where the register does not say."""

    reason: AccountReason
    owed_minor: int | None = None
    currency: str | None = None
    cause: UnavailableCause | None = None


class PaymentReason(StrEnum):
    """Every way the reporting of a payment can end."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN_PATRON = "unknown_patron"
    NOT_SUPPORTED = "not_supported"
    BAD_INPUT = "bad_input"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class PaymentAnswer:
    """How the reporting of a payment ended. `may_have_happened`: ask for the fees before anybody tries again."""

    reason: PaymentReason
    may_have_happened: bool = False
    cause: UnavailableCause | None = None


class Can(StrEnum):
    """What a register can be asked to do, beyond what the door needs."""

    CHECKOUT = "checkout"
    CHECKIN = "checkin"
    RENEW = "renew"
    LIST_HOLDS = "list_holds"
    PLACE_HOLD = "place_hold"
    CANCEL_HOLD = "cancel_hold"
    TELL_FEES = "tell_fees"
    TAKE_PAYMENT = "take_payment"
    CHECK_PIN = "check_pin"
    LIST_CHANGES = "list_changes"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this way to the register offers, by its profile and by what the register said of itself."""

    can: frozenset[Can] = frozenset()
    cause: UnavailableCause | None = None


@dataclass(frozen=True, slots=True)
class IlsStatus:
    """Whether the register can be used now, and what it says of itself (advisory: registers overstate)."""

    online: bool
    institution: str | None = None
    library: str | None = None
    checkout_ok: bool | None = None
    checkin_ok: bool | None = None
    messages: frozenset[str] = frozenset()
    cause: UnavailableCause | None = None


class Circulation(Protocol):
    """The part of a library system that a visit needs, and that a kiosk reaches through the server.

    No method raises for anything the register, the network, the card or the PIN does. Barcodes, cards and PINs are
    taken as read from the hardware: what cannot be sent (empty, too long, control characters) is answered `bad_input`
    or, for an empty PIN, `no_pin`, without asking the register.
    """

    async def patron(self, card: str, pin: str | None) -> PatronAnswer:
        """Facts about the holder of `card`; with a PIN, whether it is right. `pin=None` asks for facts only."""
        ...

    async def item(self, barcode: str) -> ItemAnswer:
        """What the register knows of one item."""
        ...

    async def checkout(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """Lend the item to the card's holder. Registers do not check the PIN here: ask `patron` first."""
        ...

    async def checkin(self, barcode: str) -> ReturnAnswer:
        """Take the item back at the account's branch."""
        ...

    async def renew(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """Extend a loan the patron already has."""
        ...

    async def status(self) -> IlsStatus:
        """Whether the register answers, and as what."""
        ...

    async def close(self) -> None:
        """Give back the connection; safe to call twice."""
        ...


class Ils(Circulation, Protocol):
    """A library system, whole."""

    async def holds(self, card: str, pin: str | None) -> HoldsAnswer:
        """The patron's holds."""
        ...

    async def place_hold(self, card: str, pin: str | None, barcode: str, pickup: str | None = None) -> HoldAnswer:
        """Place a hold on the item's title, to be fetched at the register's branch `pickup` (None: the account's)."""
        ...

    async def cancel_hold(self, card: str, pin: str | None, barcode: str) -> HoldAnswer:
        """Cancel the patron's hold on the item's title."""
        ...

    async def fees(self, card: str, pin: str | None) -> FeesAnswer:
        """What the patron owes."""
        ...

    async def pay_fee(self, card: str, pin: str | None, amount_minor: int, payment_id: str) -> PaymentAnswer:
        """Report a payment of `amount_minor` hundredths; `payment_id` is the payer's own number of it."""
        ...

    async def capabilities(self) -> Capabilities:
        """What can be asked here."""
        ...
