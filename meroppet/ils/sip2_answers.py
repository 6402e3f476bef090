"""From a SIP2 answer and a site's profile to the port's answer; pure, and in doubt against the patron."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from meroppet.ils.personnummer import is_hers
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
    UnavailableCause,
)
from meroppet.ils.profiles import BlockReading, CardEcho, FieldMap, SiteProfile
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.fields import read_date
from meroppet.sip2.views import AcsStatusView, ItemView, LoanView, PatronView, ReturnView

_ITEM_STATES = {
    "03": ItemState.AVAILABLE,
    "04": ItemState.ON_LOAN,
    "05": ItemState.ON_LOAN,
    "07": ItemState.ON_LOAN,
    "08": ItemState.ON_HOLD_SHELF,
    "10": ItemState.IN_TRANSIT,
    "12": ItemState.MISSING,
    "13": ItemState.MISSING,
}
"""Circulation status (3M guide): 05 charged not to be recalled, 07 charged with recall; 12 lost, 13 missing."""


def is_same_card(profile: SiteProfile, asked: str, echoed: str | None) -> bool:
    """Whether an answer is about the card that was asked for."""
    if echoed is None:
        return False
    if profile.card_echo is CardEcho.CASEFOLD:
        return echoed.strip().casefold() == asked.strip().casefold()
    return echoed == asked


def patron_unavailable(cause: UnavailableCause) -> PatronAnswer:
    """The answer of a register that could not be asked or believed."""
    return PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=cause)


def patron_answer(profile: SiteProfile, view: PatronView, card: str, *, pin_sent: bool, today: date) -> PatronAnswer:
    """What 24 or 64 says of the patron; `today` is the register's local date."""
    # An answer that names two patrons is about neither.
    named = view.raw.only("AA")
    facts = patron_facts(profile, view, today)
    if named is None or not (is_same_card(profile, card, named) or is_hers(card, facts.birth_date)):
        return patron_unavailable(UnavailableCause.WRONG_PATRON)
    if view.is_valid is False and view.name is None:
        return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD, patron_id=view.card)
    return PatronAnswer(
        _pin(view, pin_sent),
        patron_id=view.card,
        facts=facts,
        name=_text(profile, view.name),
        holds_ready=(view.count("hold") or 0) if profile.hold_count_means_ready else 0,
        loans=view.count("charged") or 0,
        loans_overdue=view.count("overdue") or 0,
        language=view.language,
    )


def status_of_patron(profile: SiteProfile, view: PatronView, card: str, *, today: date) -> PatronAnswer:
    """What 24 says of card and PIN. A site's own fields stand in 64 only: that they are missing here says nothing."""
    return patron_answer(replace(profile, fields=FieldMap()), view, card, pin_sent=True, today=today)


def with_facts(by_pin: PatronAnswer, told: PatronAnswer) -> PatronAnswer:
    """24 on the PIN and 64 on everything else, of the same patron; a block in either is one."""
    first, second = by_pin.facts, told.facts
    if told.cause is not None:
        return told
    if first is None or second is None or (by_pin.patron_id or "").casefold() != (told.patron_id or "").casefold():
        return patron_unavailable(UnavailableCause.WRONG_PATRON)
    facts = replace(
        second,
        valid=first.valid and second.valid,
        expires=min((day for day in (first.expires, second.expires) if day is not None), default=None),
        lost=first.lost or second.lost,
        debarred=first.debarred or second.debarred,
        blocked_from_borrowing=first.blocked_from_borrowing or second.blocked_from_borrowing,
    )
    return replace(told, pin=by_pin.pin if facts.valid else PinAnswer.UNKNOWN, facts=facts)


def confirmed(found: PatronAnswer, named: PatronAnswer) -> PatronAnswer:
    """The answer about the number that a register gave for a personnummer, if it is about the same person."""
    if named.cause is not None:
        return named
    one, other = found.facts, named.facts
    # 24 knows no birth date, and no name where the PIN was wrong.
    born = {facts.birth_date for facts in (one, other) if facts is not None and facts.birth_date is not None}
    names = {name for name in (found.name, named.name) if name}
    return named if len(born) <= 1 and len(names) <= 1 else patron_unavailable(UnavailableCause.WRONG_PATRON)


def _pin(view: PatronView, pin_sent: bool) -> PinAnswer:
    # A register may answer CQ=Y to a request without a PIN, or for a patron it does not call valid: neither is a yes.
    if not pin_sent or view.pin_is_right is None:
        return PinAnswer.UNKNOWN
    if view.pin_is_right is False:
        return PinAnswer.WRONG
    return PinAnswer.RIGHT if view.is_valid is True else PinAnswer.UNKNOWN


def patron_facts(profile: SiteProfile, view: PatronView, today: date) -> PatronFacts:
    """The facts a door decides on."""
    named, reading, flags = profile.fields, profile.blocks, view.flags
    expires = _expiry(profile, view, today) if named.expires else None
    told_expired = reading.expired_text is not None and _any_match(reading.expired_text, view.messages)
    if told_expired and (expires is None or expires >= today):
        # The register tells that the card is out, not since when.
        expires = _at_the_latest(today)
    fees = view.fees_minor
    if fees is None and profile.absent_fee_is_none and view.raw.first("BV") is None:
        fees = 0
    return PatronFacts(
        valid=view.is_valid is True,
        birth_date=view.date(named.birth_date, named.date_formats) if named.birth_date else None,
        category=_field(view, named.category),
        expires=expires,
        lost=bool(flags & reading.lost),
        debarred=_is_debarred(reading, view, told_expired) or _is_kept_out(view, named),
        blocked_from_borrowing=bool(flags & reading.may_not_borrow),
        fees_minor=fees,
        home=_field(view, named.home),
    )


def _expiry(profile: SiteProfile, view: PatronView, today: date) -> date | None:
    identifier = profile.fields.expires or ""
    expires = view.date(identifier, profile.fields.date_formats)
    # Zeros and blanks are no date; anything else is one, and may have been long ago.
    is_told = any(value.strip("0-/. ") for value in view.raw.all(identifier))
    return _at_the_latest(today) if expires is None and is_told else expires


def _at_the_latest(today: date) -> date:
    """The last day on which a card that is out can have been valid."""
    return today - timedelta(days=1)


def _field(view: PatronView, identifier: str | None) -> str | None:
    return (view.raw.only(identifier) or "").strip() or None if identifier else None


def _is_debarred(reading: BlockReading, view: PatronView, told_expired: bool) -> bool:
    if not view.flags & reading.may_not_enter:
        return False
    if reading.harmless_text is not None:
        rest = re.sub(reading.harmless_text, "", " ".join(view.messages))
        # Something is said that is neither greeting, expiry nor debt: a restriction's comment.
        if re.search(r"\w", rest):
            return True
    return not told_expired and not view.flags & reading.explained_by


def _is_kept_out(view: PatronView, named: FieldMap) -> bool:
    # Where a site says who may enter, silence is a no.
    return named.may_enter is not None and _field(view, named.may_enter) not in named.may_enter_if


def _any_match(pattern: str, texts: Iterable[str]) -> bool:
    return any(re.search(pattern, text) for text in texts)


def _text(profile: SiteProfile, text: str | None) -> str | None:
    if text is None:
        return None
    shown = text.replace(profile.escaped_delimiter, "|") if profile.escaped_delimiter else text
    return shown.strip() or None


def item_answer(profile: SiteProfile, view: ItemView, barcode: str) -> ItemAnswer:
    """What 18 says of the item."""
    if view.barcode != barcode:
        return ItemAnswer(ItemReason.UNAVAILABLE, barcode, cause=UnavailableCause.WRONG_ITEM)
    title = _text(profile, view.title)
    if title is None:
        return ItemAnswer(ItemReason.UNKNOWN_ITEM, barcode)
    state = _ITEM_STATES.get(view.circulation_status, ItemState.OTHER)
    return ItemAnswer(ItemReason.KNOWN, barcode, title, state, _due(profile, view.raw.first("AH")))


def _due(profile: SiteProfile, text: str | None) -> date | None:
    return read_date(text or "", profile.fields.date_formats)


def loan_answer(profile: SiteProfile, view: LoanView, card: str, barcode: str, *, renewal: bool = False) -> LoanAnswer:
    """What 12 or 30 says of the loan. An answer for another card or item is no answer: the loan may stand."""
    if not is_same_card(profile, card, view.card):
        return loan_unavailable(barcode, UnavailableCause.WRONG_PATRON, sent=True)
    if view.barcode != barcode and not _is_unknown_item(profile, view):
        return loan_unavailable(barcode, UnavailableCause.WRONG_ITEM, sent=True)
    title = _text(profile, view.title)
    if view.ok is None:
        return loan_unavailable(barcode, UnavailableCause.MALFORMED, sent=True)
    if not view.ok:
        return LoanAnswer(_refusal(profile, view.messages), barcode, title)
    reason = LoanReason.RENEWED if renewal or view.was_renewal else LoanReason.LOANED
    return LoanAnswer(reason, barcode, title, _due(profile, view.raw.first("AH")))


def _is_unknown_item(profile: SiteProfile, view: LoanView) -> bool:
    # An item the register does not have is sometimes echoed as empty.
    return view.ok is False and not view.barcode and _refusal(profile, view.messages) is LoanReason.UNKNOWN_ITEM


def _refusal(profile: SiteProfile, messages: tuple[str, ...]) -> LoanReason:
    text = " ".join(messages)
    return next(
        (reason for pattern, reason in profile.loan_refusals if re.search(pattern, text)),
        LoanReason.REFUSED,
    )


def loan_unavailable(barcode: str, cause: UnavailableCause, *, sent: bool) -> LoanAnswer:
    """The answer of a register that could not be asked or believed; `sent` when the request had gone out."""
    return LoanAnswer(LoanReason.UNAVAILABLE, barcode, cause=cause, may_have_happened=sent)


def return_answer(profile: SiteProfile, view: ReturnView, barcode: str) -> ReturnAnswer:
    """What 10 says of the return."""
    if view.barcode != barcode:
        return return_unavailable(barcode, UnavailableCause.WRONG_ITEM, sent=True)
    if view.ok is None:
        return return_unavailable(barcode, UnavailableCause.MALFORMED, sent=True)
    title = _text(profile, view.title)
    destination = _destination(view)
    if view.ok:
        return ReturnAnswer(ReturnReason.RETURNED, barcode, title, destination)
    if title is None:
        return ReturnAnswer(ReturnReason.UNKNOWN_ITEM, barcode)
    reason = ReturnReason.REFUSED if view.alert_type == 99 else ReturnReason.NOT_ON_LOAN
    return ReturnAnswer(reason, barcode, title, destination)


def _destination(view: ReturnView) -> Destination:
    if view.alert_type == 1:
        return HOLD_HERE
    if view.alert_type in (2, 3, 4):
        return Destination(DestinationKind.TRANSIT, view.destination)
    return SHELF


def return_unavailable(barcode: str, cause: UnavailableCause, *, sent: bool) -> ReturnAnswer:
    """The answer of a register that could not be asked or believed; `sent` when the request had gone out."""
    return ReturnAnswer(ReturnReason.UNAVAILABLE, barcode, cause=cause, may_have_happened=sent)


def status_answer(view: AcsStatusView) -> IlsStatus:
    """What 98 says; a session never lets through one that says the register is off line."""
    return IlsStatus(
        online=True,
        institution=view.institution,
        library=view.library,
        checkout_ok=view.checkout_ok,
        checkin_ok=view.checkin_ok,
        messages=view.messages,
    )
