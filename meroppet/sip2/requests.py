"""What a client asks: one function a message, from plain values to a raw message; none raises, none reads a clock.

Moments are in the register's local time. An empty PIN is left out everywhere, never sent: registers count it as a wrong
one, or take it as right.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from meroppet.sip2.fields import BLANK_TIMESTAMP, ZoneStyle, minor_units, timestamp
from meroppet.sip2.messages import RawMessage, build

SWEDISH = "006"


class Summary(StrEnum):
    """Which of a patron's items 64 shall list; the norm allows one kind at a time."""

    NONE = " " * 10
    HOLDS = "Y".ljust(10)
    OVERDUE = " Y".ljust(10)
    CHARGED = "  Y".ljust(10)
    FINES = "   Y".ljust(10)
    RECALLS = "    Y".ljust(10)
    UNAVAILABLE_HOLDS = "     Y".ljust(10)


class HoldMode(StrEnum):
    """What 15 does with a hold."""

    ADD = "+"
    CANCEL = "-"
    CHANGE = "*"


@dataclass(frozen=True, slots=True)
class HoldWish:
    """A hold on an item or on a title. `kind`: 1 other, 2 any copy, 3 this copy, 4 any copy at one branch."""

    mode: HoldMode
    item: str | None = None
    title: str | None = None
    pickup: str | None = None
    expires: datetime | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that was taken. `kind` and `means` are the norm's codes: 01 other fee; 00 cash, 02 credit card."""

    amount_minor: int
    currency: str = "SEK"
    kind: str = "01"
    means: str = "00"
    fee: str | None = None
    transaction: str | None = None


def login(user: str, password: str, location: str | None = None) -> RawMessage:
    """93: unencrypted algorithms only (0), the only ones registers know."""
    place = [("CP", location)] if location is not None else []
    return build("93", {"uid_algorithm": "0", "pwd_algorithm": "0"}, [("CN", user), ("CO", password), *place])


def sc_status() -> RawMessage:
    """99: all well, 80 columns, version 2.00 (1.00 would silence most of a register)."""
    return build("99", {"status_code": "0", "max_print_width": "080", "protocol_version": "2.00"})


def resend() -> RawMessage:
    """97: send your last answer again."""
    return build("97", {})


def patron_information(
    at: datetime,
    institution: str,
    card: str,
    pin: str | None = None,
    *,
    terminal_password: str = "",
    language: str = SWEDISH,
    summary: Summary = Summary.NONE,
    span: tuple[int, int] = (1, 1),
) -> RawMessage:
    """63; `span` is the first and the last item of the kind that `summary` asks to be listed.

    Fields with values follow AD: a register that trims its lines would otherwise cut the end of a PIN such as "abc!".
    """
    rows = [("BP", str(span[0])), ("BQ", str(span[1]))]
    fields = [("AO", institution), ("AA", card), ("AC", terminal_password), *_secret(pin), *rows]
    return build("63", {"language": language, "transaction_date": timestamp(at), "summary": summary}, fields)


def patron_status(
    at: datetime, institution: str, card: str, pin: str, *, terminal_password: str = "", language: str = SWEDISH
) -> RawMessage:
    """23: the standard demands AC and AD here, so this one is for a PIN that is not empty."""
    fields = [("AO", institution), ("AA", card), ("AD", pin), ("AC", terminal_password)]
    return build("23", {"language": language, "transaction_date": timestamp(at)}, fields)


def patron_enable(
    at: datetime, institution: str, card: str, pin: str | None = None, *, terminal_password: str = ""
) -> RawMessage:
    """25: undo 01."""
    fields = [("AO", institution), ("AA", card), *_secret(pin), ("AC", terminal_password)]
    return build("25", {"transaction_date": timestamp(at)}, fields)


def block_patron(
    at: datetime,
    institution: str,
    card: str,
    message: str,
    *,
    retained: bool = False,
    terminal_password: str = "",
) -> RawMessage:
    """01: `retained` where a machine kept the card."""
    fixed = {"card_retained": "Y" if retained else "N", "transaction_date": timestamp(at)}
    return build("01", fixed, [("AO", institution), ("AL", message), ("AA", card), ("AC", terminal_password)])


def end_session(
    at: datetime, institution: str, card: str, pin: str | None = None, *, terminal_password: str = ""
) -> RawMessage:
    """35."""
    fields = [("AO", institution), ("AA", card), *_secret(pin), ("AC", terminal_password)]
    return build("35", {"transaction_date": timestamp(at)}, fields)


def item_information(at: datetime, institution: str, item: str, *, terminal_password: str = "") -> RawMessage:
    """17."""
    fields = [("AO", institution), ("AB", item), ("AC", terminal_password)]
    return build("17", {"transaction_date": timestamp(at)}, fields)


def item_status_update(
    at: datetime, institution: str, item: str, properties: str, *, terminal_password: str = ""
) -> RawMessage:
    """19."""
    fields = [("AO", institution), ("AB", item), ("AC", terminal_password), ("CH", properties)]
    return build("19", {"transaction_date": timestamp(at)}, fields)


def checkout(
    at: datetime,
    institution: str,
    card: str,
    item: str,
    *,
    pin: str | None = None,
    may_renew: bool = False,
    blank_nb_due: bool = True,
    terminal_password: str = "",
) -> RawMessage:
    """11, never "no block": a newer Koha forces the loan through every block when that is Y."""
    fixed = {
        "renewal_policy": "Y" if may_renew else "N",
        "no_block": "N",
        "transaction_date": timestamp(at),
        "nb_due_date": BLANK_TIMESTAMP if blank_nb_due else timestamp(at),
    }
    who = [("AO", institution), ("AA", card), ("AB", item), ("AC", terminal_password)]
    return build("11", fixed, [*who, *_secret(pin), ("BO", "N"), ("BI", "N")])


def checkin(
    at: datetime,
    institution: str,
    item: str,
    *,
    location: str = "",
    blank_return_date: bool = False,
    terminal_password: str = "",
) -> RawMessage:
    """09. A return date makes some registers take it for a transaction made off line: those want it blank."""
    fixed = {
        "no_block": "N",
        "transaction_date": timestamp(at),
        "return_date": BLANK_TIMESTAMP if blank_return_date else timestamp(at),
    }
    fields = [("AP", location), ("AO", institution), ("AB", item), ("AC", terminal_password), ("BI", "N")]
    return build("09", fixed, fields)


def renew(
    at: datetime,
    institution: str,
    card: str,
    item: str,
    *,
    pin: str | None = None,
    blank_nb_due: bool = True,
    terminal_password: str = "",
) -> RawMessage:
    """29."""
    fixed = {
        "third_party_allowed": "N",
        "no_block": "N",
        "transaction_date": timestamp(at),
        "nb_due_date": BLANK_TIMESTAMP if blank_nb_due else timestamp(at),
    }
    fields = [("AO", institution), ("AA", card), *_secret(pin), ("AB", item), ("AC", terminal_password), ("BO", "N")]
    return build("29", fixed, fields)


def renew_all(
    at: datetime, institution: str, card: str, pin: str | None = None, *, terminal_password: str = ""
) -> RawMessage:
    """65."""
    fields = [("AO", institution), ("AA", card), *_secret(pin), ("AC", terminal_password), ("BO", "N")]
    return build("65", {"transaction_date": timestamp(at)}, fields)


def hold(
    at: datetime,
    institution: str,
    card: str,
    wish: HoldWish,
    *,
    pin: str | None = None,
    terminal_password: str = "",
) -> RawMessage:
    """15."""
    expires = timestamp(wish.expires) if wish.expires is not None else None
    wished = [("BW", expires), ("BS", wish.pickup), ("BY", wish.kind)]
    what = [("AB", wish.item), ("AJ", wish.title)]
    fields = [*_given(wished), ("AO", institution), ("AA", card), *_secret(pin), *_given(what)]
    fixed = {"hold_mode": wish.mode, "transaction_date": timestamp(at)}
    return build("15", fixed, [*fields, ("AC", terminal_password), ("BO", "N")])


def fee_paid(
    at: datetime,
    institution: str,
    card: str,
    payment: Payment,
    *,
    pin: str | None = None,
    terminal_password: str = "",
) -> RawMessage:
    """37."""
    fixed = {
        "transaction_date": timestamp(at),
        "fee_type": payment.kind,
        "payment_type": payment.means,
        "currency_type": payment.currency,
    }
    who = [("BV", minor_units(payment.amount_minor)), ("AO", institution), ("AA", card), ("AC", terminal_password)]
    return build("37", fixed, [*who, *_secret(pin), *_given([("CG", payment.fee), ("BK", payment.transaction)])])


def as_cancellation(request: RawMessage) -> RawMessage:
    """The same 09 or 11 with BI=Y: undo it, because the item could not be made ready to leave or to stay."""
    fields = [(identifier, value) for identifier, value in request.fields if identifier != "BI"]
    return replace(request, fields=(*fields, ("BI", "Y")))


_MOMENTS = frozenset({"AH", "BW", "CJ", "CM"})


def in_zone_style(message: RawMessage, style: ZoneStyle) -> RawMessage:
    """The same message with another `ZZZZ` in its timestamps; blank ones stay blank, and no clock time is changed."""
    fixed = "".join(
        _styled(message.fixed_field(name), style) if width == len(BLANK_TIMESTAMP) else message.fixed_field(name)
        for name, width in message.spec.fixed
    )
    fields = tuple(
        (identifier, _styled(value, style) if identifier in _MOMENTS else value) for identifier, value in message.fields
    )
    return replace(message, fixed=fixed, fields=fields)


def _styled(moment: str, style: ZoneStyle) -> str:
    if len(moment) != len(BLANK_TIMESTAMP) or not moment.strip():
        return moment
    return f"{moment[:8]}{style}{moment[12:]}"


def _secret(pin: str | None) -> list[tuple[str, str]]:
    return [("AD", pin)] if pin else []


def _given(fields: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
    return [(identifier, value) for identifier, value in fields if value is not None]
