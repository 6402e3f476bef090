"""What one site's register is asked, in the way that site wants it: profile and account put into every request."""

from dataclasses import dataclass
from datetime import UTC, datetime

from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_connection import Sip2Account
from meroppet.sip2 import requests
from meroppet.sip2.fields import ZoneStyle, has_forbidden
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.requests import HoldMode, HoldWish, Payment, Summary
from meroppet.sip2.views import AcsStatusView

_LONGEST = 64
"""Longest card number, PIN, barcode or payment number that is sent; the longest real ones are half of it."""
_LONGEST_LIST = 999
_ANY_COPY = "2"
_CREDIT_CARD = "02"
"""Nobody takes cash where nobody is (3M guide, payment type: 02 credit card)."""


def can_carry(profile: SiteProfile, *texts: str) -> bool:
    """Whether each text can go out unchanged: repaired, a card, PIN or barcode would be another one."""
    return all(_can_carry(profile, text) for text in texts)


def _can_carry(profile: SiteProfile, text: str) -> bool:
    wire = profile.wire
    return (
        0 < len(text) <= _LONGEST
        and text.isprintable()
        and wire.delimiter not in text
        and not has_forbidden(text)
        and wire.coding.can_write(text)
    )


def pin_to_send(profile: SiteProfile, pin: str | None) -> str | None:
    """The PIN if there is one and it can be sent, else None."""
    return pin if pin is not None and pin.strip() and can_carry(profile, pin) else None


@dataclass(frozen=True, slots=True)
class Requests:
    """Makes the requests of one moment; `told` is what the register said of itself on this connection.

    Nothing here sends an empty AD.
    """

    profile: SiteProfile
    account: Sip2Account
    local: datetime
    told: AcsStatusView | None = None

    @property
    def now(self) -> datetime:
        """The moment as this register writes it."""
        return self.local.astimezone(UTC) if self.profile.wire.zone is ZoneStyle.UTC else self.local

    @property
    def institution(self) -> str:
        """AO."""
        said = self.told.institution if self.told is not None and self.profile.institution_from_status else None
        return said or self.account.institution

    @property
    def place(self) -> str:
        """AP and BS: the branch this account works for."""
        said = self.told.terminal_location if self.told is not None and self.profile.location_from_status else None
        return said or self.account.location or self.institution

    def status(self) -> RawMessage:
        """99."""
        return requests.sc_status()

    def patron_status(self, card: str, pin: str) -> RawMessage:
        """23, for registers that check a PIN by it."""
        secret = self.account.terminal_password
        return requests.patron_status(self.now, self.institution, card, pin, terminal_password=secret)

    def patron_information(self, card: str, pin: str | None) -> RawMessage:
        """63."""
        secret = self.account.terminal_password
        return requests.patron_information(self.now, self.institution, card, pin, terminal_password=secret)

    def listing(self, card: str, pin: str | None, summary: Summary) -> RawMessage:
        """63 that asks for one kind of the patron's items, all of them."""
        return requests.patron_information(
            self.now,
            self.institution,
            card,
            pin_to_send(self.profile, pin),
            terminal_password=self.account.terminal_password,
            summary=summary,
            span=(1, _LONGEST_LIST),
        )

    def item(self, barcode: str) -> RawMessage:
        """17."""
        secret = self.account.terminal_password
        return requests.item_information(self.now, self.institution, barcode, terminal_password=secret)

    def checkout(self, card: str, pin: str | None, barcode: str, *, may_renew: bool = False) -> RawMessage:
        """11."""
        return requests.checkout(
            self.now,
            self.institution,
            card,
            barcode,
            pin=self._loan_pin(pin),
            may_renew=may_renew,
            blank_nb_due=self.profile.blank_nb_due,
            terminal_password=self.account.terminal_password,
        )

    def renew(self, card: str, pin: str | None, barcode: str) -> RawMessage:
        """29, or 11 where the register renews by it."""
        if self.profile.renews_by_checkout:
            return self.checkout(card, pin, barcode, may_renew=True)
        return requests.renew(
            self.now,
            self.institution,
            card,
            barcode,
            pin=self._loan_pin(pin),
            blank_nb_due=self.profile.blank_nb_due,
            terminal_password=self.account.terminal_password,
        )

    def checkin(self, barcode: str) -> RawMessage:
        """09."""
        return requests.checkin(
            self.now,
            self.institution,
            barcode,
            location=self.place,
            blank_return_date=self.profile.blank_return_date,
            terminal_password=self.account.terminal_password,
        )

    def hold(self, card: str, pin: str | None, barcode: str, mode: HoldMode, pickup: str | None) -> RawMessage:
        """15, always with a pickup branch: without one some registers hang up."""
        wish = HoldWish(mode, barcode, pickup=pickup or self.place, kind=_ANY_COPY)
        # Unlike with loans, registers that check any PIN check the one of a hold.
        secret, own = pin_to_send(self.profile, pin), self.account.terminal_password
        return requests.hold(self.now, self.institution, card, wish, pin=secret, terminal_password=own)

    def payment(self, card: str, pin: str | None, amount_minor: int, payment_id: str) -> RawMessage:
        """37."""
        paid = Payment(amount_minor, self.profile.currency, means=_CREDIT_CARD, transaction=payment_id)
        secret, own = self._loan_pin(pin), self.account.terminal_password
        return requests.fee_paid(self.now, self.institution, card, paid, pin=secret, terminal_password=own)

    def _loan_pin(self, pin: str | None) -> str | None:
        return pin_to_send(self.profile, pin) if self.profile.sends_pin_with_loans else None
