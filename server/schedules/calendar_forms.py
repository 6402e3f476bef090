"""An exception half written in a form: reading it, editing its rows, finding what cannot be meant. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import ALL_DAY, Interval, Window
from meroppet.texts.patron import N_
from server.schedules.calendar_dates import DatedLine, UnreadLine, dates_in
from server.schedules.sentences import Sentence
from server.schedules.written import Wrong as Misread
from server.schedules.written import clock, date_in, hours_text, minute_in, windows_in

MOST_ROWS = 120
"""Rows to which the form's buttons add. An exception that came otherwise may have more, and keeps them."""
LANGUAGES = ("sv", "en")
"""Those a public reason is asked for in; one given in another language elsewhere is kept."""
EVERY_DAY = frozenset(range(7))
_ROW = re.compile(r"(first|last|what|time|hours|staffed|weekday)-([0-9]{1,4})", re.ASCII)
_REASON = re.compile(r"reason-([a-z]{2,3})", re.ASCII)
_LONG, _SHORT = 400, 40


class What(StrEnum):
    """What a row says of its days, in the order of the choice; the values are those of the wire."""

    CLOSED = "closed"
    NOT_BEFORE = "not_before"
    NOT_AFTER = "not_after"
    NO_SELF_SERVICE = "no_self_service"
    OTHER_HOURS = "other_hours"
    MORE_HOURS = "more_hours"
    EVENT = "event"
    EVENT_LISTED = "event_listed"
    MAINTENANCE = "maintenance"


ONE_TIME = frozenset({What.NOT_BEFORE, What.NOT_AFTER})
HOURS = frozenset({What.OTHER_HOURS, What.MORE_HOURS})
EVENTS = frozenset({What.EVENT, What.EVENT_LISTED})


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch of days and one thing said of them, as written. An empty `last` is the first day."""

    first: str = ""
    last: str = ""
    weekdays: frozenset[int] = EVERY_DAY
    what: str = What.CLOSED.value
    time: str = ""
    hours: str = ""
    staffed: str = ""


class Wrong(StrEnum):
    """What cannot be meant."""

    MISSING = "missing"
    NO_DAYS = "no_days"
    DATE = "date"
    ORDER = "order"
    NEVER = "never"
    WHAT = "what"
    TIME = "time"
    HOURS = "hours"
    OVERLAP = "overlap"
    NO_HOURS = "no_hours"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Complaint:
    """The form's field that cannot be meant (first-0, title, paste …), why, and the value as written."""

    where: str
    wrong: Wrong
    value: str = ""


@dataclass(frozen=True, slots=True)
class ExceptionDraft:
    """An exception as written. `reasons` pairs a language with its sentence."""

    title: str = ""
    reasons: tuple[tuple[str, str], ...] = ()
    decided_by: str = ""
    valid_from: str = ""
    valid_until: str = ""
    rows: tuple[Row, ...] = (Row(),)
    paste: str = ""
    unread: tuple[UnreadLine, ...] = ()
    notes: tuple[Sentence, ...] = ()

    def reason(self, lang: str) -> str:
        """The public reason in a language; empty if there is none."""
        return dict(self.reasons).get(lang, "")

    def edited(self, operation: str, today: date) -> "ExceptionDraft":
        """After a button: add, copy-ROW, remove-ROW or paste; anything else changes nothing."""
        verb, _, number = operation.partition("-")
        at = int(number) if number.isascii() and number.isdecimal() else -1
        if verb == "paste":
            return self._pasted(today)
        if verb == "add" and len(self.rows) < MOST_ROWS:
            return replace(self, rows=(*self.rows, Row(what=self.rows[-1].what if self.rows else What.CLOSED.value)))
        if not 0 <= at < len(self.rows):
            return self
        if verb == "copy" and len(self.rows) < MOST_ROWS:
            return replace(
                self, rows=(*self.rows[: at + 1], replace(self.rows[at], first="", last=""), *self.rows[at + 1 :])
            )
        if verb == "remove":
            return replace(self, rows=(*self.rows[:at], *self.rows[at + 1 :]))
        return self

    def _pasted(self, today: date) -> "ExceptionDraft":
        # A row without a date is the model for dates of which nothing is said.
        model = next((row for row in reversed(self.rows) if not row.first), Row())
        rows = [row for row in self.rows if row.first]
        unread: list[UnreadLine] = []
        notes: dict[str, Sentence] = {}
        for line in filter(None, map(str.strip, self.paste.splitlines())):
            read = dates_in(line, today)
            added = [row for found in read.found for row in _rows_of(found, model)]
            if len(rows) + len(added) > MOST_ROWS:
                unread.append(UnreadLine(line, Sentence(_NO_ROOM, {"text": line, "most": MOST_ROWS})))
                continue
            rows += added
            unread += read.unread
            notes |= {str(note): note for found in read.found for note in found.notes}
        return replace(
            self,
            rows=tuple(rows) or self.rows,
            paste="\n".join(each.line for each in unread),
            unread=tuple(unread),
            notes=tuple(notes.values()),
        )


_NO_ROOM = N_("“%(text)s”: there is room for %(most)s lines of days here; make a deviation of its own of the rest")


def _rows_of(line: DatedLine, model: Row) -> list[Row]:
    last = "" if line.last == line.first else line.last.isoformat()
    if not line.contents:
        return [replace(model, first=line.first.isoformat(), last=last)]
    days = ExceptionDay(first=line.first, last=line.last, contents=line.contents)
    return [_row(days, content) for content in line.contents]


def from_form(fields: Iterable[tuple[str, object]]) -> ExceptionDraft:
    """The draft in a form's fields, repeated ones included; fields of other names are not looked at."""
    rows: dict[int, dict[str, str]] = {}
    days: dict[int, set[int]] = {}
    plain: dict[str, str] = {}
    for name, given in fields:
        value = str(given).strip()
        matched = _ROW.fullmatch(name)
        if matched is None:
            plain[name] = value[: 20_000 if name == "paste" else _LONG]
        elif matched[1] == "weekday":
            days.setdefault(int(matched[2]), set()).update({int(value)} if value in "0123456" and value else ())
        else:
            rows.setdefault(int(matched[2]), {})[matched[1]] = value[: _LONG if matched[1] in _WIDE else _SHORT]
    return ExceptionDraft(
        title=plain.get("title", ""),
        decided_by=plain.get("decided_by", ""),
        valid_from=plain.get("valid_from", ""),
        valid_until=plain.get("valid_until", ""),
        paste=plain.get("paste", ""),
        reasons=tuple((found[1], plain[name]) for name in plain if (found := _REASON.fullmatch(name)) and plain[name]),
        rows=tuple(Row(**rows[at], weekdays=frozenset(days.get(at, ()))) for at in sorted(rows)),
    )


_WIDE = frozenset({"hours", "staffed"})


def fields_of(draft: ExceptionDraft) -> list[tuple[str, str]]:
    """The fields of a form that holds the draft: what `from_form` reads."""
    plain = ("title", "decided_by", "valid_from", "valid_until")
    found = [(name, str(getattr(draft, name))) for name in plain]
    found += [(f"reason-{lang}", sentence) for lang, sentence in draft.reasons]
    for at, row in enumerate(draft.rows):
        found += [
            (f"{name}-{at}", getattr(row, name)) for name in ("first", "last", "what", "time", "hours", "staffed")
        ]
        found += [(f"weekday-{at}", str(day)) for day in sorted(row.weekdays)]
    return found


def complaints(draft: ExceptionDraft) -> list[Complaint]:
    """Everything that cannot be meant, in the order of the form; none: `exception_in` makes an exception of it."""
    found = [] if draft.title else [Complaint("title", Wrong.MISSING)]
    if not draft.rows:
        found.append(Complaint("rows", Wrong.NO_DAYS))
    for at, row in enumerate(draft.rows):
        found += [replace(complaint, where=f"{complaint.where}-{at}") for complaint in _of_row(row)]
    if draft.paste:
        found.append(Complaint("paste", Wrong.UNREAD, draft.paste))
    return found + _of_dates("valid_from", draft.valid_from, "valid_until", draft.valid_until)


def _of_row(row: Row) -> list[Complaint]:
    found = [Complaint("first", Wrong.DATE)] if not row.first else _of_dates("first", row.first, "last", row.last)
    if not found and not any(day.weekday() in row.weekdays for day in _some_days(row)):
        found.append(Complaint("weekday", Wrong.NEVER))
    if row.what not in set(What):
        return [*found, Complaint("what", Wrong.WHAT, row.what)]
    return found + _of_content(What(row.what), row)


def _of_dates(first_name: str, first: str, last_name: str, last: str) -> list[Complaint]:
    found = [
        Complaint(name, Wrong.DATE, value)
        for name, value in ((first_name, first), (last_name, last))
        if value and not _is_near(value)
    ]
    begins, ends = date_in(first), date_in(last)
    if begins and ends and ends < begins:
        found.append(Complaint(last_name, Wrong.ORDER, last))
    return found


def _is_near(text: str) -> bool:
    """Whether it is a date of this century: others are slips of the finger."""
    day = date_in(text)
    return day is not None and day.year in _CENTURY


_CENTURY = range(2000, 2100)


def _some_days(row: Row) -> list[date]:
    first, last = _first_last(row)
    return [date.fromordinal(day) for day in range(first.toordinal(), min(last.toordinal(), first.toordinal() + 6) + 1)]


def _of_content(what: What, row: Row) -> list[Complaint]:
    if what in ONE_TIME:
        minute = minute_in(row.time)
        return [] if minute and minute < ALL_DAY.end else [Complaint("time", Wrong.TIME, row.time)]
    found = _of_hours("hours", row.hours)
    if what in HOURS:
        found += _of_hours("staffed", row.staffed)
        if not (row.hours or row.staffed):
            found.append(Complaint("hours", Wrong.NO_HOURS))
    elif what in EVENTS and not row.hours:
        found.append(Complaint("hours", Wrong.NO_HOURS))
    return found


def _of_hours(name: str, text: str) -> list[Complaint]:
    match windows_in(text):
        case Misread.OVERLAP:
            return [Complaint(name, Wrong.OVERLAP, text)]
        case Misread():
            return [Complaint(name, Wrong.HOURS, text)]
        case _:
            return []


def exception_in(
    draft: ExceptionDraft, exception_id: str, level: Level, decided_at: datetime | None = None
) -> ScheduleException:
    """The exception a draft means. Only for one without complaints."""
    return ScheduleException(
        id=exception_id,
        level=level,
        days=tuple(_day_of(row, contents) for row in draft.rows if (contents := _contents(row))),
        title=draft.title,
        reasons=draft.reasons,
        valid_from=date_in(draft.valid_from),
        valid_until=date_in(draft.valid_until),
        decided_by=draft.decided_by,
        decided_at=decided_at,
    )


def _day_of(row: Row, contents: tuple[Content, ...]) -> ExceptionDay:
    first, last = _first_last(row)
    return ExceptionDay(first=first, last=last, contents=contents, weekdays=row.weekdays)


def _first_last(row: Row) -> tuple[date, date]:
    first = date_in(row.first) or date.min
    return first, date_in(row.last) or first


def _windows(text: str) -> tuple[Window, ...]:
    read = windows_in(text)
    return () if isinstance(read, Misread) else read


def _contents(row: Row) -> tuple[Content, ...]:
    windows = _windows(row.hours)
    match What(row.what):
        case What.NOT_BEFORE:
            return (NotBefore(minute_in(row.time) or 0),)
        case What.NOT_AFTER:
            return (NotAfter(minute_in(row.time) or 0),)
        case What.OTHER_HOURS:
            return (OtherHours(_intervals(row)),)
        case What.MORE_HOURS:
            return (MoreHours(_intervals(row)),)
        case What.EVENT | What.EVENT_LISTED:
            return tuple(Event(window, row.what == What.EVENT_LISTED) for window in windows)
        case What.CLOSED:
            return tuple(Closed(window) for window in windows or (ALL_DAY,))
        case What.NO_SELF_SERVICE:
            return tuple(NoSelfService(window) for window in windows or (ALL_DAY,))
        case What.MAINTENANCE:
            return tuple(Maintenance(window) for window in windows or (ALL_DAY,))


def _intervals(row: Row) -> tuple[Interval, ...]:
    alone = [Interval(window.start, window.end, BranchState.SELF_SERVICE) for window in _windows(row.hours)]
    staffed = [Interval(window.start, window.end, BranchState.STAFFED) for window in _windows(row.staffed)]
    return tuple(sorted([*alone, *staffed]))


def from_exception(exception: ScheduleException) -> ExceptionDraft:
    """The form's draft of an exception: one row for each thing it says of its days."""
    return ExceptionDraft(
        title=exception.title,
        reasons=exception.reasons,
        decided_by=exception.decided_by,
        valid_from=exception.valid_from.isoformat() if exception.valid_from else "",
        valid_until=exception.valid_until.isoformat() if exception.valid_until else "",
        rows=tuple(_row(days, content) for days in exception.days for content in days.contents),
    )


def _row(days: ExceptionDay, content: Content) -> Row:
    last = "" if days.last == days.first else days.last.isoformat()
    row = Row(first=days.first.isoformat(), last=last, weekdays=days.weekdays)
    match content:
        case NotBefore(minute):
            return replace(row, what=What.NOT_BEFORE.value, time=clock(minute))
        case NotAfter(minute):
            return replace(row, what=What.NOT_AFTER.value, time=clock(minute))
        case OtherHours(intervals) | MoreHours(intervals):
            what = What.OTHER_HOURS if isinstance(content, OtherHours) else What.MORE_HOURS
            alone, staffed = (_texts(intervals, state) for state in (BranchState.SELF_SERVICE, BranchState.STAFFED))
            return replace(row, what=what.value, hours=alone, staffed=staffed)
        case Event(window, listed_only):
            what = What.EVENT_LISTED if listed_only else What.EVENT
            return replace(row, what=what.value, hours=hours_text((window,)))
        case Closed(window) | NoSelfService(window) | Maintenance(window):
            return replace(row, what=_RESTRICTING[type(content)].value, hours=_unless_all_day(window))


_RESTRICTING = {Closed: What.CLOSED, NoSelfService: What.NO_SELF_SERVICE, Maintenance: What.MAINTENANCE}


def _unless_all_day(window: Window) -> str:
    return "" if window == ALL_DAY else hours_text((window,))


def _texts(intervals: Iterable[Interval], state: BranchState) -> str:
    return hours_text(tuple(Window(found.start, found.end) for found in sorted(intervals) if found.state is state))
