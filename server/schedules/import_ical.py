"""Deviations from an iCalendar file (RFC 5545): one event, one deviation; what it says stands in its summary. Pure.

Each event that is not understood is told with the line it begins on and a remedy.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, vDDDTypes

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Content, Event, Maintenance, NoSelfService, OtherHours, Texts
from meroppet.rules.intervals import Interval, Window
from meroppet.texts.patron import N_
from server.schedules.import_csv import WHAT
from server.schedules.import_rows import MOST_ROWS, Reading, Row, Told, joined, refuse_formula, refused
from server.schedules.phrases import ALONE, CLOSED, NOT_ALONE, STAFFED, phrase_in, with_joined_hours
from server.schedules.recurrence import HORIZON_DAYS, starts_of
from server.schedules.sentences import NotUnderstood, Sentence

WHAT_PROPERTY, REASON_PROPERTY = "X-MEROPPET-WHAT", "X-MEROPPET-REASON"
_DAY = timedelta(days=1)
_WORDS = {
    **dict.fromkeys(CLOSED, "closed"),
    **dict.fromkeys(ALONE, "self_service"),
    **dict.fromkeys(STAFFED, "staffed"),
    **dict.fromkeys(NOT_ALONE, "no_self_service"),
    "arrangemang": "event",
    "event": "event",
}
_TIMED = tuple(what for what in WHAT if what not in {"self_service_only", "not_before", "not_after"})
_MUST_BE_READ = ("DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE")


@dataclass(frozen=True, slots=True)
class _Found:
    """An event with the line it begins on."""

    line: int
    event: Component
    zone: ZoneInfo
    today: date

    def text(self, name: str) -> str:
        """A property's text; empty where it has none."""
        said = str(self.event.get(name, "")).strip()
        refuse_formula(said)
        return said


def read_ical(text: str, today: date, zone: ZoneInfo) -> Reading:
    """What the calendar says from today until the horizon; times are taken to the branch's wall clock, `zone`."""
    begins = [at for at, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    if len(begins) > MOST_ROWS:
        return refused(N_("The calendar has more than %(most)s events; divide it"), most=MOST_ROWS)
    try:
        calendar = Calendar.from_ical(_without_zones(text))
        events = calendar.walk("VEVENT")
    except (ValueError, KeyError, IndexError, RecursionError) as error:
        return refused(N_("The file is no iCalendar (%(why)s); export the calendar anew"), why=str(error)[:100])
    if not events or len(events) != len(begins):
        return refused(N_("The calendar holds no events; export those with the deviations"))
    found = [_Found(line, event, zone, today) for line, event in zip(begins, events, strict=True)]
    return _read(found)


def _without_zones(text: str) -> str:
    # Zones are known by name; what a file says of them could be anything, and take any time to work out.
    kept, inside = [], False
    for line in text.splitlines():
        inside = inside or line.strip().upper() == "BEGIN:VTIMEZONE"
        if not inside:
            kept.append(line)
        inside = inside and line.strip().upper() != "END:VTIMEZONE"
    return "\r\n".join(kept) + "\r\n"


def _read(found: list[_Found]) -> Reading:
    rows: list[Row] = []
    wrong: list[Told] = []
    notes: list[Told] = []
    for each in found:
        title = str(each.event.get("SUMMARY", ""))[:120]
        try:
            new, said = _rows(each, title)
        except NotUnderstood as error:
            wrong.append(Told(each.line, title, error.sentence))
            continue
        rows += new
        notes += [Told(each.line, title, sentence) for sentence in said]
        if sum(len(row.days) for row in rows) > MOST_ROWS:
            return refused(N_("The calendar says something of more than %(most)s days; divide it"), most=MOST_ROWS)
    merged, clashes = _by_day(rows)
    return Reading(merged, tuple(sorted((*wrong, *clashes), key=lambda told: told.line)), tuple(notes))


def _rows(found: _Found, title: str) -> tuple[list[Row], list[Sentence]]:
    _require_readable(found)
    if str(found.event.get("STATUS", "")).upper() == "CANCELLED":
        return [], [Sentence(N_("This is cancelled in the calendar and is left out."))]
    start, end = _bounds(found)
    if isinstance(start, datetime) and isinstance(end, datetime):
        return _timed(found, start, end, title)
    return _all_day(found, start, end)


def _require_readable(found: _Found) -> None:
    broken = next((name for name, _ in found.event.errors if name in _MUST_BE_READ), None)
    if broken is not None:
        raise NotUnderstood(N_("%(name)s cannot be read; correct it in the calendar and export anew"), name=broken)
    for name in ("RECURRENCE-ID", "RDATE", "EXRULE"):
        if name in found.event:
            raise NotUnderstood(N_("%(name)s is not read; make the day an event of its own"), name=name)
    if "DTSTART" not in found.event:
        raise NotUnderstood(N_("The event has no beginning; give it a day"))


def _bounds(found: _Found) -> tuple[date | datetime, date | datetime]:
    """From when to when, the end not included; both days, or both local times without a zone."""
    start = _local(found, "DTSTART")
    if "DTEND" in found.event:
        end = _local(found, "DTEND")
    else:
        end = start + _duration(found, timedelta() if isinstance(start, datetime) else _DAY)
    if isinstance(start, datetime) is not isinstance(end, datetime) or end <= start:
        raise NotUnderstood(N_("The event does not end after it begins; correct its end"))
    return start, end


def _duration(found: _Found, otherwise: timedelta) -> timedelta:
    lasts = getattr(found.event.get("DURATION"), "dt", None)
    return lasts if isinstance(lasts, timedelta) and lasts else otherwise


def _local(found: _Found, name: str) -> date | datetime:
    value = found.event[name]
    moment = value.dt if isinstance(value, vDDDTypes) else None
    if not isinstance(value, vDDDTypes) or not isinstance(moment, date):
        raise NotUnderstood(N_("%(name)s cannot be read; correct it in the calendar and export anew"), name=name)
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None and "TZID" in value.params:
        raise NotUnderstood(
            N_("“%(zone)s” is no time zone known here; use Europe/Stockholm"), zone=str(value.params["TZID"])[:60]
        )
    # A time without a zone is one on the wall clock of whoever looks, RFC 5545 §3.3.5.
    return moment if moment.tzinfo is None else moment.astimezone(found.zone).replace(tzinfo=None)


def _all_day(found: _Found, start: date, end: date) -> tuple[list[Row], list[Sentence]]:
    what = found.text(WHAT_PROPERTY).casefold()
    length = (end - start).days
    if length > HORIZON_DAYS:
        raise NotUnderstood(N_("The event lasts more than %(most)s days; make a season of it"), most=HORIZON_DAYS)
    contents: tuple[Content, ...]
    said, only_alone = [], False
    if what:
        contents, only_alone = _whole_day(what)
    else:
        phrase = phrase_in(found.text("SUMMARY"))
        contents, only_alone = phrase.contents, phrase.only_alone
        said = [phrase.note] if phrase.note else []
    starts = starts_of(found.event, datetime.combine(start, time()), found.today - timedelta(days=length))
    days = joined(at.date() + timedelta(days=more) for at in starts for more in range(length))
    coming = tuple((first, last) for first, last in days if last >= found.today)
    if not coming:
        return [], [Sentence(N_("This has passed and is left out."))]
    if not contents and not only_alone:
        return [], said
    name = f"ical-{hashlib.sha256(_uid(found).encode()).hexdigest()[:16]}"
    return [Row(found.line, name, coming, contents, only_alone=only_alone, reasons=_reasons(found))], said


def _uid(found: _Found) -> str:
    uid = found.text("UID")
    if not uid:
        raise NotUnderstood(N_("The event has no UID; export the calendar anew"))
    return uid


def _whole_day(what: str) -> tuple[tuple[Content, ...], bool]:
    whole: dict[str, tuple[Content, ...]] = {
        "closed": (Closed(),),
        "no_self_service": (NoSelfService(),),
        "maintenance": (Maintenance(),),
    }
    if what == "self_service_only":
        return (), True
    if what not in whole:
        raise NotUnderstood(
            N_("“%(text)s” is not one of %(known)s"), text=what, known=", ".join((*whole, "self_service_only"))
        )
    return whole[what], False


def _timed(found: _Found, start: datetime, end: datetime, title: str) -> tuple[list[Row], list[Sentence]]:
    if end - start > _DAY:
        raise NotUnderstood(N_("The event lasts more than a day; make it an all-day event, or one for each day"))
    if start.second or end.second:
        raise NotUnderstood(N_("The event does not begin and end on a whole minute; correct its times"))
    what = found.text(WHAT_PROPERTY).casefold() or _WORDS.get(title.casefold().strip(" .!"), title)
    if what not in _TIMED:
        raise NotUnderstood(
            N_("“%(text)s” is not understood of an event with times; write one of: %(known)s"),
            text=what[:60],
            known="stängt, meröppet, bemannat, ej meröppet, arrangemang",
        )
    first = start.hour * 60 + start.minute
    window = Window(first, first + int((end - start).total_seconds()) // 60)
    starts = [at for at in starts_of(found.event, start, found.today) if at.date() >= found.today]
    if not starts:
        return [], [Sentence(N_("This has passed and is left out."))]
    reasons = _reasons(found)
    return [
        Row(found.line, f"ical-{at:%Y%m%d}", ((at.date(), at.date()),), (_content(what, window),), reasons=reasons)
        for at in starts
    ], []


def _content(what: str, window: Window) -> Content:
    match what:
        case "closed":
            return Closed(window)
        case "no_self_service":
            return NoSelfService(window)
        case "maintenance":
            return Maintenance(window)
        case "event":
            return Event(window)
    state = BranchState.STAFFED if what == "staffed" else BranchState.SELF_SERVICE
    return OtherHours((Interval(window.start, window.end, state),))


def _reasons(found: _Found) -> Texts:
    said = ((language, found.text(f"{REASON_PROPERTY}-{language.upper()}")) for language in ("sv", "en"))
    return tuple((language, text) for language, text in said if text)


def _by_day(rows: list[Row]) -> tuple[tuple[Row, ...], list[Told]]:
    """Timed events of one day are one deviation, its hours one list: of two other hours only one would hold."""
    found: dict[str, Row] = {}
    wrong = []
    for row in rows:
        if row.id not in found:
            found[row.id] = row
        elif len(row.id) > len("ical-20261224"):
            sentence = Sentence(N_("The UID stands twice in the calendar; export it anew"))
            wrong.append(Told(row.line, "", sentence))
        else:
            before = found[row.id]
            try:
                contents = with_joined_hours((*before.contents, *row.contents))
            except NotUnderstood as error:
                wrong.append(Told(row.line, "", error.sentence))
                continue
            found[row.id] = replace(before, contents=contents, reasons=before.reasons or row.reasons)
    return tuple(found.values()), wrong
