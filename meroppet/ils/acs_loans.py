"""What the demo register answers about items: 09, 11, 15, 17, 19, 29 and 65."""

from meroppet.ils.acs_desk import Desk, NoAnswer, Outcome, Pairs
from meroppet.ils.library_records import Item, Patron
from meroppet.ils.ports import (
    DestinationKind,
    HoldReason,
    ItemState,
    LoanAnswer,
    LoanReason,
    ReturnAnswer,
    ReturnReason,
)
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.fields import BLANK_TIMESTAMP, minor_units
from meroppet.sip2.messages import RawMessage, build
from meroppet.sip2.request_views import (
    CheckinRequest,
    CheckoutRequest,
    HoldRequest,
    ItemInformationRequest,
    ItemStatusUpdateRequest,
    PatronRequest,
    RenewRequest,
)

_CIRCULATION = {
    ItemState.AVAILABLE: "03",
    ItemState.ON_LOAN: "04",
    ItemState.ON_HOLD_SHELF: "08",
    ItemState.IN_TRANSIT: "10",
    ItemState.MISSING: "13",
}
_RENEWALS = {
    LoanReason.RESERVED_BY_OTHER: "Item unavailable due to outstanding holds",
    LoanReason.LIMIT: "Item has reached maximum renewals",
    LoanReason.PATRON_BLOCKED: "Renewals not allowed.",
    LoanReason.UNKNOWN_PATRON: "Invalid patron barcode.",
}
_RENTAL = "06"
"""Fee type of a charge for a loan (3M guide)."""


def item_information(desk: Desk, request: RawMessage) -> Outcome:
    """18 to 17."""
    barcode = ItemInformationRequest(request).barcode or ""
    item = desk.library.item(barcode)
    header = {"security_marker": "02", "fee_type": "01", "transaction_date": desk.stamp}
    if item is None:
        return build("18", header | {"circulation_status": "01"}, [("AB", barcode), ("AJ", "")])
    queue = [("CF", str(len(item.waiting)))] if item.waiting else []
    due = [("AH", desk.due(item.due))] if item.due is not None else []
    places = [("AQ", item.at), ("BG", item.owner)]
    shelf = [("CS", item.call_number)] if item.call_number and not desk.dialect.is_koha else []
    cost = [("BH", desk.library.rules.currency), ("BV", minor_units(item.fee_minor))] if item.fee_minor else []
    fields = [("AB", barcode), ("AJ", desk.text(item.title)), ("CK", item.media), *places, *queue, *due, *shelf]
    return build("18", header | {"circulation_status": _circulation(desk, item)}, [*fields, *cost])


def _circulation(desk: Desk, item: Item) -> str:
    if desk.dialect.hides_missing_items and item.state is ItemState.MISSING:
        return "03"
    return _CIRCULATION.get(item.state, "01")


def item_status_update(desk: Desk, request: RawMessage) -> Outcome:
    """20 to 19: nothing is changed, as seen from Koha."""
    view = ItemStatusUpdateRequest(request)
    item = desk.library.item(view.barcode or "")
    header = {"item_properties_ok": "1" if item is not None else "0", "transaction_date": desk.stamp}
    title = [("AJ", desk.text(item.title))] if item is not None else []
    return build("20", header, [("AB", view.barcode or ""), *title, ("CH", view.properties or "")])


def checkout(desk: Desk, request: RawMessage) -> Outcome:
    """12 to 11. The PIN in this message is not looked at (as seen from Koha)."""
    view = CheckoutRequest(request)
    card, barcode = view.card or "", view.barcode or ""
    if view.is_cancellation and not desk.dialect.is_koha:
        return _undo(desk, card, barcode)
    item = desk.library.item(barcode)
    costs = item is not None and item.fee_minor > 0 and item.borrower is None
    if costs and not view.accepts_fee and desk.library.loan_refusal(desk.library.patron(card), item) is None:
        return _loan(desk, LoanAnswer(LoanReason.REFUSED, barcode, item.title if item else None), card, fee=item)
    if _is_unwanted_renewal(desk, view, item):
        return _loan(desk, LoanAnswer(LoanReason.ALREADY_ON_LOAN, barcode, item.title if item else None), card)
    if desk.dialect.no_block_forces and view.no_block:
        result = desk.library.force(card, barcode, desk.branch)
    else:
        result = desk.library.checkout(card, barcode, desk.branch)
    return _loan(desk, result, card, fee=item if costs else None)


def _is_unwanted_renewal(desk: Desk, view: CheckoutRequest, item: Item | None) -> bool:
    # Koha renews whatever the terminal's renewal policy says.
    patron = desk.library.patron(view.card or "")
    is_own = item is not None and patron is not None and item.borrower == patron.card
    return is_own and not view.may_renew and not desk.dialect.is_koha


def _undo(desk: Desk, card: str, barcode: str) -> RawMessage:
    is_undone = desk.library.undo_loan(card, barcode)
    item = desk.library.item(barcode)
    reason = LoanReason.LOANED if is_undone else LoanReason.REFUSED
    return _loan(desk, LoanAnswer(reason, barcode, item.title if item else None), card)


def _loan(desk: Desk, result: LoanAnswer, card: str, fee: Item | None = None) -> RawMessage:
    words = desk.dialect.loan_texts.get(result.reason, "")
    valid = "Y" if desk.library.patron(card) is not None else "N"
    item = desk.library.item(result.barcode)
    end = [("CK", item.media if item else "001")] if result.ok else [("BL", valid)]
    cost = _cost(desk, fee) if fee is not None else []
    fields = [desk.institution, *_loan_fields(desk, result, card), *desk.printed(words), *end, *cost]
    return build("12", _loan_header(desk, result, leaves=True), fields)


def _cost(desk: Desk, item: Item) -> Pairs:
    currency = "USD" if desk.dialect.is_koha else desk.library.rules.currency
    return [("BV", minor_units(item.fee_minor)), ("BH", currency), ("BT", _RENTAL)]


def _loan_fields(desk: Desk, result: LoanAnswer, card: str) -> Pairs:
    patron = desk.library.patron(card)
    return [
        ("AA", patron.card if patron is not None else card),
        ("AB", result.barcode),
        ("AJ", desk.text(result.title or "")),
        ("AH", desk.due(result.due)),
    ]


def _loan_header(desk: Desk, result: LoanAnswer, *, leaves: bool) -> dict[str, str]:
    """The header of 12 and 30; what leaves the house is desensitised."""
    return {
        "ok": "1" if result.ok else "0",
        "renewal_ok": "Y" if result.reason is LoanReason.RENEWED else "N",
        "magnetic_media": "N" if result.ok else "U",
        "desensitize": "Y" if result.ok and leaves else "N",
        "transaction_date": desk.stamp,
    }


def renew(desk: Desk, request: RawMessage) -> Outcome:
    """30 to 29."""
    view = RenewRequest(request)
    card, barcode = view.card or "", view.barcode or ""
    result = desk.library.renew(card, barcode) if desk.dialect.renews else LoanAnswer(LoanReason.REFUSED, barcode)
    words = "" if result.ok else _RENEWALS.get(result.reason, "Item not checked out to you")
    item = desk.library.item(barcode)
    end = [("CK", item.media if item else "001")] if result.ok else []
    first, last = ([], [desk.institution]) if desk.dialect.is_koha else ([desk.institution], [])
    fields = [*first, *_loan_fields(desk, result, card), *end, *last, *(desk.printed(words) if words else [])]
    return build("30", _loan_header(desk, result, leaves=False), fields)


def renew_all(desk: Desk, request: RawMessage) -> Outcome:
    """66 to 65. Here Koha looks at the PIN."""
    patron = _proven(desk, PatronRequest(request))
    results = desk.library.renew_all(patron) if patron is not None else ()
    renewed = [result.barcode for result in results if result.ok]
    kept = [result.barcode for result in results if not result.ok]
    header = {
        "ok": "1" if patron is not None else "0",
        "renewed_count": f"{len(renewed):04}",
        "unrenewed_count": f"{len(kept):04}",
        "transaction_date": desk.stamp,
    }
    lists = [*(("BM", barcode) for barcode in renewed), *(("BN", barcode) for barcode in kept)]
    said = [] if patron is not None else desk.printed("Invalid patron")
    return build("66", header, [desk.institution, *lists, *said])


def _proven(desk: Desk, view: PatronRequest | HoldRequest) -> Patron | None:
    """The patron, unless a PIN was sent and is wrong."""
    patron = desk.library.patron(view.card or "")
    if patron is None or not view.pin:
        return patron
    return patron if desk.library.check_pin(patron, view.pin) is PinAnswer.RIGHT else None


def checkin(desk: Desk, request: RawMessage) -> Outcome:
    """10 to 09."""
    view = CheckinRequest(request)
    barcode, asked = view.barcode or "", view.location
    if desk.dialect.location_suffix and asked != desk.location:
        return _refused_return(desk, barcode, "Unknown location")
    branch = desk.branch if asked is None or desk.dialect.location_suffix else asked
    item = desk.library.item(barcode)
    borrower = item.borrower if item is not None else None
    result = desk.library.checkin(barcode, branch)
    is_stray = result.reason is ReturnReason.NOT_ON_LOAN and item is not None and item.in_transit_to is not None
    if desk.dialect.handlers_die and is_stray:
        return NoAnswer.HANDLER_DIED
    is_offline = desk.dialect.dated_returns_are_offline and _is_dated(request)
    return _returned(desk, result, branch, borrower, is_offline=is_offline)


def _is_dated(request: RawMessage) -> bool:
    return request.fixed_field("return_date") not in (BLANK_TIMESTAMP, "")


def _returned(desk: Desk, result: ReturnAnswer, branch: str, borrower: str | None, *, is_offline: bool) -> RawMessage:
    is_unknown = result.reason is ReturnReason.UNKNOWN_ITEM
    where = [("CL", "99")] if is_offline else _destination(desk, result, branch)
    fixed = {
        "ok": "1" if result.ok else "0",
        "resensitize": "N" if is_unknown else "Y",
        "magnetic_media": "U" if is_unknown else "N",
        "alert": "Y" if (where and not is_offline) or not result.ok else "N",
        "transaction_date": desk.stamp,
    }
    words = {ReturnReason.UNKNOWN_ITEM: "Invalid Item", ReturnReason.NOT_ON_LOAN: "Item not checked out"}
    said = desk.printed(words[result.reason]) if result.reason in words else []
    fields = [desk.institution, *_returned_item(desk, result, borrower), *where, *said]
    return build("10", fixed, fields)


def _returned_item(desk: Desk, result: ReturnAnswer, borrower: str | None) -> Pairs:
    item = desk.library.item(result.barcode)
    if item is None:
        # Koha 19.05 leaves AQ out for an item it does not have; the norm wants it, empty.
        return [("AB", result.barcode), *([] if desk.dialect.handlers_die else [("AQ", "")])]
    who = [("AA", borrower)] if borrower is not None else []
    shelf = [("CS", item.call_number)] if item.call_number else []
    about = [("AB", item.barcode), ("AQ", item.owner), ("AJ", desk.text(item.title))]
    return [*about, *who, ("CK", item.media), *shelf]


def _destination(desk: Desk, result: ReturnAnswer, branch: str) -> Pairs:
    """CT and CV: 01 hold here, 02 hold elsewhere, 04 goes home, 99 not known (3M extensions)."""
    item, goal = desk.library.item(result.barcode), result.destination
    if item is None:
        return [("CV", "99")]
    if goal is None or goal.kind is DestinationKind.SHELF:
        return []
    holder = desk.library.patron(item.held_for) if item.held_for else None
    who = [("CY", holder.card), ("DA", desk.text(holder.name))] if holder is not None else []
    if goal.kind is DestinationKind.HOLD_HERE:
        return [("CT", branch), *who, ("CV", "01")]
    return [("CT", goal.branch or ""), *who, ("CV", "02" if who else "04")]


def _refused_return(desk: Desk, barcode: str, words: str) -> RawMessage:
    fixed = {"ok": "0", "resensitize": "N", "magnetic_media": "U", "alert": "Y", "transaction_date": desk.stamp}
    return build("10", fixed, [desk.institution, ("AB", barcode), ("AQ", ""), ("CV", "99"), ("AF", words)])


def hold(desk: Desk, request: RawMessage) -> Outcome:
    """16 to 15. Here Koha looks at the PIN, and dies of a branch or a mode it does not know."""
    view = HoldRequest(request)
    patron, item = _proven(desk, view), desk.library.item(view.barcode or "")
    place = view.pickup or ("" if desk.dialect.is_koha else desk.branch)
    dies = view.mode not in ("+", "-", "*") or (view.mode == "+" and place not in desk.library.branches | {desk.branch})
    if patron is None or item is None:
        words = "Invalid Patron." if patron is None else "No such item."
        return _hold_answer(desk, view, None, words)
    if dies:
        return NoAnswer.HANDLER_DIED if desk.dialect.is_koha else _hold_answer(desk, view, None, "Invalid hold")
    is_done = _change_queue(desk, view.mode, patron, item, place)
    return _hold_answer(desk, view, item if is_done else None, "" if is_done else "No such outstanding hold.")


def _change_queue(desk: Desk, mode: str, patron: Patron, item: Item, place: str) -> bool:
    if mode == "+" and desk.dialect.is_koha:
        # A second hold, and one of someone who is barred, were accepted.
        item.claim(patron.card, place)
        return True
    if mode == "+":
        return desk.library.place_hold(patron.card, item.barcode, place).reason is HoldReason.PLACED
    if not desk.dialect.takes_cancelled_holds:
        return False
    if mode == "-":
        return desk.library.cancel_hold(patron.card, item.barcode).reason is HoldReason.CANCELLED
    return desk.library.move_hold(patron.card, item.barcode, place or desk.branch)


def _hold_answer(desk: Desk, view: HoldRequest, item: Item | None, words: str) -> RawMessage:
    is_ready = item is not None and item.state is ItemState.AVAILABLE and view.mode == "+"
    fixed = {"ok": "0" if item is None else "1", "available": "Y" if is_ready else "N", "transaction_date": desk.stamp}
    about: Pairs = []
    if item is not None:
        queue = [("BR", str(len(item.waiting)))] if view.mode == "+" and not desk.dialect.is_koha else []
        about = [("BS", view.pickup or desk.branch), ("AB", item.barcode), ("AJ", desk.text(item.title)), *queue]
    said = desk.printed(words) if words else []
    return build("16", fixed, [("AA", view.card or ""), *about, desk.institution, *said])


def reads_dates(desk: Desk, request: RawMessage) -> bool:
    """Whether the dialect can read the dates of a request."""
    dates = [request.fixed_field(name) for name in ("transaction_date", "nb_due_date", "return_date")]
    given = [text for text in dates if text]
    if desk.dialect.refuses_blank_dates and BLANK_TIMESTAMP in given:
        return False
    zone = desk.dialect.unreadable_zone
    return zone is None or all(text[8:12] != zone.value for text in given)
