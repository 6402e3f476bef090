"""What staff write when they ask for a pass: read with its kind words, and what is wrong with it by field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from meroppet.rules.credentials import pin_from_digits
from meroppet.rules.intervals import Window
from meroppet.rules.passes import BY_CODE, PassKind
from meroppet.rules.weekly import NEVER, Weekly
from meroppet.wire.written import WEEKDAY_NAMES, window_in
from server.passes.service import Wanted, Wrong

LONGEST_LABEL = 60
TAG_KINDS = tuple(kind for kind in PassKind if kind not in BY_CODE)
CODE_KINDS = tuple(kind for kind in PassKind if kind in BY_CODE)
_PERSONAL = re.compile(r"(?:[0-9]{2})?[0-9]{6}[-+ ]?[0-9]{4}")
"""What a Swedish personal identity number looks like."""


class When(StrEnum):
    """When a pass opens."""

    OPEN = "open"
    OWN = "own"
    ALWAYS = "always"


class Field(StrEnum):
    """A field that is not as it must be."""

    KIND = "kind"
    LABEL = "label"
    LABEL_NUMBER = "label_number"
    HOURS = "hours"
    DAYS = "days"
    FIRST = "first"
    LAST = "last"
    PIN = "pin"


FIELD_OF = {
    Wrong.NO_PIN: "pin",
    Wrong.PIN_LENGTH: "pin",
    Wrong.WEAK_PIN: "pin",
    Wrong.NO_END: "last",
    Wrong.END_TOO_LATE: "last",
    Wrong.ENDS_BEFORE: "last",
    Wrong.MOST_OF_THE_WEEK: "hours",
}


@dataclass(frozen=True, slots=True)
class Written:
    """The form as it was written, to be shown again; the PIN never is."""

    kind: str = ""
    label: str = ""
    when: str = When.OPEN
    days: tuple[str, ...] = WEEKDAY_NAMES[:5]
    begins: str = "06.00"
    ends: str = "08.00"
    first: str = ""
    last: str = ""
    once: bool = False
    pin: str = field(default="", repr=False)

    @classmethod
    def of(cls, form: Mapping[str, str], days: Sequence[str]) -> "Written":
        """What came with the request; what did not is empty."""
        texts = {
            name: " ".join(form.get(name, "").split())[:200]
            for name in ("kind", "label", "when", "begins", "ends", "first", "last", "pin")
        }
        return cls(**texts, days=tuple(day for day in WEEKDAY_NAMES if day in days), once=form.get("once") == "yes")


def wanted_of(written: Written, kinds: Sequence[PassKind], zone: ZoneInfo) -> Wanted | Field:
    """The pass that is asked for, or the first field that is not as it must be."""
    if written.kind not in kinds or (written.kind in BY_CODE and written.when != When.OPEN):
        return Field.KIND
    label_fault = _label_fault(written.label)
    if label_fault is not None:
        return label_fault
    windows = _windows(written)
    if isinstance(windows, Field):
        return windows
    try:
        begins = _midnight(written.first, zone, 0)
    except (ValueError, OverflowError):
        return Field.FIRST
    try:
        ends = _midnight(written.last, zone, 1)
    except (ValueError, OverflowError):
        return Field.LAST
    pin = pin_from_digits(written.pin) if written.pin else None
    if written.pin and pin is None:
        return Field.PIN
    kind = PassKind(written.kind)
    return Wanted(
        kind=kind,
        label=written.label,
        windows=windows,
        always=written.when == When.ALWAYS,
        valid_from=begins,
        valid_until=ends,
        once=written.once and kind in BY_CODE,
        pin=pin,
    )


def _label_fault(label: str) -> Field | None:
    if not 1 <= len(label) <= LONGEST_LABEL or not label.isprintable():
        return Field.LABEL
    # The label is kept as it is written: a number in it would be kept with it.
    return Field.LABEL_NUMBER if _PERSONAL.search(label) else None


def _windows(written: Written) -> Weekly | Field:
    if written.when != When.OWN:
        return NEVER if written.when in {When.OPEN, When.ALWAYS} else Field.KIND
    if not written.days:
        return Field.DAYS
    try:
        window: Window = window_in(f"{written.begins}-{written.ends}")
    except ValueError:
        return Field.HOURS
    return tuple((window,) if day in written.days else () for day in WEEKDAY_NAMES)


def _midnight(text: str, zone: ZoneInfo, later: int) -> datetime | None:
    """The midnight that begins a day, or the one `later` days on; None where no day is written.

    Raises ValueError, or OverflowError where there is no such midnight.
    """
    if not text:
        return None
    day = date.fromisoformat(text) + timedelta(days=later)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    # It is stored by another clock, on which the first day there is has not begun.
    return midnight.astimezone(UTC).astimezone(zone)
