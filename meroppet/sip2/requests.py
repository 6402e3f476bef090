"""What a client asks: one function a message, from plain values to a raw message; none raises, none reads a clock."""

from datetime import datetime

from meroppet.sip2.fields import BLANK_TIMESTAMP, timestamp
from meroppet.sip2.messages import RawMessage, build

SWEDISH = "006"


def login(user: str, password: str, location: str | None = None) -> RawMessage:
    """93: unencrypted algorithms only (0), the only ones registers know."""
    place = [("CP", location)] if location is not None else []
    return build("93", {"uid_algorithm": "0", "pwd_algorithm": "0"}, [("CN", user), ("CO", password), *place])


def sc_status() -> RawMessage:
    """99: all well, 80 columns, version 2.00 (1.00 would silence most of a register)."""
    return build("99", {"status_code": "0", "max_print_width": "080", "protocol_version": "2.00"})


def patron_information(
    at: datetime,
    institution: str,
    card: str,
    pin: str | None = None,
    *,
    terminal_password: str = "",
    language: str = SWEDISH,
) -> RawMessage:
    """63 without summary. An empty PIN is left out, never sent: registers count it, or take it as right.

    Fields with values follow AD: a register that trims its lines would otherwise cut the end of a PIN such as "abc!".
    """
    secret = [("AD", pin)] if pin else []
    fields = [("AO", institution), ("AA", card), ("AC", terminal_password), *secret, ("BP", "1"), ("BQ", "1")]
    return build("63", {"language": language, "transaction_date": timestamp(at)}, fields)


def patron_status(
    at: datetime, institution: str, card: str, pin: str, *, terminal_password: str = "", language: str = SWEDISH
) -> RawMessage:
    """23: the standard demands AC and AD here, so this one is for a PIN that is not empty."""
    fields = [("AO", institution), ("AA", card), ("AD", pin), ("AC", terminal_password)]
    return build("23", {"language": language, "transaction_date": timestamp(at)}, fields)


def item_information(at: datetime, institution: str, item: str, *, terminal_password: str = "") -> RawMessage:
    """17."""
    fields = [("AO", institution), ("AB", item), ("AC", terminal_password)]
    return build("17", {"transaction_date": timestamp(at)}, fields)


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
    secret = [("AD", pin)] if pin else []
    who = [("AO", institution), ("AA", card), ("AB", item), ("AC", terminal_password)]
    fields = [*who, *secret, ("BO", "N"), ("BI", "N")]
    return build("11", fixed, fields)


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
    secret = [("AD", pin)] if pin else []
    fields = [("AO", institution), ("AA", card), *secret, ("AB", item), ("AC", terminal_password), ("BO", "N")]
    return build("29", fixed, fields)
