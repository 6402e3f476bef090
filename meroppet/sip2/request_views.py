"""What a request asks, by name: the register's half of the typed views. None of them ever raises."""

from collections.abc import Mapping

from meroppet.sip2.fields import read_count
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.view_fields import (
    Reading,
    View,
    fixed_flag,
    fixed_moment,
    fixed_number,
    fixed_text,
    fixed_word,
    flag,
    money,
    text,
    value,
)
from meroppet.sip2.views import ResendView

_SUMMARY = ("hold", "overdue", "charged", "fine", "recall", "unavailable")


class BlockPatronRequest(View):
    """01."""

    __slots__ = ()
    card_was_retained = fixed_flag("card_retained")
    at = fixed_moment("transaction_date")
    institution = text("AO")
    card = value("AA")
    message = text("AL")
    terminal_password = value("AC")


class CheckinRequest(View):
    """09."""

    __slots__ = ()
    no_block = fixed_flag("no_block")
    at = fixed_moment("transaction_date")
    returned_at = fixed_moment("return_date")
    institution = text("AO")
    location = text("AP")
    barcode = value("AB")
    properties = text("CH")
    is_cancellation = flag("BI")
    terminal_password = value("AC")


class CheckoutRequest(View):
    """11."""

    __slots__ = ()
    may_renew = fixed_flag("renewal_policy")
    no_block = fixed_flag("no_block")
    at = fixed_moment("transaction_date")
    nb_due = fixed_moment("nb_due_date")
    institution = text("AO")
    card = value("AA")
    barcode = value("AB")
    pin = value("AD")
    properties = text("CH")
    accepts_fee = flag("BO")
    is_cancellation = flag("BI")
    terminal_password = value("AC")


class HoldRequest(View):
    """15. Mode: `+` add, `-` cancel, `*` change."""

    __slots__ = ()
    mode = fixed_text("hold_mode")
    at = fixed_moment("transaction_date")
    expires = value("BW")
    pickup = text("BS")
    kind = text("BY")
    institution = text("AO")
    card = value("AA")
    barcode = text("AB")
    title = text("AJ")
    pin = value("AD")
    accepts_fee = flag("BO")
    terminal_password = value("AC")


class ItemInformationRequest(View):
    """17."""

    __slots__ = ()
    at = fixed_moment("transaction_date")
    institution = text("AO")
    barcode = value("AB")
    terminal_password = value("AC")


class ItemStatusUpdateRequest(View):
    """19."""

    __slots__ = ()
    at = fixed_moment("transaction_date")
    institution = text("AO")
    barcode = value("AB")
    properties = text("CH")
    terminal_password = value("AC")


def _asked_lists(raw: RawMessage) -> tuple[str, ...]:
    marks = raw.fixed_field("summary")
    return tuple(name for name, mark in zip(_SUMMARY, marks, strict=False) if mark == "Y")


def _span(raw: RawMessage) -> tuple[int, int | None]:
    return read_count(raw.first("BP") or "") or 1, read_count(raw.first("BQ") or "")


class PatronRequest(View):
    """23, 25, 35, 63 and 65: what is asked about one patron."""

    __slots__ = ()
    language = fixed_word("language")
    at = fixed_moment("transaction_date")
    institution = text("AO")
    card = value("AA")
    pin = value("AD")
    """None where none was sent, "" where an empty one was: registers treat the two differently."""
    accepts_fee = flag("BO")
    terminal_password = value("AC")
    asked_lists = Reading(_asked_lists)
    """Of 63: hold, overdue, charged, fine, recall, unavailable; the norm allows one."""
    span = Reading(_span)
    """Of 63: the first and the last item of the list, counted from 1; no last one means all."""


class RenewRequest(View):
    """29."""

    __slots__ = ()
    third_party_allowed = fixed_flag("third_party_allowed")
    no_block = fixed_flag("no_block")
    at = fixed_moment("transaction_date")
    nb_due = fixed_moment("nb_due_date")
    institution = text("AO")
    card = value("AA")
    barcode = text("AB")
    title = text("AJ")
    pin = value("AD")
    properties = text("CH")
    accepts_fee = flag("BO")
    terminal_password = value("AC")


class PaymentRequest(View):
    """37."""

    __slots__ = ()
    at = fixed_moment("transaction_date")
    kind = fixed_text("fee_type")
    means = fixed_text("payment_type")
    currency = fixed_text("currency_type")
    amount_minor = money("BV")
    institution = text("AO")
    card = value("AA")
    pin = value("AD")
    fee = text("CG")
    transaction = text("BK")
    terminal_password = value("AC")


class LoginRequest(View):
    """93. Algorithm 0: not encrypted."""

    __slots__ = ()
    user_algorithm = fixed_text("uid_algorithm")
    password_algorithm = fixed_text("pwd_algorithm")
    user = value("CN")
    password = value("CO")
    location = text("CP")


class TerminalStatus(View):
    """99. Status: 0 all well, 1 out of paper, 2 about to shut down."""

    __slots__ = ()
    status = fixed_text("status_code")
    print_width = fixed_number("max_print_width")
    version = fixed_word("protocol_version")


REQUEST_VIEWS: Mapping[str, type[View]] = {
    "01": BlockPatronRequest,
    "09": CheckinRequest,
    "11": CheckoutRequest,
    "15": HoldRequest,
    "17": ItemInformationRequest,
    "19": ItemStatusUpdateRequest,
    "23": PatronRequest,
    "25": PatronRequest,
    "29": RenewRequest,
    "35": PatronRequest,
    "37": PaymentRequest,
    "63": PatronRequest,
    "65": PatronRequest,
    "93": LoginRequest,
    "97": ResendView,
    "99": TerminalStatus,
}
"""The view of every request of the norm."""
