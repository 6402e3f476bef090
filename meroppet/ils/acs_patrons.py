"""What the demo register answers to questions about patrons: 01, 23, 25, 35, 37 and 63."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from meroppet.ils.acs_desk import Desk, NoAnswer, Outcome, Pairs
from meroppet.ils.acs_dialects import Fact, Own, Pin
from meroppet.ils.acs_speech import screen_message
from meroppet.ils.library import Library
from meroppet.ils.library_records import Item, Patron
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.fields import minor_units
from meroppet.sip2.messages import RawMessage, build
from meroppet.sip2.request_views import PatronRequest, PaymentRequest

_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_LISTS = {"hold": "AS", "overdue": "AT", "charged": "AU", "fine": "AV", "recall": "BU", "unavailable": "CD"}


def patron_status(desk: Desk, request: RawMessage) -> Outcome:
    """24 to 23."""
    return _status(desk, request, _pin_verdict(desk, request))


def block_patron(desk: Desk, request: RawMessage) -> Outcome:
    """24 to 01: the machine has kept the card. Koha does nothing about it."""
    patron = desk.library.patron(PatronRequest(request).card or "")
    if patron is None and desk.dialect.handlers_die:
        return NoAnswer.HANDLER_DIED
    if patron is not None and not desk.dialect.is_koha:
        patron.blocked = True
    return _status(desk, request, None)


def _status(desk: Desk, request: RawMessage, verdict: str | None) -> RawMessage:
    patron = desk.library.patron(PatronRequest(request).card or "")
    said = desk.printed(screen_message(desk, patron, verdict, pin_sent=bool(PatronRequest(request).pin)))
    identity = _identity(desk, request, patron, verdict)
    if desk.dialect.is_koha:
        # [rec] The name comes first and the institution last.
        identity[:2] = reversed(identity[:2])
        fields = [*identity, *_debt(desk, patron), *said, desk.institution]
    else:
        fields = [desk.institution, *identity, *_debt(desk, patron), *said]
    return build("24", _header(desk, request, patron, verdict), fields)


def patron_information(desk: Desk, request: RawMessage) -> Outcome:
    """64 to 63."""
    verdict = _pin_verdict(desk, request)
    patron = desk.library.patron(PatronRequest(request).card or "")
    header = _header(desk, request, patron, verdict) | _counts(desk, patron)
    fields = [desk.institution, *_identity(desk, request, patron, verdict), *_debt(desk, patron)]
    if patron is not None:
        fields += [
            ("CC", desk.amount(desk.library.rules.debt_limit_minor)),
            *_listed(desk, request, patron),
            *_address(desk, patron),
        ]
        fields += [(own.identifier, text) for own in desk.dialect.own if (text := _own(desk, own, patron)) is not None]
    fields += desk.printed(screen_message(desk, patron, verdict))
    return build("64", header, fields)


def _header(desk: Desk, request: RawMessage, patron: Patron | None, verdict: str | None) -> dict[str, str]:
    return {
        "patron_status": _marks(desk, patron, verdict),
        "language": desk.language(request),
        "transaction_date": desk.stamp,
    }


def _marks(desk: Desk, patron: Patron | None, verdict: str | None) -> str:
    """The marks of every state that applies, laid over each other."""
    marks, library = desk.dialect.marks, desk.library
    if patron is None:
        return marks.unknown
    states = (
        (marks.clean, True),
        (marks.stopped, patron.debarred is not None or patron.blocked or library.is_expired(patron)),
        (marks.lost, patron.lost),
        (marks.owes, library.owes_too_much(patron)),
        (marks.overdue, bool(library.overdue(patron))),
        (marks.wrong_pin, verdict == "N"),
        (marks.locked, library.is_locked(patron)),
    )
    set_ = {place for text, applies in states if applies for place, mark in enumerate(text) if mark == "Y"}
    return "".join("Y" if place in set_ else " " for place in range(14))


def _identity(desk: Desk, request: RawMessage, patron: Patron | None, verdict: str | None) -> Pairs:
    asked = PatronRequest(request).card or ""
    known = patron is not None and _is_at_home(desk, request)
    who = [("AA", asked if patron is None else patron.card), ("AE", "" if patron is None else desk.text(patron.name))]
    limits = [("BZ", "0050"), ("CA", "0050"), ("CB", "0050")] if desk.dialect.limits and patron is not None else []
    checked = [("CQ", verdict)] if verdict is not None else []
    return [*who, *limits, ("BL", "Y" if known else "N"), *checked]


def _is_at_home(desk: Desk, request: RawMessage) -> bool:
    return not desk.dialect.institution_must_match or PatronRequest(request).institution == desk.branch


def _pin_verdict(desk: Desk, request: RawMessage) -> str | None:
    """CQ, or None where there is none."""
    rules, pin = desk.dialect.pins, PatronRequest(request).pin
    patron = desk.library.patron(PatronRequest(request).card or "")
    if patron is None:
        return rules.unknown_card
    if pin:
        return "Y" if desk.library.check_pin(patron, pin) is PinAnswer.RIGHT else "N"
    is_status = request.code == "23"
    if pin is None:
        return _unchecked(desk.library, patron, rules.missing_23 if is_status else rules.missing_63)
    if rules.empty_is_right_without_pin and not patron.pin and not is_status:
        return "Y"
    return _unchecked(desk.library, patron, rules.empty_23 if is_status else rules.empty_63)


def _unchecked(library: Library, patron: Patron, rule: Pin) -> str | None:
    if rule is Pin.COUNTED:
        library.check_pin(patron, "")
    return {Pin.SILENT: None, Pin.RIGHT: "Y"}.get(rule, "N")


def _debt(desk: Desk, patron: Patron | None) -> Pairs:
    if patron is None:
        return [("BV", desk.amount(0))] if desk.dialect.always_tells_fees else []
    if patron.fees_minor == 0 and not desk.dialect.always_tells_fees:
        return []
    currency = [] if desk.dialect.is_koha else [("BH", desk.library.rules.currency)]
    return [*currency, ("BV", desk.amount(patron.fees_minor))]


def _counts(desk: Desk, patron: Patron | None) -> dict[str, str]:
    if patron is None and desk.dialect.blank_counts_for_unknown:
        return {}
    lists = _lists(desk, patron) if patron is not None else {}
    return {f"{name}_count": f"{len(lists.get(name, ())):04}" for name in _LISTS}


def _lists(desk: Desk, patron: Patron) -> Mapping[str, tuple[str, ...]]:
    def barcodes(items: tuple[Item, ...]) -> tuple[str, ...]:
        return tuple(item.barcode for item in items)

    library = desk.library
    return {
        "hold": barcodes(library.holds_ready(patron)),
        "overdue": barcodes(library.overdue(patron)),
        "charged": barcodes(library.loans(patron)),
        "fine": (f"Avgift {minor_units(patron.fees_minor)}",) if patron.fees_minor else (),
        "recall": (),
        "unavailable": barcodes(library.holds_waiting(patron)),
    }


def _listed(desk: Desk, request: RawMessage, patron: Patron) -> Pairs:
    """The items of the one list that was asked for; of several Y's the first counts (as seen from Koha)."""
    asked = PatronRequest(request)
    first, last = asked.span
    named = asked.asked_lists[:1]
    return [
        (_LISTS[name], desk.text(entry)) for name in named for entry in _lists(desk, patron)[name][first - 1 : last]
    ]


def _address(desk: Desk, patron: Patron) -> Pairs:
    places = (("BD", patron.address), ("BE", patron.email), ("BF", patron.phone))
    return [(identifier, desk.text(text)) for identifier, text in places if text]


def _own(desk: Desk, own: Own, patron: Patron) -> str | None:
    """What a field beyond the standard says, or None where it is left out."""
    values: Mapping[Fact, Callable[[], str | None]] = {
        Fact.BIRTH_DATE: lambda: _day(patron.birth_date, own.form),
        Fact.CATEGORY: lambda: patron.category or None,
        Fact.EXPIRES: lambda: _day(patron.expires, own.form),
        Fact.IS_EXPIRED: lambda: "Y" if desk.library.is_expired(patron) else "N",
        Fact.HOME: lambda: patron.home or None,
        Fact.MAY_ENTER: lambda: "1" if patron.may_enter and patron.debarred is None else "0",
        Fact.MAY_SURF: lambda: "N" if desk.library.is_blocked(patron) else "Y",
        Fact.FEES: lambda: minor_units(patron.fees_minor),
        Fact.NUMBER: lambda: str(800_000 + desk.library.patrons.index(patron)),
        Fact.FIXED: lambda: own.form,
    }
    return values[own.fact]()


def _day(day: date | None, form: str) -> str | None:
    return day.strftime(form) if day is not None else None


def enable_patron(desk: Desk, request: RawMessage) -> Outcome:
    """26 to 25: staff have given the card back. Koha does nothing about it."""
    patron = desk.library.patron(PatronRequest(request).card or "")
    verdict = _pin_verdict(desk, request)
    words = "Enable feature not implemented."
    if patron is not None and not desk.dialect.is_koha:
        patron.blocked, words = False, "All privileges restored."
    fields = [*_identity(desk, request, patron, verdict), *desk.printed(words if patron is not None else "")]
    return build("26", _header(desk, request, patron, verdict), [*fields, desk.institution])


def end_session(desk: Desk, request: RawMessage) -> Outcome:
    """36 to 35."""
    words = "Thank you !" if desk.dialect.is_koha else ""
    fields = [desk.institution, ("AA", PatronRequest(request).card or ""), *desk.printed(words)]
    return build("36", {"end_session": "Y", "transaction_date": desk.stamp}, fields)


def fee_paid(desk: Desk, request: RawMessage) -> Outcome:
    """38 to 37. Koha reads any number that the amount begins with, and adds to the debt what is below zero."""
    view = PaymentRequest(request)
    patron = desk.library.patron(view.card or "")
    taken = patron is not None and _pay(desk, patron, view)
    said = [] if taken else desk.printed("Invalid patron" if patron is None else "Payment was not accepted")
    number = [("BK", view.transaction)] if view.transaction else []
    fields = [desk.institution, ("AA", patron.card if patron is not None else view.card or ""), *number, *said]
    return build("38", {"payment_accepted": "Y" if taken else "N", "transaction_date": desk.stamp}, fields)


def _pay(desk: Desk, patron: Patron, view: PaymentRequest) -> bool:
    if not desk.dialect.is_koha:
        return desk.library.pay(patron, view.amount_minor or 0, view.transaction)
    number = _AMOUNT.match(view.raw.first("BV") or "")
    if number is None:
        return False
    desk.library.take_any(patron, round(float(number[0]) * 100), view.transaction)
    return True
