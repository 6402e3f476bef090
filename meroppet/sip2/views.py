"""What an answer says, by name: typed views over raw messages that never raise, whatever odd values stand in them."""

from collections.abc import Mapping

from meroppet.sip2.fields import BX_ORDER, read_count, read_flag
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
    number,
    text,
    texts,
    value,
)


def _set_positions(raw: RawMessage) -> frozenset[int]:
    status = raw.fixed_field("patron_status")
    return frozenset(position for position, mark in enumerate(status) if mark not in " N0")


class PatronView(View):
    """24, 26 and 64."""

    __slots__ = ()
    card = value("AA")
    institution = text("AO")
    name = text("AE")
    is_valid = flag("BL")
    pin_is_right = flag("CQ")
    flags = Reading(_set_positions)
    """The positions of patron status that are set; anything but a blank, N or 0 counts as set."""
    language = fixed_word("language")
    at = fixed_moment("transaction_date")
    fees_minor = money("BV")
    fee_limit_minor = money("CC")
    currency = text("BH")
    hold_limit = number("BZ")
    overdue_limit = number("CA")
    charged_limit = number("CB")
    address = text("BD")
    email = text("BE")
    phone = text("BF")
    messages = texts("AF")
    print_lines = texts("AG")
    holds = texts("AS")
    overdue = texts("AT")
    charged = texts("AU")
    fines = texts("AV")
    recalls = texts("BU")
    unavailable_holds = texts("CD")

    def count(self, name: str) -> int | None:
        """One of hold, overdue, charged, fine, recall, unavailable; of 64 only."""
        return read_count(self.raw.fixed_field(f"{name}_count"))


class ItemView(View):
    """18. Circulation status: 01 other, 03 available, 04 charged, 08 on the hold shelf, 10 in transit, 13 missing …"""

    __slots__ = ()
    barcode = value("AB")
    title = text("AJ")
    circulation_status = fixed_text("circulation_status")
    security_marker = fixed_text("security_marker")
    fee_type = fixed_text("fee_type")
    at = fixed_moment("transaction_date")
    due = value("AH")
    recalled = value("CJ")
    held_until = value("CM")
    queue = number("CF")
    owner = text("BG")
    currency = text("BH")
    fee_minor = money("BV")
    media_type = text("CK")
    home = text("AQ")
    location = text("AP")
    properties = text("CH")
    messages = texts("AF")
    print_lines = texts("AG")


def _was_renewal(raw: RawMessage) -> bool:
    return read_flag(raw.fixed_field("renewal_ok")) is True


class LoanView(View):
    """12 and 30."""

    __slots__ = ()
    ok = fixed_flag("ok")
    was_renewal = Reading(_was_renewal)
    is_magnetic = fixed_flag("magnetic_media")
    may_desensitize = fixed_flag("desensitize")
    at = fixed_moment("transaction_date")
    institution = text("AO")
    card = value("AA")
    barcode = value("AB")
    title = text("AJ")
    due = value("AH")
    fee_type = text("BT")
    fee_minor = money("BV")
    currency = text("BH")
    must_stay_secured = flag("CI")
    media_type = text("CK")
    properties = text("CH")
    transaction = text("BK")
    messages = texts("AF")
    print_lines = texts("AG")


def _is_alert(raw: RawMessage) -> bool:
    return read_flag(raw.fixed_field("alert")) is True


class ReturnView(View):
    """10. Alert type, written with one, two or three digits: 1 hold here, 2 hold elsewhere, 4 transit, 99 other."""

    __slots__ = ()
    ok = fixed_flag("ok")
    may_resensitize = fixed_flag("resensitize")
    is_magnetic = fixed_flag("magnetic_media")
    alert = Reading(_is_alert)
    at = fixed_moment("transaction_date")
    institution = text("AO")
    card = value("AA")
    barcode = value("AB")
    title = text("AJ")
    home = text("AQ")
    sort_bin = text("CL")
    media_type = text("CK")
    properties = text("CH")
    alert_type = number("CV")
    destination = text("CT")
    collection = text("CR")
    call_number = text("CS")
    hold_card = text("CY")
    hold_name = text("DA")
    messages = texts("AF")
    print_lines = texts("AG")


class HoldView(View):
    """16."""

    __slots__ = ()
    ok = fixed_flag("ok")
    is_available = fixed_flag("available")
    at = fixed_moment("transaction_date")
    institution = text("AO")
    card = value("AA")
    barcode = value("AB")
    title = text("AJ")
    expires = value("BW")
    queue = number("BR")
    pickup = text("BS")
    messages = texts("AF")
    print_lines = texts("AG")


class ItemStatusUpdateView(View):
    """20."""

    __slots__ = ()
    ok = fixed_flag("item_properties_ok")
    at = fixed_moment("transaction_date")
    barcode = value("AB")
    title = text("AJ")
    properties = text("CH")
    messages = texts("AF")
    print_lines = texts("AG")


class SessionEndView(View):
    """36."""

    __slots__ = ()
    ok = fixed_flag("end_session")
    at = fixed_moment("transaction_date")
    institution = text("AO")
    card = value("AA")
    messages = texts("AF")
    print_lines = texts("AG")


class PaymentView(View):
    """38."""

    __slots__ = ()
    ok = fixed_flag("payment_accepted")
    at = fixed_moment("transaction_date")
    institution = text("AO")
    card = value("AA")
    transaction = text("BK")
    messages = texts("AF")
    print_lines = texts("AG")


class RenewAllView(View):
    """66."""

    __slots__ = ()
    ok = fixed_flag("ok")
    renewed_count = fixed_number("renewed_count")
    unrenewed_count = fixed_number("unrenewed_count")
    at = fixed_moment("transaction_date")
    institution = text("AO")
    renewed = texts("BM")
    unrenewed = texts("BN")
    messages = texts("AF")
    print_lines = texts("AG")


class LoginView(View):
    """94."""

    __slots__ = ()
    ok = fixed_flag("ok")


class ResendView(View):
    """96 and 97: no field at all."""

    __slots__ = ()


def _supported(raw: RawMessage) -> frozenset[str]:
    marks = raw.first("BX") or ""
    return frozenset(code for code, mark in zip(BX_ORDER, marks, strict=False) if mark == "Y")


_UNKNOWN_NUMBER = 999


def _timeout(raw: RawMessage) -> float | None:
    tenths = read_count(raw.fixed_field("timeout_period"))
    return None if tenths in (None, 0, _UNKNOWN_NUMBER) else tenths / 10


def _retries(raw: RawMessage) -> int | None:
    allowed = read_count(raw.fixed_field("retries_allowed"))
    return None if allowed == _UNKNOWN_NUMBER else allowed


class AcsStatusView(View):
    """98; advisory, because registers overstate what they can."""

    __slots__ = ()
    online = fixed_flag("online")
    checkin_ok = fixed_flag("checkin_ok")
    checkout_ok = fixed_flag("checkout_ok")
    renewal_ok = fixed_flag("renewal_policy")
    status_update_ok = fixed_flag("status_update_ok")
    offline_ok = fixed_flag("offline_ok")
    timeout = Reading(_timeout)
    """Seconds after which a transaction is aborted; None where it is not said (000, 999, blank)."""
    retries = Reading(_retries)
    """How often one message may be repeated; None where it is not said (999, blank)."""
    at = fixed_moment("date_time")
    version = fixed_word("protocol_version")
    institution = text("AO")
    library = text("AM")
    terminal_location = text("AN")
    messages = Reading(_supported)
    """Codes of the requests the register says it answers (BX)."""
    screen_messages = texts("AF")
    print_lines = texts("AG")


ANSWER_VIEWS: Mapping[str, type[View]] = {
    "10": ReturnView,
    "12": LoanView,
    "16": HoldView,
    "18": ItemView,
    "20": ItemStatusUpdateView,
    "24": PatronView,
    "26": PatronView,
    "30": LoanView,
    "36": SessionEndView,
    "38": PaymentView,
    "64": PatronView,
    "66": RenewAllView,
    "94": LoginView,
    "96": ResendView,
    "98": AcsStatusView,
}
"""The view of every answer of the norm."""
