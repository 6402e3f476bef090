"""When a branch is open: one schedule document, and what it says at any moment, exact over daylight saving."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from meroppet.rules.branch import BranchState

MINUTES_A_DAY = 24 * 60


class ScheduleError(ValueError):
    """A schedule that cannot be meant; the text names the day, the value and what is allowed."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A half-open stretch of one day in minutes after local midnight: 06:00–22:00 is (360, 1320)."""

    start: int
    end: int
    state: BranchState

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_A_DAY:
            raise ScheduleError(
                f"{_clock(self.start)}–{_clock(self.end)}: an interval starts before it ends, within 00:00–24:00"
            )
        if self.state is BranchState.CLOSED:
            raise ScheduleError(f"{_clock(self.start)}–{_clock(self.end)}: what is not listed is closed")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Seven days (Monday first) of intervals in one time zone; a time no interval covers is closed."""

    zone: str
    weekly: tuple[tuple[Interval, ...], ...]

    def __post_init__(self) -> None:
        _require_zone(self.zone)
        if len(self.weekly) != 7:
            raise ScheduleError(f"a week has seven days, not {len(self.weekly)}")
        for day in self.weekly:
            _require_order(day)


def _require_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        # A name nobody knows, one that is none, and the name of a whole continent: zoneinfo has an error for each.
        raise ScheduleError(f"{name!r} is no time zone; it looks like Europe/Stockholm") from error


def _require_order(day: tuple[Interval, ...]) -> None:
    for before, after in pairwise(day):
        if after.start < before.end:
            raise ScheduleError(
                f"{_clock(after.start)}: the interval before it lasts until {_clock(before.end)}; "
                "begin later or end that one earlier"
            )


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one state, [start, end) in UTC, and the rule that made it so."""

    start: datetime
    end: datetime
    state: BranchState
    rule: str


def _require_aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be compared with opening hours")
    return moment.astimezone(UTC)


def _interval_at(day: tuple[Interval, ...], minute: int) -> Interval | None:
    return next((interval for interval in day if interval.start <= minute < interval.end), None)


def state_at(schedule: Schedule, moment: datetime) -> BranchState:
    """The branch's state at an aware moment: what its wall clock shows decides. Raises ValueError for a naive one."""
    local = _require_aware(moment).astimezone(ZoneInfo(schedule.zone))
    interval = _interval_at(schedule.weekly[local.weekday()], local.hour * 60 + local.minute)
    return interval.state if interval else BranchState.CLOSED


def _instants(day: date, minute: int, zone: ZoneInfo) -> set[datetime]:
    """The moments at which a wall clock comes to show this minute; two on the night the clock goes back."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 (wall time, zoned below)
    return {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}


def _boundaries(schedule: Schedule, day: date) -> set[datetime]:
    zone = ZoneInfo(schedule.zone)
    minutes = {0} | {edge for interval in schedule.weekly[day.weekday()] for edge in (interval.start, interval.end)}
    found = {instant for minute in minutes for instant in _instants(day, minute, zone)}
    return found | _offset_change(day, zone)


def _offset_change(day: date, zone: ZoneInfo) -> set[datetime]:
    """The moment on this day at which the wall clock jumps, where there is one (to the minute)."""
    low = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    high = low + timedelta(hours=26)
    if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
        return set()
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        same = low.astimezone(zone).utcoffset() == middle.astimezone(zone).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    return {high}


def spans(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Span]:
    """The states from `start` to `end` (aware), joined where nothing changes, in order and without gaps."""
    first, last = _require_aware(start), _require_aware(end)
    begun, state = first, state_at(schedule, first)
    for moment in _changes_between(schedule, first, last):
        now = state_at(schedule, moment)
        if now is not state:
            yield Span(begun, moment, state, "weekly")
            begun, state = moment, now
    if begun < last:
        yield Span(begun, last, state, "weekly")


def _changes_between(schedule: Schedule, first: datetime, last: datetime) -> list[datetime]:
    zone = ZoneInfo(schedule.zone)
    begin, end = first.astimezone(zone).date() - timedelta(days=1), last.astimezone(zone).date()
    # Sorted as a whole: where the clock goes back over midnight, the moments of two days lie among each other.
    days = (begin + timedelta(days=number) for number in range((end - begin).days + 2))
    return sorted({moment for day in days for moment in _boundaries(schedule, day) if first < moment < last})


def next_change(schedule: Schedule, moment: datetime) -> Span | None:
    """The span that follows the one at `moment`, or None if nothing changes for eight days."""
    horizon = _require_aware(moment) + timedelta(days=8)
    following = list(spans(schedule, moment, horizon))[1:2]
    return following[0] if following else None


def next_opening(schedule: Schedule, moment: datetime, states: frozenset[BranchState]) -> datetime | None:
    """When the branch next comes into one of the states (now, if it is), looking eight days ahead."""
    ahead = spans(schedule, moment, _require_aware(moment) + timedelta(days=8))
    return next((span.start for span in ahead if span.state in states), None)
