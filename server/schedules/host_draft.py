"""The hours of the building around a branch, as they stand in a form. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from meroppet.rules.intervals import Window
from meroppet.rules.schedule import HostDay, HostHours, Schedule
from server.schedules import drafts
from server.schedules.drafts import Draft
from server.schedules.written import MOST_CHARACTERS, Complaint, Wrong, date_in, hours_text, windows_in

MOST_ROWS = 60
_DATED = re.compile(r"(first|last|hours)-dated-([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class DatedLine:
    """Days on which the building differs, as written; no hours: it is shut."""

    first: str = ""
    last: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class HostDraft:
    """A building as written. `holidays` maps a holiday's key to its hours; a key that is not there follows the week."""

    has_host: bool = False
    name: str = ""
    week: Draft = field(default_factory=Draft)
    holidays: Mapping[str, str] = field(default_factory=dict)
    dated: tuple[DatedLine, ...] = ()

    def edited(self, operation: str) -> "HostDraft":
        """After a button: those of the week, date (one more row) and undate-N; anything else changes nothing."""
        verb, _, number = operation.partition("-")
        if verb == "date" and len(self.dated) < MOST_ROWS:
            return replace(self, dated=(*self.dated, DatedLine()))
        if verb == "undate" and number.isdecimal():
            return replace(self, dated=tuple(row for at, row in enumerate(self.dated) if at != int(number)))
        return replace(self, week=self.week.edited(operation))


def from_form(form: Mapping[str, object], keys: Collection[str]) -> HostDraft:
    """The building in a form: host=yes, name, the week's fields, differs-KEY and holiday-KEY, and the dated rows."""
    return HostDraft(
        has_host=form.get("host") == "yes",
        name=_text(form, "name"),
        week=drafts.from_form(form),
        holidays={key: _text(form, f"holiday-{key}") for key in keys if form.get(f"differs-{key}")},
        dated=_dated(form),
    )


def _text(form: Mapping[str, object], name: str) -> str:
    return str(form.get(name, "")).strip()[:MOST_CHARACTERS]


def _dated(form: Mapping[str, object]) -> tuple[DatedLine, ...]:
    found: dict[int, dict[str, str]] = {}
    for name in form:
        matched = _DATED.fullmatch(name)
        if matched is not None:
            found.setdefault(int(matched[2]), {})[matched[1]] = _text(form, name)
    return tuple(DatedLine(**found[number]) for number in sorted(found))


def from_schedule(schedule: Schedule) -> HostDraft:
    """The building as it is now."""
    host = schedule.host
    if host is None:
        return HostDraft()
    dated = tuple(DatedLine(str(day.first), str(day.last), hours_text(day.windows)) for day in host.days)
    holidays = {key: hours_text(windows) for key, windows in host.holidays}
    return HostDraft(True, host.name, drafts.from_windows(host.weekly), holidays, dated)


def complaints(draft: HostDraft) -> list[Complaint]:
    """Everything that makes no sense, in the order of the form; nothing where there is no building."""
    if not draft.has_host:
        return []
    return [
        *([] if draft.name else [Complaint("name", Wrong.MISSING)]),
        *drafts.complaints(draft.week),
        *_hours({f"holiday-{key}": text for key, text in draft.holidays.items()}),
        *(complaint for at, row in enumerate(draft.dated) for complaint in _of_row(at, row)),
    ]


def _hours(fields: Mapping[str, str]) -> list[Complaint]:
    read = {name: windows_in(text) for name, text in fields.items()}
    return [Complaint(name, wrong, fields[name]) for name, wrong in read.items() if isinstance(wrong, Wrong)]


def _of_row(at: int, row: DatedLine) -> list[Complaint]:
    first, last = date_in(row.first), date_in(row.last or row.first)
    if first is None:
        return [Complaint(f"first-dated-{at}", Wrong.DATE, row.first)]
    if last is None:
        return [Complaint(f"last-dated-{at}", Wrong.DATE, row.last)]
    if last < first:
        return [Complaint(f"last-dated-{at}", Wrong.ORDER, row.last)]
    return _hours({f"hours-dated-{at}": row.hours})


def applied(draft: HostDraft, schedule: Schedule) -> Schedule:
    """The schedule with this building, or without any. Raises ValueError where `complaints` would complain."""
    if not draft.has_host:
        return replace(schedule, host=None)
    host = HostHours(
        name=draft.name,
        weekly=drafts.windows_of(draft.week),
        holidays=tuple((key, _windows(text)) for key, text in draft.holidays.items()),
        days=tuple(_day(row) for row in draft.dated),
    )
    return replace(schedule, host=host)


def _day(row: DatedLine) -> HostDay:
    first = date_in(row.first)
    if first is None:
        raise ValueError(f"{row.first} is no date; look at complaints first")
    return HostDay(first=first, last=date_in(row.last) or first, windows=_windows(row.hours))


def _windows(text: str) -> tuple[Window, ...]:
    return cast(tuple[Window, ...], windows_in(text))
