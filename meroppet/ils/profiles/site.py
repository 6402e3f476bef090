"""What may differ between library systems, as plain values; what each known system says is in the TOML files beside."""

from dataclasses import dataclass, field
from enum import StrEnum

from meroppet.ils.ports import LoanReason
from meroppet.sip2.session import WireFormat


class CardEcho(StrEnum):
    """How the card number in an answer must compare with the one asked for."""

    EXACT = "exact"
    CASEFOLD = "casefold"


class PinMessage(StrEnum):
    """Which message carries a PIN to this register."""

    PATRON_INFORMATION = "63"
    PATRON_STATUS = "23"


@dataclass(frozen=True, slots=True)
class FieldMap:
    """In which field of 64 a fact about the patron stands; None where the register does not say.

    A field's meaning is a site's own and never global: PA alone has four meanings among vendors.
    """

    birth_date: str | None = None
    category: str | None = None
    expires: str | None = None
    home: str | None = None
    may_enter: str | None = None
    may_enter_if: tuple[str, ...] = ("1", "Y")
    """The values of `may_enter` that let in; every other one, and a missing field, keeps out."""
    date_formats: tuple[str, ...] = ("%Y%m%d", "%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class BlockReading:
    """How blocks are read from the 14 status characters (counted from 0) and the screen message.

    `may_not_enter` flags mean an administrative block unless `explained_by` flags or `expired_text` tell why they are
    set; a screen message of which something is left when `harmless_text` is taken out is such a block too. Where
    nothing tells a restriction from a debt, nothing may explain a flag: in doubt the patron is blocked.
    """

    lost: frozenset[int] = frozenset({4})
    may_not_enter: frozenset[int] = frozenset({0})
    may_not_borrow: frozenset[int] = frozenset({0, 5, 6, 7, 8, 9, 10, 11, 12, 13})
    explained_by: frozenset[int] = frozenset()
    expired_text: str | None = None
    harmless_text: str | None = None


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """Everything about one register that is not its address. The defaults are SIP2 2.00 to the letter.

    One thing no profile can say: an absent or empty CQ means that the PIN is not verified, everywhere.
    """

    name: str
    wire: WireFormat = field(default_factory=WireFormat)
    fields: FieldMap = field(default_factory=FieldMap)
    blocks: BlockReading = field(default_factory=BlockReading)
    card_echo: CardEcho = CardEcho.EXACT
    pin_message: PinMessage = PinMessage.PATRON_INFORMATION
    loan_refusals: tuple[tuple[str, LoanReason], ...] = ()
    """Pattern of a refusal's screen message and what it means, first match wins; none is `refused`."""
    renews_by_checkout: bool = False
    sends_pin_with_loans: bool = False
    blank_nb_due: bool = False
    blank_return_date: bool = False
    location_at_login: bool = True
    """The account's location goes out as CP in 93."""
    institution_from_status: bool = False
    """AO of every request is the AO that 98 told, not the account's own."""
    location_from_status: bool = False
    """AP of a return is the AN that 98 told, not the account's own."""
    absent_fee_is_none: bool = False
    hold_count_means_ready: bool = False
    escaped_delimiter: str | None = None
    currency: str = "SEK"
    """What amounts are in (ISO 4217) where an answer has no BH."""
    wrong_pins_until_locked: int = 3
    pool_size: int = 1
    """Most connections one account holds at a time."""
    idle_seconds: float = 25.0
    """Connections are given up after this much silence, inside the register's own limit."""
