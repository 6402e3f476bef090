"""What is written down of a branch's hours, on every level: patterns, holidays, exceptions, orders. Values only.

Two kinds of rule. A restriction takes away (closed, not before, not after, no self-service, the host building's hours,
an order); restrictions of all levels intersect, so that nothing above can open what a branch has closed. An opening
gives (week, season, holiday, other hours, more hours, event); of those that speak at a moment one wins, in the order
exception of consortium > group > municipality > branch > holiday > season > week. `hours` says what comes of it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from meroppet.rules.exceptions import Order, ScheduleException
from meroppet.rules.intervals import (
    DEFAULT_WEEK,
    WEEKDAYS,
    ScheduleError,
    Week,
    Window,
    require_apart,
    require_in_order,
    require_week,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A week that holds from a day of the year to another (inclusive; over New Year where `last` is the earlier).

    `first` and `last` are (month, day). Outside valid_from–valid_until it is not. The last listed of two wins.
    """

    id: str
    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    weekly: Week
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        require_week(self.weekly, f"season {self.id}")
        require_in_order(self.valid_from, self.valid_until, f"season {self.id}")
        for month, day in (self.first, self.last):
            try:
                date(2024, month, day)
            except ValueError as error:
                raise ScheduleError(f"season {self.id}: {month:02d}-{day:02d} is no day of the year") from error

    def covers(self, day: date) -> bool:
        """Whether the season's week holds on this day."""
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            return False
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A public holiday or eve on one day; `key` says which (see server/schedules/holidays.py)."""

    day: date
    key: str


class Treatment(StrEnum):
    """What a branch does on a holiday."""

    AS_USUAL = "as_usual"
    SELF_SERVICE_ONLY = "self_service_only"
    SHORTER = "shorter"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayRule:
    """What the branch does on the holiday `key`: the usual day, changed.

    SELF_SERVICE_ONLY makes staffed hours self-service; `window` cuts the day for it and for SHORTER, which needs one.
    """

    key: str
    treatment: Treatment
    window: Window | None = None

    def __post_init__(self) -> None:
        allowed = {Treatment.SHORTER, Treatment.SELF_SERVICE_ONLY}
        if self.window is not None and self.treatment not in allowed:
            raise ScheduleError(f"holiday {self.key}: {self.treatment} has no hours of its own; leave them out")
        if self.window is None and self.treatment is Treatment.SHORTER:
            raise ScheduleError(f"holiday {self.key}: shorter needs its hours, such as 08:00–17:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDay:
    """Days first–last (inclusive) on which the host building is open in these windows only; none: it is shut."""

    first: date
    last: date
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        require_in_order(self.first, self.last, "host")
        require_apart(self.windows, f"host on {self.first}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostHours:
    """When the building around the branch (a shop, a school) lets people in: a restriction.

    `weekly` is seven tuples of windows; `holidays` pairs a holiday's key with the windows of that day; `days` goes
    before both, the last listed first.
    """

    name: str
    weekly: tuple[tuple[Window, ...], ...]
    holidays: tuple[tuple[str, tuple[Window, ...]], ...] = ()
    days: tuple[HostDay, ...] = ()

    def __post_init__(self) -> None:
        if len(self.weekly) != len(WEEKDAYS):
            raise ScheduleError(f"host: a week has seven days, not {len(self.weekly)}")
        for windows in (*self.weekly, *(windows for _, windows in self.holidays)):
            require_apart(windows, "host")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingPlan:
    """What happens around closing, in minutes.

    `announcements` and `last_entry` before a closing (None: whoever comes is let in to the end); `gap` after staff
    leave while self-service goes on: everybody leaves and logs in anew (0: no gap); `lights` and `alarm` after a
    closing (None: not asked for).
    """

    announcements: tuple[int, ...] = (15, 5)
    last_entry: int | None = None
    gap: int = 0
    lights: int | None = 5
    alarm: int | None = 10

    def __post_init__(self) -> None:
        _require_minutes("announcements", self.announcements, 1, 120)
        _require_minutes("last entry", (self.last_entry,), 1, 120)
        _require_minutes("gap", (self.gap,), 0, 15)
        _require_minutes("lights", (self.lights,), 0, 120)
        _require_minutes("alarm", (self.alarm,), 0, 120)


def _require_minutes(what: str, minutes: Iterable[int | None], least: int, most: int) -> None:
    for value in minutes:
        if value is not None and not least <= value <= most:
            raise ScheduleError(f"closing plan: {what} is {value}; allowed: {least}–{most} minutes")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything written down of one branch's hours.

    `first_person_in`: staffed hours begin only when somebody of the staff has come in; until then they are as if
    nobody were there. `known_until`: the last local date about which anything is known; after it the branch is closed,
    whatever is written. None: there is no such date.
    """

    zone: str
    weekly: Week = DEFAULT_WEEK
    seasons: tuple[Season, ...] = ()
    holiday_rules: tuple[HolidayRule, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    host: HostHours | None = None
    exceptions: tuple[ScheduleException, ...] = ()
    orders: tuple[Order, ...] = ()
    closing: ClosingPlan = ClosingPlan()
    first_person_in: bool = False
    known_until: date | None = None

    def __post_init__(self) -> None:
        _require_zone(self.zone)
        require_week(self.weekly, "week")
        _require_once("season", (season.id for season in self.seasons))
        _require_once("holiday", (rule.key for rule in self.holiday_rules))


def _require_once(what: str, names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ScheduleError(f"{what} {name}: is there {times} times; it can be once, or nobody knows which holds")


def _require_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        # A name nobody knows, one that is none, and the name of a whole continent: zoneinfo has an error for each.
        raise ScheduleError(f"{name!r} is no time zone known here; it looks like Europe/Stockholm") from error
