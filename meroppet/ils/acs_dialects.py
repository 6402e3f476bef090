"""How library systems differ as registers: one dialect each, plain values that the demo register acts by.

Where a line comes from is told beside it: [rec] recorded from a running system, [src] read in its source, [doc] its
vendor's document, [user] told by its users; [?] is our guess, there because a register must do something.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from meroppet.ils.acs_codings import DecomposedCoding
from meroppet.ils.ports import LoanReason
from meroppet.sip2.acs_session import AcsForm, Repeat
from meroppet.sip2.coding import TextCoding
from meroppet.sip2.fields import ZoneStyle


class Pin(StrEnum):
    """What CQ says when a PIN is missing or empty."""

    SILENT = "silent"
    """No CQ."""
    WRONG = "wrong"
    COUNTED = "counted"
    """Wrong, and one more wrong PIN in a row."""
    RIGHT = "right"


class Odd(StrEnum):
    """What is done with a message that the register does not have."""

    ASK_AGAIN = "ask_again"
    CLOSE = "close"
    IGNORE = "ignore"


class Fact(StrEnum):
    """What a field of the system's own carries about a patron."""

    BIRTH_DATE = "birth_date"
    CATEGORY = "category"
    EXPIRES = "expires"
    IS_EXPIRED = "is_expired"
    HOME = "home"
    MAY_ENTER = "may_enter"
    MAY_SURF = "may_surf"
    FEES = "fees"
    NUMBER = "number"
    """The patron's number inside the system."""
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Own:
    """One field beyond the standard. `form` is a date's format, or the value itself of a fixed one."""

    identifier: str
    fact: Fact
    form: str = "%Y%m%d"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRules:
    """CQ for a PIN that is missing or empty, in 63 and in 23."""

    missing_63: Pin = Pin.SILENT
    empty_63: Pin = Pin.COUNTED
    missing_23: Pin = Pin.WRONG
    empty_23: Pin = Pin.WRONG
    unknown_card: str | None = None
    """CQ for a card that nobody has; None where there is none."""
    empty_is_right_without_pin: bool = False
    """Whether an empty PIN is right for a patron who has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The first of the 14 characters of patron status for each state; several states are laid over each other."""

    clean: str = ""
    stopped: str = "YYYY"
    """Expired, debarred or blocked."""
    lost: str = "YYYYY"
    owes: str = "YYYY      YY"
    overdue: str = ""
    wrong_pin: str = ""
    locked: str = ""
    unknown: str = "YYYY"


class Speech(StrEnum):
    """Whose screen messages (AF) are said."""

    KOHA = "koha"
    KOHA_24 = "koha-24"
    KOHA_SUOMI = "koha-suomi"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Screen messages of a system that does not compose them; no text, no field."""

    fine: str = ""
    stopped: str = ""
    wrong_pin: str = ""
    unknown: str = "Unknown borrower"
    is_printed: bool = False
    """Whether all is said in AG too."""


_PLAIN_LOANS = {
    LoanReason.NOT_FOR_LOAN: "Item is not for loan",
    LoanReason.RESERVED_BY_OTHER: "Item is reserved for another patron",
    LoanReason.PATRON_BLOCKED: "Patron is blocked",
    LoanReason.UNKNOWN_ITEM: "Item not found",
    LoanReason.UNKNOWN_PATRON: "Patron not found",
    LoanReason.ALREADY_ON_LOAN: "Item is on loan to another patron",
    LoanReason.LIMIT: "Limit reached",
}
_KOHA_LOANS = {
    LoanReason.RENEWED: "Item already checked out to you: renewing item.",
    LoanReason.NOT_FOR_LOAN: "Issue failed : NOT_FOR_LOAN",
    LoanReason.RESERVED_BY_OTHER: "Item is on hold shelf for another patron.",
    LoanReason.PATRON_BLOCKED: "Patron Blocked",
    LoanReason.UNKNOWN_ITEM: "Invalid Item",
    LoanReason.UNKNOWN_PATRON: "Invalid Patron",
    LoanReason.ALREADY_ON_LOAN: "Item checked out to another patron",
    LoanReason.LIMIT: "Item cannot be issued: TOO_MANY",
}
EVERYTHING = frozenset({"01", "09", "11", "15", "17", "19", "23", "25", "29", "35", "37", "63", "65", "93", "97", "99"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one library system speaks. The defaults are SIP2 2.00 to the letter."""

    name: str
    about: str
    form: AcsForm = field(default_factory=AcsForm)
    escaped_delimiter: str = ""
    """What is written for a delimiter inside a value."""
    is_split: bool = False
    """Whether an answer comes in several packets."""
    zone: ZoneStyle = ZoneStyle.BLANK
    unreadable_zone: ZoneStyle | None = None
    """A zone that makes a request unreadable to this system."""
    refuses_blank_dates: bool = False
    language: str | None = None
    """The language of every answer; None says the request's again."""
    blank_counts_for_unknown: bool = False
    messages: frozenset[str] = EVERYTHING
    odd: Odd = Odd.ASK_AGAIN
    idle_seconds: float = 600.0
    institution_suffix: str = ""
    """What stands after the institution's code in AO of an answer."""
    institution_must_match: bool = False
    location_suffix: str = ""
    """What stands after the branch's code in AN; with one, AP of a return must be the whole AN."""
    dated_returns_are_offline: bool = False
    pins: PinRules = field(default_factory=PinRules)
    marks: Marks = field(default_factory=Marks)
    own: tuple[Own, ...] = ()
    speech: Speech = Speech.PLAIN
    screen: Screen = field(default_factory=Screen)
    loan_texts: Mapping[LoanReason, str] = field(default_factory=lambda: _PLAIN_LOANS)
    limits: bool = False
    """Whether BZ, CA and CB are given."""
    always_tells_fees: bool = False
    due_format: str = "%Y%m%d    235900"
    hides_missing_items: bool = False
    """Whether lost and travelling items are called available."""
    has_library_name: bool = True
    is_koha: bool = False
    """Koha's ways: AO late, handlers that die, payments of any size, nothing undone, blocked or enabled."""
    handlers_die: bool = False
    takes_cancelled_holds: bool = True
    no_block_forces: bool = False
    renews: bool = True
    """Whether 29 works; where it does not, 11 renews."""


_KOHA_OWN = (
    Own("PB", Fact.BIRTH_DATE),
    Own("PC", Fact.CATEGORY),
    Own("PI", Fact.MAY_SURF),
    # [doc] A site adds fields as it likes (custom_patron_field, patron_attribute); this one has added these two.
    Own("XE", Fact.EXPIRES),
    Own("XB", Fact.HOME),
)
_KOHA_FORM = AcsForm(
    # [rec] encoding=utf8 and terminator=CR in the account; without them latin-1 and CR LF.
    coding=TextCoding("utf-8", "latin-1", transliterates=False),
    trims=True,  # [rec]
    lf_ends_line=False,  # [rec]
    repeats=Repeat.GARBLED,  # [rec]
)

KOHA = Dialect(
    name="koha",
    about="Koha 19.05, as recorded",
    form=_KOHA_FORM,
    escaped_delimiter="&#124;",  # [rec]
    idle_seconds=600.0,  # [rec] of the sample configuration
    pins=PinRules(empty_is_right_without_pin=True),  # [rec]
    own=_KOHA_OWN,
    speech=Speech.KOHA,
    loan_texts=_KOHA_LOANS,
    hides_missing_items=True,  # [rec]
    has_library_name=False,  # [rec]
    is_koha=True,
    handlers_die=True,  # [rec]
    takes_cancelled_holds=False,  # [rec]
)

KOHA_24 = replace(
    KOHA,
    name="koha-24",
    about="Koha 24 and later, read in its source",
    marks=Marks(overdue="      Y"),  # [src]
    speech=Speech.KOHA_24,  # [src]
    handlers_die=False,  # [src] the return of another branch's item; the rest [?]
    takes_cancelled_holds=True,  # [?]
    no_block_forces=True,  # [src]
)

KOHA_SUOMI = replace(
    KOHA_24,
    name="koha-suomi",
    about="the Finnish fork of Koha, read in its source: PA tells who may enter",
    marks=Marks(overdue="      Y", locked="YYYY"),  # [src]
    own=(Own("PB", Fact.BIRTH_DATE), Own("PC", Fact.CATEGORY), Own("PA", Fact.MAY_ENTER), Own("PI", Fact.MAY_SURF)),
    speech=Speech.KOHA_SUOMI,  # [src]
)

QURIA = Dialect(
    name="quria",
    about="Axiell Quria, after Book-IT 8.0's document; its fields and encoding are a guess",
    form=AcsForm(coding=TextCoding("cp850", "utf-8"), repeats=Repeat.SAME),  # [?]
    messages=EVERYTHING - {"15", "19", "25"},  # [doc] 16, 20 and 26 are not supported
    institution_must_match=True,  # [doc]
    location_suffix="-1",  # [doc] AP is the AN of 98
    dated_returns_are_offline=True,  # [doc]
    renews=False,  # [doc] message 11 with Y in position 3
    own=(Own("PB", Fact.BIRTH_DATE), Own("PC", Fact.CATEGORY), Own("PA", Fact.EXPIRES)),  # [?]
    pins=PinRules(empty_63=Pin.WRONG, unknown_card="N"),  # [?]
)

EVERGREEN = Dialect(
    name="evergreen",
    about="Evergreen, run and recorded",
    # [src] The default; without their accents, and decomposed in UTF-8, are letters sent [rec].
    form=AcsForm(coding=DecomposedCoding("ascii", "utf-8"), repeats=Repeat.ZERO),
    odd=Odd.CLOSE,  # [rec]
    language="000",  # [rec]
    pins=PinRules(empty_63=Pin.WRONG),  # [src]
    marks=Marks(clean="  Y", lost="    Y", owes="YYYY      Y"),  # [rec], of debts [?]
    own=(
        Own("PA", Fact.EXPIRES),  # [rec]
        Own("PB", Fact.BIRTH_DATE),
        Own("PC", Fact.CATEGORY),
        Own("PI", Fact.FIXED, "Filtered"),
        Own("XI", Fact.NUMBER),
        Own("AQ", Fact.HOME),
    ),
    screen=Screen(stopped="blocked", unknown=""),  # [rec]
)

SIERRA = Dialect(
    name="sierra",
    about="Innovative Sierra, from answers of real ones",
    form=AcsForm(coding=TextCoding("cp850", "utf-8"), repeats=Repeat.SAME),  # [rec] UTF-8 at others; repeats [?]
    zone=ZoneStyle.ZEROS,  # [rec]
    language="000",  # [rec]
    blank_counts_for_unknown=True,  # [rec]
    institution_suffix=" ",  # [rec]
    pins=PinRules(empty_63=Pin.WRONG),  # [?]
    marks=Marks(owes="", wrong_pin="Y  YYYYYYYYYYY", unknown="Y"),  # [rec]; the rest [?]
    screen=Screen(
        stopped="There are unresolved issues with your account.  Please see a staff member for assistance.",
        wrong_pin="Invalid PIN entered.  Please try again or see a staff member for assistance.",
        unknown="Your library card number cannot be located.",
    ),  # [rec]
    limits=True,
    always_tells_fees=True,
)

POLARIS = Dialect(
    name="polaris",
    about="Innovative Polaris, from answers of real ones and its document",
    form=AcsForm(repeats=Repeat.SAME),  # [user] UTF-8, checksum over bytes; repeats [?]
    language="001",  # [rec]
    pins=PinRules(empty_63=Pin.WRONG, unknown_card="N"),  # [rec]
    marks=Marks(owes="YYYY      Y", wrong_pin="YYYY"),  # [rec]; of lost cards [?]
    own=(
        Own("BC", Fact.BIRTH_DATE, "%Y%m%d    000000"),  # [rec]
        Own("PA", Fact.CATEGORY),
        Own("PE", Fact.FIXED, "VSTMNL"),  # [rec] where the patron lives, which is no branch
        Own("PS", Fact.FIXED, ""),
        *(Own(f"U{number}", Fact.FIXED, "") for number in range(1, 6)),
        Own("PZ", Fact.FIXED, "72212"),
        Own("PX", Fact.EXPIRES, "%Y%m%d    235959"),
        Own("PY", Fact.IS_EXPIRED),
        Own("FA", Fact.FEES),
        Own("PC", Fact.NUMBER),  # [user]
        Own("PB", Fact.FIXED, "21181091247604"),  # [user] the former barcode, which looks like no date
    ),
    screen=Screen(
        fine="Patron status is ok.",
        stopped="Patron has blocks.",
        wrong_pin="Invalid patron password. Passwords do not match.",
        unknown="Patron does not exist.",
        is_printed=True,
    ),
    limits=True,
    always_tells_fees=True,
)

FOLIO = Dialect(
    name="folio",
    about="FOLIO's edge-sip2, read in its source",
    # [src] IBM850; [doc] no error detection unless the tenant has switched it on
    form=AcsForm(coding=TextCoding("cp850", "utf-8"), error_detection=False, repeats=Repeat.SAME),
    unreadable_zone=ZoneStyle.ZEROS,  # [src]
    messages=EVERYTHING - {"01", "25"},  # [src]
    pins=PinRules(empty_63=Pin.WRONG, unknown_card="N"),  # [?]
    own=(Own("FU", Fact.CATEGORY), Own("FV", Fact.CATEGORY)),  # [doc] type and text of the borrower
)

SPYDUS = Dialect(
    name="spydus",
    about="Civica Spydus: a missing PIN is answered as correct",
    form=AcsForm(repeats=Repeat.SAME),  # [?]
    pins=PinRules(missing_63=Pin.RIGHT, empty_63=Pin.RIGHT, missing_23=Pin.RIGHT, empty_23=Pin.RIGHT),  # [user]
)

SYMPHONY = Dialect(
    name="symphony",
    about="SirsiDynix Symphony: answers come in several packets",
    form=AcsForm(repeats=Repeat.SAME),  # [?]
    is_split=True,  # [user]
    pins=PinRules(empty_63=Pin.WRONG),  # [?]
)

STANDARD = Dialect(
    name="standard",
    about="SIP2 2.00 to the letter: every date given, no field of its own",
    form=AcsForm(repeats=Repeat.SAME),
    refuses_blank_dates=True,
    pins=PinRules(empty_63=Pin.WRONG),
    limits=True,
)

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        KOHA,
        KOHA_24,
        KOHA_SUOMI,
        QURIA,
        EVERGREEN,
        SIERRA,
        POLARIS,
        FOLIO,
        SPYDUS,
        SYMPHONY,
        STANDARD,
    )
}
