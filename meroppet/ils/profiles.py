"""What differs between library systems, as data: one profile a site, presets with the evidence for every line.

Evidence marks: [rec] recorded from a running Koha 19.05; [src] read in the system's source; [doc] vendor's document;
[?] unverified. A field's meaning is a site's own and never global: PA alone has four meanings among vendors.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from meroppet.ils.ports import LoanReason
from meroppet.sip2.codec import TextCoding
from meroppet.sip2.session import WireFormat


class CardEcho(StrEnum):
    """How the card number in an answer must compare with the one asked for."""

    EXACT = "exact"
    CASEFOLD = "casefold"
    REGISTER_DECIDES = "register_decides"


class PinMessage(StrEnum):
    """Which message carries a PIN to this register."""

    PATRON_INFORMATION = "63"
    PATRON_STATUS = "23"


@dataclass(frozen=True, slots=True)
class FieldMap:
    """In which field of 64 a fact about the patron stands; None where the register does not say."""

    birth_date: str | None = None
    category: str | None = None
    expires: str | None = None
    home: str | None = None
    may_enter: str | None = None
    date_formats: tuple[str, ...] = ("%Y%m%d", "%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class BlockReading:
    """How blocks are read from the 14 status characters and the screen message.

    `debarred` flags mean an administrative block unless `explained_by` flags or `expired_text` tell why they are set; a
    screen message of which something is left when `harmless_text` is taken out is such a block too. In doubt the patron
    is blocked.
    """

    lost: frozenset[int] = frozenset({4})
    debarred: frozenset[int] = frozenset({0})
    borrowing: frozenset[int] = frozenset({0, 5, 6, 7, 8, 9, 10, 11, 12, 13})
    explained_by: frozenset[int] = frozenset({5, 6, 7, 8, 9, 10, 11, 12, 13})
    expired_text: str | None = None
    harmless_text: str | None = None


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """Everything about one register that is not its address."""

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
    blank_nb_due: bool = True
    blank_return_date: bool = False
    location_from_status: bool = False
    """AP of a return is the AN that 98 told, not the account's own."""
    absent_fee_is_none: bool = False
    hold_count_means_ready: bool = False
    escaped_delimiter: str | None = None
    wrong_pins_until_locked: int = 3
    idle_seconds: float = 25.0
    """Connections are given up after this much silence, inside the register's own limit."""


_KOHA_REFUSALS = (
    # [rec] the texts of 19.05; those of 24 and later, the last line, are [src].
    (r"Invalid Item", LoanReason.UNKNOWN_ITEM),
    (r"Invalid [Pp]atron", LoanReason.UNKNOWN_PATRON),
    (r"reserved for another|on hold shelf for another|outstanding holds", LoanReason.RESERVED_BY_OTHER),
    (r"NOT_FOR_LOAN|WTHDRAWN|RESTRICTED|AGE_RESTRICTION", LoanReason.NOT_FOR_LOAN),
    (r"TOO_MANY|NO_MORE_RENEWALS|maximum renewals", LoanReason.LIMIT),
    (r"Patron Blocked|Outstanding Fines|Renewals not allowed", LoanReason.PATRON_BLOCKED),
    (r"checked out to another|Item not checked out to", LoanReason.ALREADY_ON_LOAN),
    (r"Patron (debarred|expired|has fines|blocked)", LoanReason.PATRON_BLOCKED),
)

KOHA = SiteProfile(
    name="koha",
    wire=WireFormat(TextCoding("utf-8", "latin-1")),  # [rec] account option encoding=utf8; without it latin-1
    fields=FieldMap(
        birth_date="PB",  # [rec]
        category="PC",  # [rec]
        expires="XE",  # [?] only where the account's custom_patron_field says so; else the screen message tells
        home="XB",  # [?] likewise
    ),
    blocks=BlockReading(
        # [rec] a restriction, an expired card and a debt all set YYYY: the message tells them apart.
        expired_text=r"PATRON EXPIRED|Your account has expired",
        harmless_text=(
            r"Greetings from Koha\.|PATRON EXPIRED|Your account has expired as of \S*|Your card will expire on \S*"
            r"|Patron owes [0-9.,]+|Patron blocked by fines|Patron has overdues|Invalid password"
        ),
    ),
    card_echo=CardEcho.CASEFOLD,  # [rec] asked by userid it answers with the card number: then register_decides
    loan_refusals=_KOHA_REFUSALS,
    absent_fee_is_none=True,  # [rec] BV is left out when nothing is owed
    hold_count_means_ready=True,  # [rec] counts AS, holds waiting on the shelf
    escaped_delimiter="&#124;",  # [rec]
)

KOHA_SUOMI = SiteProfile(
    name="koha-suomi",
    wire=KOHA.wire,
    fields=FieldMap(birth_date="PB", category="PC", may_enter="PA"),  # [src] PA: 1 = welcome, 0 = no access
    blocks=KOHA.blocks,
    card_echo=KOHA.card_echo,
    loan_refusals=_KOHA_REFUSALS,
    absent_fee_is_none=True,
    hold_count_means_ready=True,
    escaped_delimiter="&#124;",
)

QURIA = SiteProfile(
    name="quria",  # read from Book-IT 8.0's document; for Quria itself everything is [?]
    wire=WireFormat(TextCoding("cp850", "utf-8")),  # [?]
    fields=FieldMap(birth_date="PB", category="PC", expires="PA"),  # [?] Book-IT's extension table was not to be had
    renews_by_checkout=True,  # [doc] message 11 with Y in position 3
    blank_return_date=True,  # [doc] a date makes it an off-line transaction, without sorting
    location_from_status=True,  # [doc] AP = AN of 98
)

EVERGREEN = SiteProfile(
    name="evergreen",
    wire=WireFormat(TextCoding("ascii", "utf-8")),  # [src] default; utf-8 is sent decomposed
    fields=FieldMap(birth_date="PB", category="PC", expires="PA", home="AQ"),  # [src]
)

STANDARD = SiteProfile(name="standard", blank_nb_due=False)
"""SIP2 2.00 to the letter: all dates given, no extension fields."""

PRESETS: dict[str, SiteProfile] = {profile.name: profile for profile in (KOHA, KOHA_SUOMI, QURIA, EVERGREEN, STANDARD)}
