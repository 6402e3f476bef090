"""How days look on the wall: bars and stretches of one local day, taken from what the doors go by. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import Order, ScheduleException
from meroppet.rules.hours import Hours, Span
from meroppet.rules.intervals import MINUTES_A_DAY
from meroppet.rules.provenance import Rule

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the wall clock's day in one state; closed is what no bar covers."""

    start: int
    end: int
    state: BranchState
    listed_only: bool = False

    @property
    def width(self) -> int:
        """Minutes."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class DayHours:
    """One local day: its bars in order. On a day whose clock is turned, bars show what the wall clock shows."""

    day: date
    bars: tuple[Bar, ...]

    @property
    def open(self) -> tuple[tuple[int, int], ...]:
        """The stretches in which people may be inside, whoever is there."""
        return tuple(_joined((bar.start, bar.end) for bar in self.bars if bar.state in OPEN))

    def stretches(self, state: str) -> tuple[tuple[int, int], ...]:
        """The stretches in one state, by its value."""
        return tuple(_joined((bar.start, bar.end) for bar in self.bars if bar.state == state))


def day_hours(hours: Hours, day: date) -> DayHours:
    """The day as it will be."""
    bars = (_bar(span, hours, day) for span in spans_of(hours, day) if span.state is not BranchState.CLOSED)
    return DayHours(day, tuple(_merged(bars)))


def spans_of(hours: Hours, day: date) -> Iterator[Span]:
    """What holds from one local midnight to the next."""
    return hours.spans(midnight(hours, day), midnight(hours, day + DAY))


def midnight(hours: Hours, day: date) -> datetime:
    """The beginning of a local day, aware."""
    return datetime.combine(day, time(), tzinfo=hours.zone)


def wall_minute(hours: Hours, day: date, moment: datetime) -> int:
    """The minute the wall clock shows; the ends of the day are 0 and 1440."""
    local = moment.astimezone(hours.zone)
    if local.date() != day:
        return 0 if local.date() < day else MINUTES_A_DAY
    return local.hour * 60 + local.minute


def _bar(span: Span, hours: Hours, day: date) -> Bar:
    start, end = wall_minute(hours, day, span.start), wall_minute(hours, day, span.end)
    # Where an hour comes twice, a stretch may end earlier on the wall clock than it began.
    return Bar(start, max(start, end), span.state, span.answer.listed_only)


def _merged(bars: Iterable[Bar]) -> Iterator[Bar]:
    last: Bar | None = None
    for bar in bars:
        if last and (last.state, last.listed_only) == (bar.state, bar.listed_only) and bar.start <= last.end:
            last = Bar(last.start, max(last.end, bar.end), last.state, last.listed_only)
            continue
        if last:
            yield last
        last = bar
    if last:
        yield last


def _joined(stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end in stretches:
        if last and start <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last:
            yield last
        last = (start, end)
    if last:
        yield last


@dataclass(frozen=True, slots=True)
class Stretch:
    """What holds for a while on one day: wall-clock minutes, state, the rule that won and those it beat."""

    start: int
    end: int
    state: BranchState
    rule: Rule
    beaten: tuple[Rule, ...]
    listed_only: bool


def stretches_of(hours: Hours, day: date) -> tuple[Stretch, ...]:
    """The day with its reasons, midnight to midnight."""
    return tuple(
        Stretch(
            wall_minute(hours, day, span.start),
            wall_minute(hours, day, span.end),
            span.state,
            span.rule,
            span.answer.beaten,
            span.answer.listed_only,
        )
        for span in spans_of(hours, day)
    )


def exceptions_on(hours: Hours, day: date) -> tuple[ScheduleException, ...]:
    """The exceptions that say something of the day."""
    return tuple(exception for exception in hours.schedule.exceptions if exception.on(day))


def orders_on(hours: Hours, day: date) -> tuple[Order, ...]:
    """The orders that hold at some moment of the day."""
    first, last = midnight(hours, day), midnight(hours, day + DAY)
    return tuple(
        order for order in hours.schedule.orders if order.start < last and (order.end is None or order.end > first)
    )


def holidays_on(hours: Hours, day: date) -> tuple[str, ...]:
    """The keys of the holidays the day is."""
    return tuple(holiday.key for holiday in hours.schedule.holidays if holiday.day == day)


def hours_in(hours: Hours, day: date) -> int:
    """How many hours the day has: 24, and 23 or 25 when the clock is turned."""
    return round((midnight(hours, day + DAY).timestamp() - midnight(hours, day).timestamp()) / 3600)
