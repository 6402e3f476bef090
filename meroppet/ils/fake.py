"""A small library in memory: patrons, items, loans, holds and transports, with the rules that move them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from meroppet.ils.ports import (
    HOLD_HERE,
    SHELF,
    Destination,
    DestinationKind,
    IlsStatus,
    ItemAnswer,
    ItemReason,
    ItemState,
    LoanAnswer,
    LoanReason,
    PatronAnswer,
    PatronReason,
    ReturnAnswer,
    ReturnReason,
)
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer


@dataclass(slots=True, kw_only=True)
class Patron:
    """Someone with a card. `debarred` is the comment of a restriction; amounts are in hundredths."""

    card: str
    pin: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date | None = None
    category: str = "VUXEN"
    expires: date | None = None
    home: str = ""
    lost: bool = False
    debarred: str | None = None
    fees_minor: int = 0
    loan_limit: int = 50
    language: str = "006"
    wrong_pins: int = 0


@dataclass(slots=True, kw_only=True)
class Item:
    """A copy that belongs to a branch. `held_for` waits for it, to be fetched at `pickup`."""

    barcode: str
    title: str
    owner: str
    at: str = ""
    for_loan: bool = True
    borrower: str | None = None
    due: date | None = None
    renewals: int = 0
    held_for: str | None = None
    pickup: str | None = None
    on_hold_shelf: bool = False
    in_transit_to: str | None = None

    def __post_init__(self) -> None:
        self.at = self.at or self.owner

    @property
    def state(self) -> ItemState:
        """Where the copy is."""
        if self.borrower is not None:
            return ItemState.ON_LOAN
        if self.in_transit_to is not None:
            return ItemState.IN_TRANSIT
        return ItemState.ON_HOLD_SHELF if self.on_hold_shelf else ItemState.AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRules:
    """The house rules."""

    loan_days: int = 28
    renewals: int = 3
    debt_limit_minor: int = 10_000
    wrong_pins_until_locked: int = 3


class Library:
    """The register itself. `today` is asked, never read from a clock here; card numbers compare without case."""

    def __init__(
        self,
        patrons: Iterable[Patron],
        items: Iterable[Item],
        today: Callable[[], date],
        *,
        name: str = "Demo",
        rules: LoanRules | None = None,
    ) -> None:
        self.name = name
        self._patrons = {patron.card.casefold(): patron for patron in patrons}
        self._items = {item.barcode: item for item in items}
        self._today = today
        self._rules = rules or LoanRules()

    @property
    def today(self) -> date:
        """The library's date."""
        return self._today()

    def patron(self, card: str) -> Patron | None:
        """The patron of a card."""
        return self._patrons.get(card.strip().casefold())

    def item(self, barcode: str) -> Item | None:
        """The copy with a barcode."""
        return self._items.get(barcode)

    def another_patron(self, card: str) -> Patron | None:
        """Someone else, for answers that are about the wrong person."""
        return next((patron for patron in self._patrons.values() if patron.card != card), None)

    def check_pin(self, patron: Patron, pin: str) -> PinAnswer:
        """Right or wrong; after some wrong ones in a row the card is locked, which looks like wrong."""
        if patron.wrong_pins >= self._rules.wrong_pins_until_locked:
            return PinAnswer.WRONG
        if pin and pin == patron.pin:
            patron.wrong_pins = 0
            return PinAnswer.RIGHT
        patron.wrong_pins += 1
        return PinAnswer.WRONG

    def is_expired(self, patron: Patron) -> bool:
        """True from the day after the card's last."""
        return patron.expires is not None and patron.expires < self.today

    def owes_too_much(self, patron: Patron) -> bool:
        """True above the debt limit."""
        return patron.fees_minor > self._rules.debt_limit_minor

    def is_blocked(self, patron: Patron) -> bool:
        """Whether the patron may not borrow."""
        stopped = patron.lost or patron.debarred is not None
        return stopped or self.is_expired(patron) or self.owes_too_much(patron)

    def loans(self, patron: Patron) -> tuple[Item, ...]:
        """What the patron has at home."""
        return tuple(item for item in self._items.values() if item.borrower == patron.card)

    def overdue(self, patron: Patron) -> tuple[Item, ...]:
        """What should have come back."""
        return tuple(item for item in self.loans(patron) if item.due is not None and item.due < self.today)

    def holds_ready(self, patron: Patron) -> tuple[Item, ...]:
        """What waits on a shelf for the patron."""
        return tuple(item for item in self._items.values() if item.on_hold_shelf and item.held_for == patron.card)

    def holds_waiting(self, patron: Patron) -> tuple[Item, ...]:
        """What the patron has asked for and cannot fetch yet."""
        held = (item for item in self._items.values() if item.held_for == patron.card)
        return tuple(item for item in held if not item.on_hold_shelf)

    def checkout(self, card: str, barcode: str, branch: str) -> LoanAnswer:
        """Lend at a branch; what the patron has already is renewed."""
        patron, item = self.patron(card), self.item(barcode)
        if item is not None and patron is not None and item.borrower == patron.card:
            return self._extend(patron, item)
        refusal = self._loan_refusal(patron, item)
        if refusal is not None or patron is None or item is None:
            return LoanAnswer(refusal or LoanReason.REFUSED, barcode, item.title if item else None)
        item.borrower, item.renewals = patron.card, 0
        item.due = self.today + timedelta(days=self._rules.loan_days)
        item.at, item.in_transit_to, item.on_hold_shelf = branch, None, False
        if item.held_for == patron.card:
            item.held_for = item.pickup = None
        return LoanAnswer(LoanReason.LOANED, barcode, item.title, item.due)

    def _loan_refusal(self, patron: Patron | None, item: Item | None) -> LoanReason | None:
        if item is None:
            return LoanReason.UNKNOWN_ITEM
        if patron is None:
            return LoanReason.UNKNOWN_PATRON
        checks = (
            (self.is_blocked(patron), LoanReason.PATRON_BLOCKED),
            (not item.for_loan, LoanReason.NOT_FOR_LOAN),
            (item.held_for not in (None, patron.card), LoanReason.RESERVED_BY_OTHER),
            (item.borrower is not None, LoanReason.ALREADY_ON_LOAN),
            (len(self.loans(patron)) >= patron.loan_limit, LoanReason.LIMIT),
        )
        return next((reason for refused, reason in checks if refused), None)

    def renew(self, card: str, barcode: str) -> LoanAnswer:
        """Extend a loan the patron has."""
        patron, item = self.patron(card), self.item(barcode)
        if patron is None:
            return LoanAnswer(LoanReason.UNKNOWN_PATRON, barcode)
        if item is None or item.borrower != patron.card:
            return LoanAnswer(LoanReason.ALREADY_ON_LOAN if item else LoanReason.UNKNOWN_ITEM, barcode)
        return self._extend(patron, item)

    def _extend(self, patron: Patron, item: Item) -> LoanAnswer:
        checks = (
            (self.is_blocked(patron), LoanReason.PATRON_BLOCKED),
            (item.held_for is not None, LoanReason.RESERVED_BY_OTHER),
            (item.renewals >= self._rules.renewals, LoanReason.LIMIT),
        )
        refusal = next((reason for refused, reason in checks if refused), None)
        if refusal is not None:
            return LoanAnswer(refusal, item.barcode, item.title)
        item.renewals += 1
        item.due = self.today + timedelta(days=self._rules.loan_days)
        return LoanAnswer(LoanReason.RENEWED, item.barcode, item.title, item.due)

    def checkin(self, barcode: str, branch: str) -> ReturnAnswer:
        """Take back at a branch, and say where the copy goes from there."""
        item = self.item(barcode)
        if item is None:
            return ReturnAnswer(ReturnReason.UNKNOWN_ITEM, barcode)
        reason = ReturnReason.RETURNED if item.borrower is not None else ReturnReason.NOT_ON_LOAN
        item.borrower, item.due, item.renewals, item.at = None, None, 0, branch
        return ReturnAnswer(reason, barcode, item.title, self._send_on(item, branch))

    def _send_on(self, item: Item, branch: str) -> Destination:
        goal = item.pickup or item.owner if item.held_for is not None else item.owner
        item.in_transit_to = goal if goal != branch else None
        item.on_hold_shelf = item.held_for is not None and goal == branch
        if item.in_transit_to is not None:
            return Destination(DestinationKind.TRANSIT, goal)
        return HOLD_HERE if item.on_hold_shelf else SHELF


class FakeIls:
    """The port `Ils` on a library in the same process, at one branch."""

    def __init__(self, library: Library, branch: str) -> None:
        self._library = library
        self._branch = branch

    async def patron(self, card: str, pin: str | None) -> PatronAnswer:
        """See `Ils`."""
        if pin is not None and not pin.strip():
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.NO_PIN)
        patron = self._library.patron(card)
        if patron is None:
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD, patron_id=card)
        return PatronAnswer(
            PinAnswer.UNKNOWN if pin is None else self._library.check_pin(patron, pin),
            patron_id=patron.card,
            facts=self._facts(patron),
            name=patron.name,
            holds_ready=len(self._library.holds_ready(patron)),
            loans=len(self._library.loans(patron)),
            loans_overdue=len(self._library.overdue(patron)),
            language=patron.language,
        )

    def _facts(self, patron: Patron) -> PatronFacts:
        return PatronFacts(
            valid=True,
            birth_date=patron.birth_date,
            category=patron.category,
            expires=patron.expires,
            lost=patron.lost,
            debarred=patron.debarred is not None,
            blocked_from_borrowing=self._library.is_blocked(patron),
            fees_minor=patron.fees_minor,
            home=patron.home or None,
        )

    async def item(self, barcode: str) -> ItemAnswer:
        """See `Ils`."""
        item = self._library.item(barcode)
        if item is None:
            return ItemAnswer(ItemReason.UNKNOWN_ITEM, barcode)
        return ItemAnswer(ItemReason.KNOWN, barcode, item.title, item.state, item.due)

    async def checkout(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:  # noqa: ARG002 (the port's shape)
        """See `Ils`."""
        return self._library.checkout(card, barcode, self._branch)

    async def checkin(self, barcode: str) -> ReturnAnswer:
        """See `Ils`."""
        return self._library.checkin(barcode, self._branch)

    async def renew(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:  # noqa: ARG002 (the port's shape)
        """See `Ils`."""
        return self._library.renew(card, barcode)

    async def status(self) -> IlsStatus:
        """See `Ils`."""
        return IlsStatus(online=True, institution=self._branch, library=self._library.name)

    async def close(self) -> None:
        """See `Ils`."""
