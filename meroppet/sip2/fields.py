"""The fields of SIP2: their names, which of them are secret, and how dates, flags and amounts are written and read."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

NAMES: dict[str, str] = {
    "AA": "patron identifier",
    "AB": "item identifier",
    "AC": "terminal password",
    "AD": "patron password",
    "AE": "personal name",
    "AF": "screen message",
    "AG": "print line",
    "AH": "due date",
    "AJ": "title identifier",
    "AL": "blocked card message",
    "AM": "library name",
    "AN": "terminal location",
    "AO": "institution id",
    "AP": "current location",
    "AQ": "permanent location",
    "AS": "hold items",
    "AT": "overdue items",
    "AU": "charged items",
    "AV": "fine items",
    "AY": "sequence number",
    "AZ": "checksum",
    "BD": "home address",
    "BE": "e-mail address",
    "BF": "home phone number",
    "BG": "owner",
    "BH": "currency type",
    "BI": "cancel",
    "BK": "transaction id",
    "BL": "valid patron",
    "BM": "renewed items",
    "BN": "unrenewed items",
    "BO": "fee acknowledged",
    "BP": "start item",
    "BQ": "end item",
    "BR": "queue position",
    "BS": "pickup location",
    "BT": "fee type",
    "BU": "recall items",
    "BV": "fee amount",
    "BW": "expiration date",
    "BX": "supported messages",
    "BY": "hold type",
    "BZ": "hold items limit",
    "CA": "overdue items limit",
    "CB": "charged items limit",
    "CC": "fee limit",
    "CD": "unavailable hold items",
    "CF": "hold queue length",
    "CG": "fee identifier",
    "CH": "item properties",
    "CI": "security inhibit",
    "CJ": "recall date",
    "CK": "media type",
    "CL": "sort bin",
    "CM": "hold pickup date",
    "CN": "login user id",
    "CO": "login password",
    "CP": "location code",
    "CQ": "valid patron password",
    # 3M SIP2 Extensions, in common use.
    "CR": "collection code",
    "CS": "call number",
    "CT": "destination location",
    "CV": "alert type",
    "CY": "hold patron id",
    "DA": "hold patron name",
}

HARMLESS = frozenset(
    {
        "AB", "AH", "AM", "AN", "AO", "AP", "AQ", "BG", "BH", "BI", "BK", "BL", "BO", "BP",
        "BQ", "BR", "BS", "BT", "BW", "BX", "BY", "BZ", "CA", "CB", "CC", "CF", "CI", "CJ",
        "CK", "CL", "CM", "CP", "CQ", "CR", "CS", "CT", "CV",
    }
)  # fmt: skip
"""Fields that point to no person and open nothing. All others are never shown: passwords, names, what somebody borrows
or owes, texts for the screen (which may greet by name), and whatever a site puts into fields of its own."""

BX_ORDER = ("23", "11", "09", "01", "99", "97", "93", "63", "35", "37", "17", "19", "25", "15", "29", "65")
"""Which message each position of BX speaks of (3M guide, ACS Status)."""

_TIMESTAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([ 0A-Z]{4})([0-9]{2})([0-9]{2})([0-9]{2}))?")
_FORBIDDEN = re.compile(r"[\r\n\0|]")
BLANK_TIMESTAMP = " " * 18
_LONGEST_COUNT = 18
"""Python refuses to read a number of thousands of digits, which a line has room for."""


class ZoneStyle(StrEnum):
    """What stands in the four characters `ZZZZ` of a timestamp. Registers differ in which of these they can read."""

    BLANK = "    "
    ZEROS = "0000"
    UTC = "   Z"


def timestamp(moment: datetime, zone: ZoneStyle = ZoneStyle.BLANK) -> str:
    """Eighteen characters `YYYYMMDDZZZZHHMMSS`; pass local time for blank and zeros, any aware one for UTC."""
    if zone is ZoneStyle.UTC:
        moment = moment.astimezone(UTC)
    # Not strftime: it writes a year before 1000 with fewer than four digits.
    day = f"{moment.year:04}{moment.month:02}{moment.day:02}"
    return f"{day}{zone}{moment.hour:02}{moment.minute:02}{moment.second:02}"


def read_timestamp(text: str) -> datetime | None:
    """The moment in a SIP2 timestamp: aware where the zone is `Z`, else the sender's local time; None for the rest."""
    stamp = _TIMESTAMP.fullmatch(text.strip())
    if stamp is None or stamp[4] is None:
        return None
    year, month, day, hour, minute, second = (int(stamp[place]) for place in (1, 2, 3, 5, 6, 7))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC if stamp[4] == ZoneStyle.UTC else None)
    except ValueError:
        return None


def read_date(text: str, formats: Iterable[str] = ("%Y%m%d", "%Y-%m-%d")) -> date | None:
    """The date in a SIP2 timestamp (any zone style) or in one of `formats`; None for blanks and anything else."""
    text = text.strip()
    stamp = _TIMESTAMP.fullmatch(text)
    if stamp is not None and len(text) > len("YYYYMMDD"):
        return _date(int(stamp[1]), int(stamp[2]), int(stamp[3]))
    # Eight digits may be a site's own way, such as DDMMYYYY.
    for form in formats:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 (a date has no zone)
        except ValueError:
            continue
    return _date(int(stamp[1]), int(stamp[2]), int(stamp[3])) if stamp is not None else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_flag(text: str | None) -> bool | None:
    """Y and 1 are true, N and 0 are false; everything else, an empty field too, says nothing."""
    return {"Y": True, "1": True, "N": False, "0": False}.get((text or "").strip())


def read_count(text: str) -> int | None:
    """A number of items; blank (Sierra), odd or endless says nothing."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT else None


def read_minor_units(text: str | None) -> int | None:
    """An amount in hundredths: "250", "45.5" and "1,234.50" are read; anything else says nothing."""
    try:
        amount = Decimal((text or "").strip().replace(",", ""))
        return int(amount * 100) if amount.is_finite() and abs(amount) < 10**9 else None
    except ArithmeticError:
        # Not only what is no number: one beyond the exponents of this computer overflows.
        return None


def minor_units(amount: int) -> str:
    """Hundredths as registers read amounts: a point, two decimals, no thousands separator."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}"


def has_forbidden(text: str) -> bool:
    """True when the text holds what would end a field or a message: delimiter, CR, LF or NUL."""
    return _FORBIDDEN.search(text) is not None


def without_forbidden(text: str, instead: str = "") -> str:
    """The text without anything that would end a field or a message; the send path's last resort."""
    return _FORBIDDEN.sub(instead, text)
