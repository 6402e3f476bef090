"""A small library in memory: the rules that move loans, holds, transports and debts."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from meroppet.ils.library_records import Claim, Item, LoanRules, Patron
from meroppet.ils.ports import (
    HOLD_HERE,
    SHELF,
    Destination,
    DestinationKind,
    HoldAnswer,
    HoldReason,
    LoanAnswer,
    LoanReason,
    ReturnAnswer,
    ReturnReason,
)
from meroppet.rules.pin import PinAnswer


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
        self.rules = rules or LoanRules()
        self.payments: list[tuple[str, int, str | None]] = []
        """Card, hundredths and the payer's own number of every payment that was taken."""
        self._patrons = {patron.card.casefold(): patron for patron in patrons}
        self._by_user_name = {
            patron.user_name.casefold(): patron for patron in self._patrons.values() if patron.user_name
        }
        self._items = {item.barcode: item for item in items}
        self._today = today

    @property
    def today(self) -> date:
        """The library's date."""
        return self._today()

    @property
    def patrons(self) -> tuple[Patron, ...]:
        """Everybody with a card."""
        return tuple(self._patrons.values())

    @property
    def items(self) -> tuple[Item, ...]:
        """Every copy."""
        return tuple(self._items.values())

    @property
    def branches(self) -> frozenset[str]:
        """The codes of the branches that own something or are somebody's own."""
        return frozenset({item.owner for item in self.items} | {patron.home for patron in self.patrons}) - {""}

    def patron(self, card: str) -> Patron | None:
        """The patron of a card number or a user name."""
        key = card.strip().casefold()
        return self._patrons.get(key) or self._by_user_name.get(key)

    def item(self, barcode: str) -> Item | None:
        """The copy with a barcode."""
        return self._items.get(barcode)

    def another_patron(self, card: str) -> Patron | None:
        """Someone else, for answers that are about the wrong person."""
        return next((patron for patron in self._patrons.values() if patron.card != card), None)

    def another_item(self, barcode: str) -> Item | None:
        """Something else, for answers that are about the wrong item."""
        return next((item for item in self._items.values() if item.barcode != barcode), None)

    # Patrons

    def check_pin(self, patron: Patron, pin: str) -> PinAnswer:
        """Right or wrong; after some wrong ones in a row the card is locked, which looks like wrong."""
        if self.is_locked(patron):
            return PinAnswer.WRONG
        if pin and pin == patron.pin:
            patron.wrong_pins = 0
            return PinAnswer.RIGHT
        patron.wrong_pins += 1
        return PinAnswer.WRONG

    def is_locked(self, patron: Patron) -> bool:
        """True after too many wrong PINs."""
        limit = self.rules.wrong_pins_until_locked
        return 0 < limit <= patron.wrong_pins

    def is_expired(self, patron: Patron) -> bool:
        """True from the day after the card's last."""
        return patron.expires is not None and patron.expires < self.today

    def owes_too_much(self, patron: Patron) -> bool:
        """True above the debt limit."""
        return patron.fees_minor > self.rules.debt_limit_minor

    def is_blocked(self, patron: Patron) -> bool:
        """Whether the patron may not borrow."""
        stopped = patron.lost or patron.blocked or patron.debarred is not None
        return stopped or self.is_expired(patron) or self.owes_too_much(patron)

    def age(self, patron: Patron) -> int | None:
        """Whole years, where the birth date is known."""
        born, today = patron.birth_date, self.today
        if born is None:
            return None
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    def pay(self, patron: Patron, amount_minor: int, payment_id: str | None = None) -> bool:
        """Take a payment of what is owed; nothing, less than nothing and too much are not taken."""
        if not 0 < amount_minor <= patron.fees_minor:
            return False
        patron.fees_minor -= amount_minor
        self.payments.append((patron.card, amount_minor, payment_id))
        return True

    def take_any(self, patron: Patron, amount_minor: int, payment_id: str | None = None) -> None:
        """Take whatever is said to be paid, as a register without checks does."""
        patron.fees_minor -= amount_minor
        self.payments.append((patron.card, amount_minor, payment_id))

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
        ready = self.holds_ready(patron)
        return tuple(item for item in self._items.values() if patron.card in item.waiting and item not in ready)

    # Loans

    def checkout(self, card: str, barcode: str, branch: str) -> LoanAnswer:
        """Lend at a branch; what the patron has already is renewed."""
        patron, item = self.patron(card), self.item(barcode)
        if item is not None and patron is not None and item.borrower == patron.card:
            return self._extend(patron, item)
        refusal = self.loan_refusal(patron, item)
        if refusal is not None or patron is None or item is None:
            return LoanAnswer(refusal or LoanReason.REFUSED, barcode, item.title if item else None)
        return self._lend(patron, item, branch)

    def force(self, card: str, barcode: str, branch: str) -> LoanAnswer:
        """Lend whatever speaks against it, as long as the two are known."""
        patron, item = self.patron(card), self.item(barcode)
        if patron is None or item is None:
            reason = LoanReason.UNKNOWN_ITEM if item is None else LoanReason.UNKNOWN_PATRON
            return LoanAnswer(reason, barcode, item.title if item else None)
        return self._lend(patron, item, branch)

    def _lend(self, patron: Patron, item: Item, branch: str) -> LoanAnswer:
        item.give_up_claim(patron.card)
        item.borrower, item.renewals = patron.card, 0
        item.due = self.today + timedelta(days=self.rules.loan_days)
        item.at, item.in_transit_to, item.on_hold_shelf, item.missing = branch, None, False, False
        patron.fees_minor += item.fee_minor
        return LoanAnswer(LoanReason.LOANED, item.barcode, item.title, item.due)

    def loan_refusal(self, patron: Patron | None, item: Item | None) -> LoanReason | None:
        """Why a new loan would be refused, or None."""
        if item is None:
            return LoanReason.UNKNOWN_ITEM
        if patron is None:
            return LoanReason.UNKNOWN_PATRON
        checks = (
            (self.is_blocked(patron), LoanReason.PATRON_BLOCKED),
            (not item.for_loan or self._is_too_young(patron, item), LoanReason.NOT_FOR_LOAN),
            (item.held_for not in (None, patron.card), LoanReason.RESERVED_BY_OTHER),
            (item.borrower is not None, LoanReason.ALREADY_ON_LOAN),
            (len(self.loans(patron)) >= patron.loan_limit, LoanReason.LIMIT),
        )
        return next((reason for refused, reason in checks if refused), None)

    def _is_too_young(self, patron: Patron, item: Item) -> bool:
        age = self.age(patron)
        return item.age_limit > 0 and age is not None and age < item.age_limit

    def renew(self, card: str, barcode: str) -> LoanAnswer:
        """Extend a loan the patron has."""
        patron, item = self.patron(card), self.item(barcode)
        if patron is None:
            return LoanAnswer(LoanReason.UNKNOWN_PATRON, barcode)
        if item is None or item.borrower != patron.card:
            return LoanAnswer(LoanReason.ALREADY_ON_LOAN if item else LoanReason.UNKNOWN_ITEM, barcode)
        return self._extend(patron, item)

    def renew_all(self, patron: Patron) -> tuple[LoanAnswer, ...]:
        """Extend every loan of the patron that can be."""
        return tuple(self._extend(patron, item) for item in self.loans(patron))

    def _extend(self, patron: Patron, item: Item) -> LoanAnswer:
        checks = (
            (self.is_blocked(patron), LoanReason.PATRON_BLOCKED),
            (item.held_for is not None, LoanReason.RESERVED_BY_OTHER),
            (item.renewals >= self.rules.renewals, LoanReason.LIMIT),
        )
        refusal = next((reason for refused, reason in checks if refused), None)
        if refusal is not None:
            return LoanAnswer(refusal, item.barcode, item.title)
        item.renewals += 1
        item.due = self.today + timedelta(days=self.rules.loan_days)
        return LoanAnswer(LoanReason.RENEWED, item.barcode, item.title, item.due)

    def undo_loan(self, card: str, barcode: str) -> bool:
        """As if the loan had never been: for an item that could not be desensitised."""
        patron, item = self.patron(card), self.item(barcode)
        if patron is None or item is None or item.borrower != patron.card:
            return False
        item.borrower, item.due, item.renewals = None, None, 0
        patron.fees_minor = max(0, patron.fees_minor - item.fee_minor)
        return True

    def checkin(self, barcode: str, branch: str) -> ReturnAnswer:
        """Take back at a branch, and say where the copy goes from there."""
        item = self.item(barcode)
        if item is None:
            return ReturnAnswer(ReturnReason.UNKNOWN_ITEM, barcode)
        reason = ReturnReason.RETURNED if item.borrower is not None else ReturnReason.NOT_ON_LOAN
        item.borrower, item.due, item.renewals, item.at, item.missing = None, None, 0, branch, False
        return ReturnAnswer(reason, barcode, item.title, self._send_on(item, branch))

    def _send_on(self, item: Item, branch: str) -> Destination:
        goal = item.pickup or item.owner if item.held_for is not None else item.owner
        item.in_transit_to = goal if goal != branch else None
        item.on_hold_shelf = item.held_for is not None and goal == branch
        if item.in_transit_to is not None:
            return Destination(DestinationKind.TRANSIT, goal)
        return HOLD_HERE if item.on_hold_shelf else SHELF

    # Holds

    def place_hold(self, card: str, barcode: str, pickup: str) -> HoldAnswer:
        """Put the patron last in an item's queue; who waits or has it at home already is refused."""
        patron, item = self.patron(card), self.item(barcode)
        if patron is None or item is None:
            return _unknown(patron, barcode)
        if self.is_blocked(patron):
            return HoldAnswer(HoldReason.PATRON_BLOCKED, barcode)
        if not item.for_loan or patron.card in item.waiting or item.borrower == patron.card:
            return HoldAnswer(HoldReason.REFUSED, barcode)
        item.claim(patron.card, pickup)
        return HoldAnswer(HoldReason.PLACED, barcode)

    def cancel_hold(self, card: str, barcode: str) -> HoldAnswer:
        """Take the patron out of an item's queue."""
        patron, item = self.patron(card), self.item(barcode)
        if patron is None or item is None:
            return _unknown(patron, barcode)
        if patron.card not in item.waiting:
            return HoldAnswer(HoldReason.REFUSED, barcode)
        item.give_up_claim(patron.card)
        return HoldAnswer(HoldReason.CANCELLED, barcode)

    def move_hold(self, card: str, barcode: str, pickup: str) -> bool:
        """Let the patron fetch her hold somewhere else, unless it is ready already."""
        patron, item = self.patron(card), self.item(barcode)
        if patron is None or item is None or patron.card not in item.waiting or item.on_hold_shelf:
            return False
        if item.held_for == patron.card:
            item.pickup = pickup
        item.queue = [Claim(claim.card, pickup if claim.card == patron.card else claim.pickup) for claim in item.queue]
        return True


def _unknown(patron: Patron | None, barcode: str) -> HoldAnswer:
    return HoldAnswer(HoldReason.UNKNOWN_PATRON if patron is None else HoldReason.UNKNOWN_ITEM, barcode)
