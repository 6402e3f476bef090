"""What the demo register answers to each SIP2 request, in some library system's dialect; only the library changes."""

from collections.abc import Callable, Mapping

from meroppet.ils import acs_loans, acs_patrons
from meroppet.ils.acs_desk import Desk, NoAnswer, Outcome
from meroppet.ils.acs_dialects import DIALECTS, Dialect, Odd
from meroppet.ils.library import Library
from meroppet.sip2.fields import BX_ORDER
from meroppet.sip2.messages import RawMessage, build

__all__ = [
    "DIALECTS",
    "Desk",
    "Dialect",
    "NoAnswer",
    "about_another_item",
    "about_someone_else",
    "answer",
    "login_answer",
]


def answer(desk: Desk, request: RawMessage) -> Outcome | Odd:
    """The answer to a request, or what is done about a message that this dialect does not have."""
    make = _ANSWERS.get(request.code)
    if make is None or request.code not in desk.dialect.messages:
        return desk.dialect.odd
    if not acs_loans.reads_dates(desk, request):
        return NoAnswer.UNREADABLE
    return make(desk, request)


def _acs_status(desk: Desk, _request: RawMessage) -> Outcome:
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
    has = desk.dialect.messages
    names = [("AM", desk.text(desk.library.name)), ("AN", desk.location)] if desk.dialect.has_library_name else []
    marks = "".join("Y" if code in has and not (desk.dialect.is_koha and code == "19") else "N" for code in BX_ORDER)
    return build("98", fixed, [desk.institution, *names, ("BX", marks)])


_ANSWERS: Mapping[str, Callable[[Desk, RawMessage], Outcome]] = {
    "01": acs_patrons.block_patron,
    "09": acs_loans.checkin,
    "11": acs_loans.checkout,
    "15": acs_loans.hold,
    "17": acs_loans.item_information,
    "19": acs_loans.item_status_update,
    "23": acs_patrons.patron_status,
    "25": acs_patrons.enable_patron,
    "29": acs_loans.renew,
    "35": acs_patrons.end_session,
    "37": acs_patrons.fee_paid,
    "63": acs_patrons.patron_information,
    "65": acs_loans.renew_all,
    "99": _acs_status,
}


def login_answer(accepted: bool) -> RawMessage:
    """94."""
    return build("94", {"ok": "1" if accepted else "0"})


def about_someone_else(library: Library, message: RawMessage) -> RawMessage:
    """The answer with another patron's card number in it; for the fault of the same name."""
    other = library.another_patron(message.first("AA") or "")
    return _with(message, "AA", other.card if other is not None else "0")


def about_another_item(library: Library, message: RawMessage) -> RawMessage:
    """The answer with another item's barcode in it; for the fault of the same name."""
    other = library.another_item(message.first("AB") or "")
    return _with(message, "AB", other.barcode if other is not None else "0")


def _with(message: RawMessage, identifier: str, text: str) -> RawMessage:
    fields = tuple((name, text if name == identifier else value) for name, value in message.fields)
    return RawMessage(message.code, message.fixed, fields)
