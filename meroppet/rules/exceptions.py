"""What is decided for some days, or ordered at once, on any level; values only. See schedule for what comes of them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from meroppet.rules.intervals import (
    ALL_DAY,
    MINUTES_A_DAY,
    WEEKDAYS,
    Day,
    ScheduleError,
    Window,
    require_day,
    require_in_order,
    wall,
)

Texts = tuple[tuple[str, str], ...]
"""Pairs of language and sentence, such as (("sv", "Personalen utbildas"), ("en", "Staff are in training"))."""


class Level(StrEnum):
    """Who decided, the widest first: an exception of a wider level is an opening that wins over a narrower one's.

    MUNICIPALITY is the branch's controller, whatever kind of body it is.
    """

    CONSORTIUM = "consortium"
    GROUP = "group"
    MUNICIPALITY = "municipality"
    BRANCH = "branch"


# What an exception says of a day. The first five restrict, the last three open. A restriction to 24:00 takes along the
# hours over midnight that begin on its day: they are that day's.
@dataclass(frozen=True, slots=True)
class Closed:
    """Closed in the window (all day)."""

    window: Window = ALL_DAY


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Closed until this minute."""

    minute: int


@dataclass(frozen=True, slots=True)
class NotAfter:
    """Closed from this minute to the end of the day."""

    minute: int


@dataclass(frozen=True, slots=True)
class NoSelfService:
    """Self-service hours in the window are closed; staffed ones and events stay."""

    window: Window = ALL_DAY


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Listed credentials only, in the window."""

    window: Window = ALL_DAY


@dataclass(frozen=True, slots=True)
class OtherHours:
    """The day's hours, in place of whatever narrower openings say of it; none: closed, as far as this rule goes."""

    intervals: Day

    def __post_init__(self) -> None:
        require_day(self.intervals, "other hours")


@dataclass(frozen=True, slots=True)
class MoreHours:
    """Hours besides whatever else the day has: staffed ones turn self-service ones into staffed, never the reverse."""

    intervals: Day

    def __post_init__(self) -> None:
        require_day(self.intervals, "more hours")


@dataclass(frozen=True, slots=True)
class Event:
    """An event in the window: free entry, or those on its list only. Speaks only within its window."""

    window: Window
    listed_only: bool = False


Restricting = Closed | NotBefore | NotAfter | NoSelfService | Maintenance
Opening = OtherHours | MoreHours | Event
Content = Restricting | Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionDay:
    """What an exception says of the days first–last (inclusive) that fall on one of `weekdays` (all)."""

    first: date
    last: date
    contents: tuple[Content, ...]
    weekdays: frozenset[int] = frozenset(WEEKDAYS)

    def __post_init__(self) -> None:
        require_in_order(self.first, self.last, "exception")
        if not self.contents:
            raise ScheduleError(f"exception on {self.first}: it says nothing; say closed, not before, other hours …")
        if not self.weekdays or not self.weekdays <= frozenset(WEEKDAYS):
            raise ScheduleError(f"exception on {self.first}: weekdays are 0 (Monday) to 6, at least one of them")
        for content in self.contents:
            if isinstance(content, NotBefore | NotAfter) and not 0 < content.minute < MINUTES_A_DAY:
                raise ScheduleError(f"exception on {self.first}: {wall(content.minute)} is not within 00:01–23:59")

    def covers(self, day: date) -> bool:
        """Whether it says something of this day."""
        return self.first <= day <= self.last and day.weekday() in self.weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleException:
    """A decision that some days are otherwise. Of two on one level the one listed last wins.

    `title` is for staff, `reasons` for the public; `decided_by` is an office or a minute, never needed by a door.
    Outside valid_from–valid_until (inclusive) it says nothing.
    """

    id: str
    level: Level
    days: tuple[ExceptionDay, ...]
    title: str = ""
    reasons: Texts = ()
    valid_from: date | None = None
    valid_until: date | None = None
    decided_by: str = ""
    decided_at: datetime | None = None

    def __post_init__(self) -> None:
        require_in_order(self.valid_from, self.valid_until, f"exception {self.id}")

    def on(self, day: date) -> tuple[Content, ...]:
        """What it says of a day, in the order listed."""
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            return ()
        return tuple(content for days in self.days if days.covers(day) for content in days.contents)


class OrderKind(StrEnum):
    """What staff order at once, for a stretch of real time."""

    EMERGENCY_CLOSED = "emergency_closed"
    MAINTENANCE = "maintenance"
    NO_SELF_SERVICE = "no_self_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Closed now (EMERGENCY_CLOSED), or another order, from a moment to another or until it is taken back (None).

    The moments are aware; half-open like everything here. An emergency wins over every other rule.
    """

    id: str
    level: Level
    kind: OrderKind
    start: datetime
    end: datetime | None = None
    reasons: Texts = ()

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None and moment.utcoffset() is None:
                raise ScheduleError(f"order {self.id}: {moment} has no time zone")
        # As real time: two moments of one zone would be compared by what the wall clock shows.
        if self.end is not None and self.end.timestamp() <= self.start.timestamp():
            raise ScheduleError(f"order {self.id}: ends at {self.end}, not after it begins at {self.start}")
