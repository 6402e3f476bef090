"""From a SIP2 answer about a patron's account to the port's answers: holds, fees and what is done about them; pure."""

import re
from dataclasses import dataclass

from meroppet.ils.ports import (
    AccountReason,
    Can,
    Capabilities,
    FeesAnswer,
    Hold,
    HoldAnswer,
    HoldReason,
    HoldsAnswer,
    HoldState,
    LoanReason,
    PaymentAnswer,
    PaymentReason,
    UnavailableCause,
)
from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_answers import is_same_card
from meroppet.sip2.session import Answer
from meroppet.sip2.views import AcsStatusView, HoldView, PatronView, PaymentView

_HOLD_REFUSALS = {
    LoanReason.UNKNOWN_ITEM: HoldReason.UNKNOWN_ITEM,
    LoanReason.UNKNOWN_PATRON: HoldReason.UNKNOWN_PATRON,
    LoanReason.PATRON_BLOCKED: HoldReason.PATRON_BLOCKED,
}

_NEEDS = {
    Can.CHECKOUT: "11",
    Can.CHECKIN: "09",
    Can.LIST_HOLDS: "63",
    Can.PLACE_HOLD: "15",
    Can.CANCEL_HOLD: "15",
    Can.TELL_FEES: "63",
    Can.TAKE_PAYMENT: "37",
}
"""Which message each thing is asked by; changes since some time cannot be asked for at all in SIP2."""


@dataclass(frozen=True, slots=True)
class Account:
    """A 64 that is about the card asked for, or why there is none."""

    reason: AccountReason
    view: PatronView | None = None
    cause: UnavailableCause | None = None

    @property
    def holds_in_all(self) -> int | None:
        """Ready and waiting holds together, None where the register counts neither."""
        counts = [self.view.count(name) for name in ("hold", "unavailable")] if self.view is not None else []
        return None if None in counts or not counts else sum(count or 0 for count in counts)


def account_answer(profile: SiteProfile, answer: Answer, card: str, *, pin_sent: bool) -> Account:
    """What 64 says, if it is about this card and its checksum is good."""
    view = PatronView(answer.message)
    if not answer.verified:
        return account_unavailable(UnavailableCause.BAD_CHECKSUM)
    if not is_same_card(profile, card, view.raw.only("AA")):
        return account_unavailable(UnavailableCause.WRONG_PATRON)
    if view.is_valid is False and view.name is None:
        return Account(AccountReason.NO_SUCH_CARD)
    if pin_sent and view.pin_is_right is False:
        return Account(AccountReason.WRONG_PIN)
    return Account(AccountReason.KNOWN, view)


def account_unavailable(cause: UnavailableCause) -> Account:
    """A register that could not be asked or believed."""
    return Account(AccountReason.UNAVAILABLE, cause=cause)


def owed_minor(profile: SiteProfile, view: PatronView) -> int | None:
    """The debt (BV) in hundredths; None where the register does not say."""
    owed = view.fees_minor
    return 0 if owed is None and profile.absent_fee_is_none and view.raw.first("BV") is None else owed


def fees_answer(profile: SiteProfile, account: Account) -> FeesAnswer:
    """What is owed."""
    if account.view is None:
        return FeesAnswer(account.reason, cause=account.cause)
    return FeesAnswer(AccountReason.KNOWN, owed_minor(profile, account.view), account.view.currency or profile.currency)


def holds_answer(profile: SiteProfile, first: Account, second: Account | None) -> HoldsAnswer:
    """The holds of two answers: one that lists AS, one that lists CD or None where there are none of those."""
    for account in (first, second):
        if account is not None and account.view is None:
            return HoldsAnswer(account.reason, cause=account.cause)
    here = first.view.holds if first.view is not None else ()
    waiting = second.view.unavailable_holds if second is not None and second.view is not None else ()
    # Where AS may hold more than what lies ready, nobody is told to come for nothing.
    state = HoldState.READY if profile.hold_count_means_ready else HoldState.WAITING
    holds = [*_holds(here, state), *(hold for hold in _holds(waiting, HoldState.WAITING) if hold.barcode not in here)]
    return HoldsAnswer(AccountReason.KNOWN, tuple(holds))


def _holds(listed: tuple[str, ...], state: HoldState) -> list[Hold]:
    return [Hold(barcode.strip(), state) for barcode in listed if barcode.strip()]


def hold_answer(profile: SiteProfile, view: HoldView, card: str, barcode: str, done: HoldReason) -> HoldAnswer:
    """What 16 says; `done` is what a yes means."""
    if not is_same_card(profile, card, view.card):
        return hold_unavailable(barcode, UnavailableCause.WRONG_PATRON, sent=True)
    if view.ok is None:
        return hold_unavailable(barcode, UnavailableCause.MALFORMED, sent=True)
    if view.ok and (view.barcode or barcode) != barcode:
        return hold_unavailable(barcode, UnavailableCause.WRONG_ITEM, sent=True)
    return HoldAnswer(done if view.ok else _hold_refusal(profile, view.messages), barcode)


def _hold_refusal(profile: SiteProfile, messages: tuple[str, ...]) -> HoldReason:
    text = " ".join(messages)
    told = next((reason for pattern, reason in profile.loan_refusals if re.search(pattern, text)), None)
    return _HOLD_REFUSALS.get(told, HoldReason.REFUSED) if told is not None else HoldReason.REFUSED


def hold_unavailable(barcode: str, cause: UnavailableCause, *, sent: bool) -> HoldAnswer:
    """The answer of a register that could not be asked or believed; `sent` when the request had gone out."""
    return HoldAnswer(HoldReason.UNAVAILABLE, barcode, may_have_happened=sent, cause=cause)


def payment_answer(profile: SiteProfile, view: PaymentView, card: str, payment_id: str) -> PaymentAnswer:
    """What 38 says."""
    if not is_same_card(profile, card, view.card):
        return payment_unavailable(UnavailableCause.WRONG_PATRON, sent=True)
    if view.ok is None or (view.transaction or payment_id) != payment_id:
        return payment_unavailable(UnavailableCause.MALFORMED, sent=True)
    return PaymentAnswer(PaymentReason.ACCEPTED if view.ok else PaymentReason.REFUSED)


def payment_unavailable(cause: UnavailableCause, *, sent: bool) -> PaymentAnswer:
    """The answer of a register that could not be asked or believed; `sent` when the request had gone out."""
    return PaymentAnswer(PaymentReason.UNAVAILABLE, may_have_happened=sent, cause=cause)


def capabilities(profile: SiteProfile, told: AcsStatusView) -> Capabilities:
    """What 98 says can be asked; where it says nothing, everything can be tried."""
    needs = _NEEDS | {
        Can.CHECK_PIN: profile.pin_message.value,
        Can.RENEW: "11" if profile.renews_by_checkout else "29",
    }
    return Capabilities(frozenset(can for can, code in needs.items() if offers(told, code)))


def offers(told: AcsStatusView | None, code: str) -> bool:
    """Whether the register says that it answers a request; silence is no no."""
    return told is None or not told.messages or code in told.messages
