"""The whole port of a library system on a small library in the same process; for tests and the demo's kiosk."""

from meroppet.ils.library import Library
from meroppet.ils.library_records import Item, LoanRules, Patron
from meroppet.ils.ports import (
    AccountReason,
    Can,
    Capabilities,
    FeesAnswer,
    Hold,
    HoldAnswer,
    HoldsAnswer,
    HoldState,
    IlsStatus,
    ItemAnswer,
    ItemReason,
    LoanAnswer,
    PatronAnswer,
    PatronReason,
    PaymentAnswer,
    PaymentReason,
    ReturnAnswer,
)
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer

__all__ = ["FakeIls", "Item", "Library", "LoanRules", "Patron"]


class FakeIls:
    """The port `Ils` on a library, at one branch. As in registers, only `patron` looks at a PIN."""

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
            debarred=patron.debarred is not None or patron.blocked or not patron.may_enter,
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

    async def holds(self, card: str, pin: str | None) -> HoldsAnswer:  # noqa: ARG002 (the port's shape)
        """See `Ils`."""
        patron = self._library.patron(card)
        if patron is None:
            return HoldsAnswer(AccountReason.NO_SUCH_CARD)
        ready = (_hold(item, patron, HoldState.READY) for item in self._library.holds_ready(patron))
        waiting = (_hold(item, patron, HoldState.WAITING) for item in self._library.holds_waiting(patron))
        return HoldsAnswer(AccountReason.KNOWN, (*ready, *waiting))

    async def place_hold(
        self,
        card: str,
        pin: str | None,  # noqa: ARG002 (the port's shape)
        barcode: str,
        pickup: str | None = None,
    ) -> HoldAnswer:
        """See `Ils`."""
        return self._library.place_hold(card, barcode, pickup or self._branch)

    async def cancel_hold(self, card: str, pin: str | None, barcode: str) -> HoldAnswer:  # noqa: ARG002 (the port's shape)
        """See `Ils`."""
        return self._library.cancel_hold(card, barcode)

    async def fees(self, card: str, pin: str | None) -> FeesAnswer:  # noqa: ARG002 (the port's shape)
        """See `Ils`."""
        patron = self._library.patron(card)
        if patron is None:
            return FeesAnswer(AccountReason.NO_SUCH_CARD)
        return FeesAnswer(AccountReason.KNOWN, patron.fees_minor, self._library.rules.currency)

    async def pay_fee(
        self,
        card: str,
        pin: str | None,  # noqa: ARG002 (the port's shape)
        amount_minor: int,
        payment_id: str,
    ) -> PaymentAnswer:
        """See `Ils`."""
        patron = self._library.patron(card)
        if amount_minor <= 0:
            return PaymentAnswer(PaymentReason.BAD_INPUT)
        if patron is None:
            return PaymentAnswer(PaymentReason.UNKNOWN_PATRON)
        taken = self._library.pay(patron, amount_minor, payment_id)
        return PaymentAnswer(PaymentReason.ACCEPTED if taken else PaymentReason.REFUSED)

    async def capabilities(self) -> Capabilities:
        """See `Ils`."""
        return Capabilities(frozenset(Can) - {Can.LIST_CHANGES})

    async def status(self) -> IlsStatus:
        """See `Ils`."""
        return IlsStatus(online=True, institution=self._branch, library=self._library.name)

    async def close(self) -> None:
        """See `Ils`."""


def _hold(item: Item, patron: Patron, state: HoldState) -> Hold:
    places = {claim.card: claim.pickup for claim in item.queue} | {item.held_for: item.pickup}
    return Hold(item.barcode, state, item.title, places[patron.card])
