"""When it was: a day and perhaps a time as staff type them, and the stretch of time that is looked through. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from meroppet.rules.intervals import MINUTES_A_DAY
from meroppet.wire.written import minute_in

AROUND = timedelta(minutes=15)
"""Nobody looks at the clock when a door stays shut: who says 18.05 means thereabouts."""

WITHIN = timedelta(days=3660)
"""Nobody asks about a day further from today; the first and last days there are fit no clock but that of their zone."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment to ask about, and the first and last moment of what is looked through."""

    at: datetime
    first: datetime
    last: datetime


def when(day: str, clock: str, now: datetime, zone: ZoneInfo) -> When:
    """The moment meant: without a day today, without a time the whole day up to now. Raises ValueError for neither."""
    local = now.astimezone(zone)
    wanted = date.fromisoformat(day) if day.strip() else local.date()
    if abs(wanted - local.date()) > WITHIN:
        raise ValueError("no day that anybody asks about")
    if not clock.strip():
        first = datetime.combine(wanted, time(), zone)
        at = local if wanted == local.date() else datetime.combine(wanted, time(12), zone)
        return When(at, first, datetime.combine(wanted + timedelta(days=1), time(), zone))
    minute = minute_in(clock)
    if minute is None or minute >= MINUTES_A_DAY:
        raise ValueError("no time of day")
    at = datetime.combine(wanted, time(minute // 60, minute % 60), zone)
    return When(at, at - AROUND, at + AROUND)
