"""Stretches of hours that belong together, as feeds and imports tell them; no edge of the look cuts them. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from meroppet.rules.hours import Hours, Span

_DAY = timedelta(days=1)
_BEYOND = timedelta(hours=27)
"""Longer than any piece, so that a piece that begins or ends outside is seen whole; a turned clock is allowed for."""

Key = Callable[[Span], object]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch in UTC throughout which the key is the same, and the first of its spans."""

    start: datetime
    end: datetime
    span: Span


def pieces(hours: Hours, start: datetime, end: datetime, key: Key) -> Iterator[Piece]:
    """Whatever overlaps [start, end), in order. What lasts longer than 24 hours is cut at local midnights.

    A piece is the same whichever days are asked for.
    """
    for _, alike in groupby(hours.spans(start - _BEYOND, end + _BEYOND), key):
        spans = list(alike)
        for first, last in _cut(spans[0].start, spans[-1].end, hours.zone):
            if first < end and last > start:
                yield Piece(first, last, spans[0])


def _cut(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    if end - start <= _DAY:
        yield start, end
        return
    while start < end:
        tomorrow = start.astimezone(zone).date() + _DAY
        midnight = datetime.combine(tomorrow, time(), tzinfo=zone).astimezone(UTC)
        yield start, min(midnight, end)
        start = midnight
