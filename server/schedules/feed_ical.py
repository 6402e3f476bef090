"""Opening hours as iCalendar (RFC 5545): an event for each stretch that is open, or closed for a public reason. Pure.

The same hours on the same day make the same bytes; a stretch keeps its UID for as long as it begins when it does.
Events are written here and not by a library: a consortium has tens of thousands, and the form is a few lines.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone

from meroppet.rules.branch import OPEN
from meroppet.rules.hours import Hours, Span
from server.schedules.feed_words import Translate, reason_in, state_word
from server.schedules.feeds import Published, alike, midnight, said
from server.schedules.pieces import Piece, pieces

_LONGEST_LINE = 75
"""Octets, §3.1."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""Not allowed in a text, §3.1, or a new line to some who read calendars."""


def calendar(name: str, many: Sequence[Published], now: datetime, days: int, lang: str, translate: Translate) -> bytes:
    """The hours of one branch, or of several, each event then naming its own."""
    first = now.date() - timedelta(days=2)
    zones = sorted({published.hours.zone.key for published in many if published.hours})
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//meroppet//opening hours//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        *(line for zone in zones for line in _zone(zone, first, first + timedelta(days=days + 4))),
    ]
    for published in many:
        prefix = f"{published.branch.name}: " if len(many) > 1 else ""
        for piece in _told(published, now, days):
            lines += _event(published, piece, now, prefix, lang, translate)
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR")).encode()


def _zone(name: str, first: date, last: date) -> Iterable[str]:
    text = Timezone.from_tzinfo(ZoneInfo(name), name, first, last).to_ical().decode()
    return [line for line in text.splitlines() if not line.startswith("COMMENT:")]


def _told(published: Published, now: datetime, days: int) -> Iterator[Piece]:
    hours = published.hours
    if hours is None:
        return
    today = now.astimezone(hours.zone).date()
    found = pieces(hours, midnight(hours, today), midnight(hours, today + timedelta(days=days)), alike)
    yield from (piece for piece in found if is_told(piece.span))


def is_told(span: Span) -> bool:
    """Whether a span becomes an event: a calendar full of closed nights would help nobody."""
    return span.state in OPEN or bool(said(span))


def _event(
    published: Published, piece: Piece, now: datetime, prefix: str, lang: str, translate: Translate
) -> Iterator[str]:
    view, hours = published.branch, published.hours
    if hours is None:
        return
    made = midnight(hours, now.astimezone(hours.zone).date())
    yield "BEGIN:VEVENT"
    yield f"UID:{view.id}-{piece.start:%Y%m%dT%H%M%SZ}@{view.consortium}.meroppet"
    # When the calendar was made, §3.8.7.2: the day is near enough, and the same whoever asks when.
    yield f"DTSTAMP:{made:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART{_moment(hours, piece.start)}"
    yield f"DTEND{_moment(hours, piece.end)}"
    yield f"SUMMARY:{_text(prefix + state_word(piece.span.state, translate))}"
    if reason := reason_in(dict(said(piece.span)), lang):
        yield f"DESCRIPTION:{_text(reason)}"
    yield f"LOCATION:{_text(view.name)}"
    yield "TRANSP:TRANSPARENT"
    yield f"X-MEROPPET-STATE:{piece.span.state.value}"
    yield "END:VEVENT"


def _moment(hours: Hours, moment: datetime) -> str:
    local = moment.astimezone(hours.zone)
    if local.fold:
        # The hour that comes twice: a local time means the first, §3.3.5, so the second is written in UTC.
        return f":{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f";TZID={hours.zone.key}:{local:%Y%m%dT%H%M%S}"


def _text(said: str) -> str:
    """A text as a value, §3.3.11."""
    plain = _CONTROLS.sub(" ", said.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"([\\;,])", r"\\\1", plain).replace("\n", "\\n")


def _folded(line: str) -> str:
    if len(line.encode()) <= _LONGEST_LINE:
        return line
    parts, octets = [""], 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > _LONGEST_LINE:
            parts.append("")
            octets = 1  # The space that begins a continued line.
        parts[-1] += letter
        octets += size
    return "\r\n ".join(parts)
