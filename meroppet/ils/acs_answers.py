"""What the demo register answers to each SIP2 request, in some library system's dialect; only the library changes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from meroppet.ils.fake import Item, Library, Patron
from meroppet.ils.ports import DestinationKind, ItemState, LoanAnswer, LoanReason, ReturnAnswer, ReturnReason
from meroppet.ils.profiles import EVERGREEN, KOHA, QURIA, STANDARD, FieldMap
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.codec import TextCoding
from meroppet.sip2.fields import BX_ORDER, timestamp
from meroppet.sip2.messages import RawMessage, build

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the register writes. The texts are those of a Koha 19.05 on the wire; other systems are terser."""

    name: str
    coding: TextCoding
    fields: FieldMap
    terminator: bytes = b"\r"
    is_chatty: bool = True
    trims_requests: bool = False


KOHA_LIKE = Dialect("koha", KOHA.wire.coding, KOHA.fields, trims_requests=True)
QURIA_LIKE = Dialect("quria", QURIA.wire.coding, QURIA.fields, is_chatty=False)
EVERGREEN_LIKE = Dialect("evergreen", TextCoding("utf-8"), EVERGREEN.fields, is_chatty=False)
STANDARD_LIKE = Dialect("standard", STANDARD.wire.coding, FieldMap(), terminator=b"\r\n", is_chatty=False)

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (KOHA_LIKE, QURIA_LIKE, EVERGREEN_LIKE, STANDARD_LIKE)
}

_LOAN_TEXTS = {
    LoanReason.RENEWED: "Item already checked out to you: renewing item.",
    LoanReason.NOT_FOR_LOAN: "Issue failed : NOT_FOR_LOAN",
    LoanReason.RESERVED_BY_OTHER: "Item is on hold shelf for another patron.",
    LoanReason.PATRON_BLOCKED: "Patron Blocked",
    LoanReason.UNKNOWN_ITEM: "Invalid Item",
    LoanReason.UNKNOWN_PATRON: "Invalid Patron",
    LoanReason.ALREADY_ON_LOAN: "Item checked out to another patron",
    LoanReason.LIMIT: "Item cannot be issued: TOO_MANY",
}
_CIRCULATION = {
    ItemState.AVAILABLE: "03",
    ItemState.ON_LOAN: "04",
    ItemState.ON_HOLD_SHELF: "08",
    ItemState.IN_TRANSIT: "10",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a request arrives: the library, the branch its account stands for, and the time on the wall there."""

    library: Library
    branch: str
    dialect: Dialect
    now: datetime
    stamp: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stamp", timestamp(self.now))


def answer(desk: Desk, request: RawMessage) -> RawMessage | None:
    """The answer to a request, or None for a message this register does not have."""
    make = _ANSWERS.get(request.code)
    return make(desk, request) if make is not None else None


def _acs_status(desk: Desk, _request: RawMessage) -> RawMessage:
    fixed = {
        "online": "Y",
        "checkin_ok": "Y",
        "checkout_ok": "Y",
        "renewal_policy": "Y",
        "status_update_ok": "N",
        "offline_ok": "N",
        "timeout_period": "100",
        "retries_allowed": "005",
        "date_time": desk.stamp,
        "protocol_version": "2.00",
    }
    marks = "".join("Y" if code in _ANSWERS or code in ("93", "97") else "N" for code in BX_ORDER)
    return build("98", fixed, [("AO", desk.branch), ("AM", desk.library.name), ("AN", desk.branch), ("BX", marks)])


def _patron_status(desk: Desk, request: RawMessage) -> RawMessage:
    patron, fixed, identity = _identify(desk, request)
    return build("24", fixed, [*identity, *_messages(desk, patron, identity), ("AO", desk.branch)])


def _patron_information(desk: Desk, request: RawMessage) -> RawMessage:
    patron, fixed, identity = _identify(desk, request)
    more: Pairs = []
    if patron is not None:
        fixed |= _counts(desk.library, patron)
        more = [("CC", "100"), *_own_fields(desk.dialect.fields, patron), ("PI", "N" if _is_out(desk, patron) else "Y")]
    fields = [("AO", desk.branch), *identity, *more, *_messages(desk, patron, identity)]
    return build("64", fixed, fields)


def _identify(desk: Desk, request: RawMessage) -> tuple[Patron | None, dict[str, str], Pairs]:
    """The patron, the header and the fields AA to BV that 24 and 64 share."""
    card = request.first("AA") or ""
    patron = desk.library.patron(card)
    header = {"language": request.fixed_field("language"), "transaction_date": desk.stamp}
    if patron is None:
        return None, header | {"patron_status": "YYYY"}, [("AA", card), ("AE", ""), ("BL", "N")]
    identity = [("AA", patron.card), ("AE", patron.name), ("BL", "Y")]
    pin = request.first("AD")
    if pin is not None:
        right = desk.library.check_pin(patron, pin) is PinAnswer.RIGHT
        identity.append(("CQ", "Y" if right else "N"))
    if patron.fees_minor:
        identity.append(("BV", f"{patron.fees_minor / 100:g}"))
    return patron, header | {"patron_status": _flags(desk, patron)}, identity


def _flags(desk: Desk, patron: Patron) -> str:
    if patron.lost:
        return "YYYYY"
    if desk.library.owes_too_much(patron):
        return "YYYY      YY"
    return "YYYY" if desk.library.is_blocked(patron) else ""


def _is_out(desk: Desk, patron: Patron) -> bool:
    return desk.library.is_blocked(patron)


def _counts(library: Library, patron: Patron) -> dict[str, str]:
    numbers = {
        "hold": len(library.holds_ready(patron)),
        "overdue": len(library.overdue(patron)),
        "charged": len(library.loans(patron)),
        "fine": 1 if patron.fees_minor else 0,
        "recall": 0,
        "unavailable": len(library.holds_waiting(patron)),
    }
    return {f"{name}_count": f"{number:04}" for name, number in numbers.items()}


def _own_fields(named: FieldMap, patron: Patron) -> Pairs:
    values: tuple[tuple[str | None, str | None], ...] = (
        (named.birth_date, _day(patron.birth_date)),
        (named.category, patron.category),
        (named.expires, _day(patron.expires)),
        (named.home, patron.home),
    )
    return [(identifier, value) for identifier, value in values if identifier and value]


def _day(day: date | None) -> str | None:
    return day.strftime("%Y%m%d") if day is not None else None


def _messages(desk: Desk, patron: Patron | None, identity: Pairs) -> Pairs:
    if patron is None:
        return [("AF", "Invalid cardnumber")]
    if not desk.dialect.is_chatty:
        return []
    parts = (
        ("Borrower's card reported lost.", patron.lost),
        (patron.debarred or "", patron.debarred is not None),
        (f"Patron owes {patron.fees_minor / 100:.2f}", patron.fees_minor > 0),
        ("Invalid password", ("CQ", "N") in identity),
    )
    told = "".join(f" -- {text}" for text, applies in parts if applies)
    return [("AF", f"Greetings from Koha. {'PATRON EXPIRED' if desk.library.is_expired(patron) else ''}{told}")]


def _item_information(desk: Desk, request: RawMessage) -> RawMessage:
    barcode = request.first("AB") or ""
    item = desk.library.item(barcode)
    if item is None:
        return build("18", _item_header(desk, "01"), [("AB", barcode), ("AJ", "")])
    due = [("AH", _due(item.due))] if item.due is not None else []
    fields = [("AB", barcode), ("AJ", _escaped(item.title)), ("CK", "001"), ("AQ", item.at), ("BG", item.owner), *due]
    return build("18", _item_header(desk, _circulation_status(item)), fields)


def _circulation_status(item: Item) -> str:
    return _CIRCULATION.get(item.state, "01")


def _item_header(desk: Desk, status: str) -> dict[str, str]:
    return {
        "circulation_status": status,
        "security_marker": "02",
        "fee_type": "01",
        "transaction_date": desk.stamp,
    }


def _escaped(text: str) -> str:
    return text.replace("|", "&#124;")


def _due(day: date | None) -> str:
    return day.strftime("%Y%m%d    235900") if day is not None else ""


def _checkout(desk: Desk, request: RawMessage) -> RawMessage:
    # As seen from Koha: the PIN in this message is not looked at.
    card, barcode = request.first("AA") or "", request.first("AB") or ""
    result = desk.library.checkout(card, barcode, desk.branch)
    text = _LOAN_TEXTS.get(result.reason)
    said = [("AF", text)] if text is not None else []
    valid = "Y" if desk.library.patron(card) is not None else "N"
    end = [("CK", "001")] if result.ok else [("BL", valid)]
    fields = [("AO", desk.branch), *_loan_fields(desk, result, card), *said, *end]
    return build("12", _loan_header(desk, result), fields)


def _loan_fields(desk: Desk, result: LoanAnswer, card: str) -> Pairs:
    patron = desk.library.patron(card)
    return [
        ("AA", patron.card if patron is not None else card),
        ("AB", result.barcode),
        ("AJ", _escaped(result.title or "")),
        ("AH", _due(result.due)),
    ]


def _loan_header(desk: Desk, result: LoanAnswer) -> dict[str, str]:
    return {
        "ok": "1" if result.ok else "0",
        "renewal_ok": "Y" if result.reason is LoanReason.RENEWED else "N",
        "magnetic_media": "N" if result.ok else "U",
        "desensitize": "Y" if result.ok else "N",
        "transaction_date": desk.stamp,
    }


def _renew(desk: Desk, request: RawMessage) -> RawMessage:
    card, barcode = request.first("AA") or "", request.first("AB") or ""
    result = desk.library.renew(card, barcode)
    text = {
        LoanReason.RESERVED_BY_OTHER: "Item unavailable due to outstanding holds",
        LoanReason.LIMIT: "Item has reached maximum renewals",
        LoanReason.PATRON_BLOCKED: "Renewals not allowed.",
        LoanReason.UNKNOWN_PATRON: "Invalid patron barcode.",
    }.get(result.reason, "Item not checked out to you")
    said = [("CK", "001")] if result.ok else [("AF", text)]
    return build("30", _loan_header(desk, result), [*_loan_fields(desk, result, card), ("AO", desk.branch), *said])


def _checkin(desk: Desk, request: RawMessage) -> RawMessage:
    branch = request.first("AP") or desk.branch
    result = desk.library.checkin(request.first("AB") or "", branch)
    where = _destination_fields(result, branch)
    fixed = {
        "ok": "1" if result.ok else "0",
        "resensitize": "N" if result.reason is ReturnReason.UNKNOWN_ITEM else "Y",
        "magnetic_media": "U" if result.reason is ReturnReason.UNKNOWN_ITEM else "N",
        "alert": "Y" if where or not result.ok else "N",
        "transaction_date": desk.stamp,
    }
    title = [("AJ", _escaped(result.title)), ("CK", "001")] if result.title is not None else []
    text = {ReturnReason.UNKNOWN_ITEM: "Invalid Item", ReturnReason.NOT_ON_LOAN: "Item not checked out"}
    said = [("AF", text[result.reason])] if result.reason in text else []
    fields = [("AO", desk.branch), ("AB", result.barcode), ("AQ", _owner(desk, result)), *title, *where, *said]
    return build("10", fixed, fields)


def _owner(desk: Desk, result: ReturnAnswer) -> str:
    item = desk.library.item(result.barcode)
    return item.owner if item is not None else ""


def _destination_fields(result: ReturnAnswer, branch: str) -> Pairs:
    if result.reason is ReturnReason.UNKNOWN_ITEM:
        return [("CV", "99")]
    goal = result.destination
    if goal is None or goal.kind is DestinationKind.SHELF:
        return []
    if goal.kind is DestinationKind.HOLD_HERE:
        return [("CT", branch), ("CV", "01")]
    return [("CT", goal.branch or ""), ("CV", "04")]


def _end_session(desk: Desk, request: RawMessage) -> RawMessage:
    fixed = {"end_session": "Y", "transaction_date": desk.stamp}
    return build("36", fixed, [("AO", desk.branch), ("AA", request.first("AA") or "")])


_ANSWERS: Mapping[str, Callable[[Desk, RawMessage], RawMessage]] = {
    "09": _checkin,
    "11": _checkout,
    "17": _item_information,
    "23": _patron_status,
    "29": _renew,
    "35": _end_session,
    "63": _patron_information,
    "99": _acs_status,
}


def login_answer(accepted: bool) -> RawMessage:
    """94."""
    return build("94", {"ok": "1" if accepted else "0"})


def about_someone_else(library: Library, message: RawMessage) -> RawMessage:
    """The answer with another patron's card number in it; for the fault of the same name."""
    other = library.another_patron(message.first("AA") or "")
    card = other.card if other is not None else re.sub(r".$", "0", message.first("AA") or "0")
    fields = tuple((name, card if name == "AA" else value) for name, value in message.fields)
    return RawMessage(message.code, message.fixed, fields)
