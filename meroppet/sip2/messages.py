"""The 31 messages of SIP2 2.00 as a table, and the lenient raw message every one of them is read into."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from meroppet.sip2.fields import HARMLESS, NAMES


class Checksum(StrEnum):
    """What the trailer of a received message said."""

    VALID = "valid"
    INVALID = "invalid"
    ABSENT = "absent"


class Direction(StrEnum):
    """Who sends a message: the self-service client (SC) or the library system (ACS)."""

    REQUEST = "SC->ACS"
    RESPONSE = "ACS->SC"


@dataclass(frozen=True, slots=True)
class Spec:
    """One message: its fixed fields in order with their widths, then the fields it must have and those it may have.

    Norm: 3M guide, ch. "Messages". AY and AZ belong to every message and are not named.
    """

    code: str
    name: str
    direction: Direction
    fixed: tuple[tuple[str, int], ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    width: int = field(init=False)
    slices: Mapping[str, slice] = field(init=False)

    def __post_init__(self) -> None:
        slices, start = {}, 0
        for name, width in self.fixed:
            slices[name] = slice(start, start + width)
            start += width
        object.__setattr__(self, "width", start)
        object.__setattr__(self, "slices", slices)


_DATE = ("transaction_date", 18)
_LANG = ("language", 3)
_STATUS = ("patron_status", 14)
_COUNTS = tuple((f"{name}_count", 4) for name in ("hold", "overdue", "charged", "fine", "recall", "unavailable"))
_LOAN_RESULT = (("ok", 1), ("renewal_ok", 1), ("magnetic_media", 1), ("desensitize", 1), _DATE)
_ACS_STATUS = (
    ("online", 1),
    ("checkin_ok", 1),
    ("checkout_ok", 1),
    ("renewal_policy", 1),
    ("status_update_ok", 1),
    ("offline_ok", 1),
    ("timeout_period", 3),
    ("retries_allowed", 3),
    ("date_time", 18),
    ("protocol_version", 4),
)


def _request(code: str, name: str, *fixed: tuple[str, int], must: str = "", may: str = "") -> Spec:
    return Spec(code, name, Direction.REQUEST, fixed, tuple(must.split()), tuple(may.split()))


def _response(code: str, name: str, *fixed: tuple[str, int], must: str = "", may: str = "") -> Spec:
    return Spec(code, name, Direction.RESPONSE, fixed, tuple(must.split()), tuple(may.split()))


_LOAN_FIELDS = "BT CI BH BV CK CH BK AF AG"
_ITEM_RESULT = (("circulation_status", 2), ("security_marker", 2), ("fee_type", 2), _DATE)
_ALL = (
    _request("01", "Block Patron", ("card_retained", 1), _DATE, must="AO AL AA AC"),
    _request("09", "Checkin", ("no_block", 1), _DATE, ("return_date", 18), must="AP AO AB AC", may="CH BI"),
    _response(
        "10", "Checkin Response", ("ok", 1), ("resensitize", 1), ("magnetic_media", 1), ("alert", 1), _DATE,
        must="AO AB AQ", may="AJ CL AA CK CH AF AG",
    ),
    _request(
        "11", "Checkout", ("renewal_policy", 1), ("no_block", 1), _DATE, ("nb_due_date", 18),
        must="AO AA AB AC", may="CH AD BO BI",
    ),
    _response("12", "Checkout Response", *_LOAN_RESULT, must="AO AA AB AJ AH", may=_LOAN_FIELDS),
    _request("15", "Hold", ("hold_mode", 1), _DATE, must="AO AA", may="BW BS BY AD AB AJ AC BO"),
    _response("16", "Hold Response", ("ok", 1), ("available", 1), _DATE, must="AO AA", may="BW BR BS AB AJ AF AG"),
    _request("17", "Item Information", _DATE, must="AO AB", may="AC"),
    _response(
        "18", "Item Information Response", *_ITEM_RESULT,
        must="AB AJ", may="CF AH CJ CM BG BH BV CK AQ AP CH AF AG",
    ),
    _request("19", "Item Status Update", _DATE, must="AO AB CH", may="AC"),
    _response("20", "Item Status Update Response", ("item_properties_ok", 1), _DATE, must="AB", may="AJ CH AF AG"),
    _request("23", "Patron Status Request", _LANG, _DATE, must="AO AA AC AD"),
    _response(
        "24", "Patron Status Response", _STATUS, _LANG, _DATE, must="AO AA AE", may="BL CQ BH BV AF AG"
    ),
    _request("25", "Patron Enable", _DATE, must="AO AA", may="AC AD"),
    _response("26", "Patron Enable Response", _STATUS, _LANG, _DATE, must="AO AA AE", may="BL CQ AF AG"),
    _request(
        "29", "Renew", ("third_party_allowed", 1), ("no_block", 1), _DATE, ("nb_due_date", 18),
        must="AO AA", may="AD AB AJ AC CH BO",
    ),
    _response("30", "Renew Response", *_LOAN_RESULT, must="AO AA AB AJ AH", may=_LOAN_FIELDS),
    _request("35", "End Patron Session", _DATE, must="AO AA", may="AC AD"),
    _response("36", "End Session Response", ("end_session", 1), _DATE, must="AO AA", may="AF AG"),
    _request(
        "37", "Fee Paid", _DATE, ("fee_type", 2), ("payment_type", 2), ("currency_type", 3),
        must="BV AO AA", may="AC AD CG BK",
    ),
    _response("38", "Fee Paid Response", ("payment_accepted", 1), _DATE, must="AO AA", may="BK AF AG"),
    _request("63", "Patron Information", _LANG, _DATE, ("summary", 10), must="AO AA", may="AC AD BP BQ"),
    _response(
        "64", "Patron Information Response", _STATUS, _LANG, _DATE, *_COUNTS,
        must="AO AA AE", may="BZ CA CB BL CQ BH BV CC AS AT AU AV BU CD BD BE BF AF AG",
    ),
    _request("65", "Renew All", _DATE, must="AO AA", may="AD AC BO"),
    _response(
        "66", "Renew All Response", ("ok", 1), ("renewed_count", 4), ("unrenewed_count", 4), _DATE,
        must="AO", may="BM BN AF AG",
    ),
    _request("93", "Login", ("uid_algorithm", 1), ("pwd_algorithm", 1), must="CN CO", may="CP"),
    _response("94", "Login Response", ("ok", 1)),
    _response("96", "Request SC Resend"),
    _request("97", "Request ACS Resend"),
    _response("98", "ACS Status", *_ACS_STATUS, must="AO BX", may="AM AN AF AG"),
    _request("99", "SC Status", ("status_code", 1), ("max_print_width", 3), ("protocol_version", 4)),
)  # fmt: skip

MESSAGES: dict[str, Spec] = {spec.code: spec for spec in _ALL}
UNKNOWN = Spec("??", "Unknown", Direction.RESPONSE)

RESPONSE_TO: dict[str, str] = {
    code: f"{int(code) + 1:02}"
    for code in ("09", "11", "15", "17", "19", "23", "25", "29", "35", "37", "63", "65", "93")
} | {"01": "24", "99": "98"}
"""Which answer belongs to which request; 01 is answered with 24 and 99 with 98 (3M guide)."""

ONCE_ONLY = frozenset({"09", "11", "15", "19", "29", "37", "65"})
"""Requests that change something: never repeated on another connection."""


@dataclass(frozen=True, slots=True, repr=False)
class RawMessage:
    """A message as it stood on the wire: order, duplicates and unknown fields kept, odd values kept, nothing judged.

    `fixed` may be shorter than the table says.
    """

    code: str
    fixed: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    sequence: int | None = None
    checksum: Checksum = Checksum.ABSENT

    @property
    def spec(self) -> Spec:
        """The table's line for this message; `UNKNOWN` for a code that is not in it."""
        return MESSAGES.get(self.code, UNKNOWN)

    @property
    def has_whole_header(self) -> bool:
        """True when no fixed field is cut short."""
        return len(self.fixed) >= self.spec.width

    def fixed_field(self, name: str) -> str:
        """One fixed field, shorter or empty where the header was cut, empty for a name the message has not."""
        place = self.spec.slices.get(name)
        return self.fixed[place] if place is not None else ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields the norm demands of this message and that are not there; many registers leave some out."""
        present = {identifier for identifier, _ in self.fields}
        return tuple(identifier for identifier in self.spec.required if identifier not in present)

    def first(self, identifier: str) -> str | None:
        """The first value of a field (registers read duplicates that way), or None."""
        return next((value for found, value in self.fields if found == identifier), None)

    def only(self, identifier: str) -> str | None:
        """What every occurrence of a field says, or None: one that says two things says nothing."""
        said = self.all(identifier)
        return said[0] if said and len({value.strip() for value in said}) == 1 else None

    def all(self, identifier: str) -> tuple[str, ...]:
        """Every value of a field, in order."""
        return tuple(value for found, value in self.fields if found == identifier)

    @property
    def has_replacements(self) -> bool:
        """True when some text was in no encoding that was tried; U+FFFD stands for what could not be read."""
        return any("\ufffd" in value for _, value in self.fields)

    def __repr__(self) -> str:
        """Safe for any log: secrets, the person and what cannot be made out are masked."""
        shown = repr(self.fixed) if _has_shape(self) else f"({len(self.fixed)} characters)"
        return f"<{self.code} {shown} {' '.join(_masked(self.fields))} AY{self.sequence} {self.checksum}>"


_SHAPES: Mapping[int, re.Pattern[str]] = {
    1: re.compile(r"[A-Z0-9 +*-]"),
    2: re.compile(r"[0-9 ]{2}"),
    3: re.compile(r"[0-9 ]{3}|[A-Z]{3}"),
    4: re.compile(r"[0-9. ]{4}"),
    10: re.compile(r"[YN ]{10}"),
    14: re.compile(r"[YNU01 ]{14}"),
    18: re.compile(r" {18}|[0-9]{8}[A-Z0-9 ]{4}[0-9]{6}"),
}


def _has_shape(message: RawMessage) -> bool:
    """False where fields stand in the header, because it was cut short or nobody knows how long it is."""
    if message.spec is UNKNOWN or not message.has_whole_header:
        return False
    return all(_SHAPES[width].fullmatch(message.fixed_field(name)) for name, width in message.spec.fixed)


def _masked(fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    for identifier, value in fields:
        name = identifier if identifier in NAMES else "??"
        yield f"{name}={value!r}" if identifier in HARMLESS else f"{name}=…"


def build(code: str, fixed: Mapping[str, str], fields: Iterable[tuple[str, str]] = ()) -> RawMessage:
    """A message with each fixed field cut or blank-padded to its width; missing ones are blank."""
    spec = MESSAGES[code]
    header = "".join(fixed.get(name, "").ljust(width)[:width] for name, width in spec.fixed)
    return RawMessage(code, header, tuple(fields))
