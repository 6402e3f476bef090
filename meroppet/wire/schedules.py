"""What is written down of opening hours, as people can read it: one shape on the wire, in the database and in files.

Each document says itself whether it can be meant: its `meant` is the rules' value. See schedule_convert for whole
schedules, and for the way back.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

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
    Order,
    OrderKind,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import Day, Interval, Week, Window, require_day
from meroppet.rules.schedule import (
    ClosingPlan,
    Holiday,
    HolidayRule,
    HostDay,
    HostHours,
    Schedule,
    Season,
    Treatment,
)
from meroppet.wire.base import Document
from meroppet.wire.written import (
    MOST_PARTS,
    WEEKDAY_NAMES,
    Country,
    IsoDate,
    Moment,
    Name,
    Parts,
    Reasons,
    Stretch,
    Stretches,
    Time,
    WeekdayName,
    Written,
    YearDay,
    minute_in,
    one_or_more,
    window_in,
)


class DayDocument(Written):
    """One day's hours: self-service throughout `open`, staffed throughout `staffed`, which lies over it."""

    open: Stretches = ()
    staffed: Stretches = ()

    def meant(self) -> Day:
        """The intervals in order."""
        said = ((self.staffed, BranchState.STAFFED), (self.open, BranchState.SELF_SERVICE))
        windows = [(window_in(text), state) for stretches, state in said for text in stretches]
        day = tuple(sorted(Interval(window.start, window.end, state) for window, state in windows))
        require_day(day, "hours overlap")
        return day


class WeekDocument(Written):
    """A week; a day that is left out is closed."""

    monday: DayDocument = DayDocument()
    tuesday: DayDocument = DayDocument()
    wednesday: DayDocument = DayDocument()
    thursday: DayDocument = DayDocument()
    friday: DayDocument = DayDocument()
    saturday: DayDocument = DayDocument()
    sunday: DayDocument = DayDocument()

    def meant(self) -> Week:
        """Seven days, Monday first."""
        days = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)
        return tuple(day.meant() for day in days)


_A_WEEK = "a table with monday = { open = ['06:00-22:00'] } and so on"
_USUAL = WeekDocument(**dict.fromkeys(WEEKDAY_NAMES, DayDocument(open=("06:00-22:00",))))
"""The rules' DEFAULT_WEEK, as it is written."""


class SeasonDocument(Written):
    """A week that holds from one day of the year to another, inclusive."""

    id: Name
    name: str = Field(default="", max_length=100)
    first: YearDay
    last: YearDay
    weekly: WeekDocument = Field(description=_A_WEEK)
    valid_from: IsoDate | None = None
    valid_until: IsoDate | None = None

    def meant(self) -> Season:
        """The season."""
        return Season(
            id=self.id,
            name=self.name,
            first=_month_and_day(self.first),
            last=_month_and_day(self.last),
            weekly=self.weekly.meant(),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


def _month_and_day(text: str) -> tuple[int, int]:
    return int(text[:2]), int(text[3:])


class HolidayRuleDocument(Written):
    """What the branch does on a holiday; `hours` cut the day where it is shorter or self-service only."""

    key: Name
    treatment: Treatment
    hours: Stretch | None = None

    def meant(self) -> HolidayRule:
        """The rule."""
        window = None if self.hours is None else window_in(self.hours)
        return HolidayRule(key=self.key, treatment=self.treatment, window=window)


class HostWeekDocument(Document):
    """When the building lets people in; a day that is left out it does not."""

    monday: Stretches = ()
    tuesday: Stretches = ()
    wednesday: Stretches = ()
    thursday: Stretches = ()
    friday: Stretches = ()
    saturday: Stretches = ()
    sunday: Stretches = ()


class HostDayDocument(Written):
    """Days (first to last, inclusive; one day without `last`) on which the building has other hours."""

    first: IsoDate
    last: IsoDate | None = None
    open: Stretches = ()

    def meant(self) -> HostDay:
        """The days."""
        return HostDay(first=self.first, last=self.last or self.first, windows=_windows(self.open))


class HostDocument(Written):
    """The hours of the building around the branch; `holidays` gives its hours on a holiday by the holiday's key."""

    name: str = Field(max_length=100)
    weekly: HostWeekDocument
    holidays: dict[Name, Stretches] = Field(default_factory=dict)
    days: tuple[HostDayDocument, ...] = ()

    def meant(self) -> HostHours:
        """The building's hours."""
        week = (getattr(self.weekly, name) for name in WEEKDAY_NAMES)
        return HostHours(
            name=self.name,
            weekly=tuple(_windows(stretches) for stretches in week),
            holidays=tuple((key, _windows(stretches)) for key, stretches in self.holidays.items()),
            days=tuple(day.meant() for day in self.days),
        )


def _windows(stretches: tuple[str, ...]) -> tuple[Window, ...]:
    return tuple(sorted(window_in(text) for text in stretches))


Never = Literal["never"]


class ClosingDocument(Written):
    """What happens around closing, in minutes (see meroppet.rules.schedule.ClosingPlan)."""

    announcements: tuple[int, ...] = ClosingPlan().announcements
    last_entry: int | None = None
    gap: int = 0
    lights: int | Never = Field(default=5, description="minutes after closing, or 'never'")
    alarm: int | Never = Field(default=10, description="minutes after closing, or 'never'")

    def meant(self) -> ClosingPlan:
        """The plan."""
        return ClosingPlan(
            announcements=self.announcements,
            last_entry=self.last_entry,
            gap=self.gap,
            lights=None if self.lights == "never" else self.lights,
            alarm=None if self.alarm == "never" else self.alarm,
        )


class PatternDocument(Written):
    """What one branch has said of its hours once and for all (kind "schedule")."""

    zone: str = Field(description="a time zone such as 'Europe/Stockholm'")
    weekly: WeekDocument = Field(description=_A_WEEK)
    seasons: tuple[SeasonDocument, ...] = ()
    holiday_rules: tuple[HolidayRuleDocument, ...] = ()
    host: HostDocument | None = None
    closing: ClosingDocument = ClosingDocument()
    first_person_in: bool = False

    def meant(self) -> Schedule:
        """The branch's own part of its schedule: no holidays, no exceptions, no orders."""
        return Schedule(
            self.zone,
            self.weekly.meant(),
            seasons=tuple(season.meant() for season in self.seasons),
            holiday_rules=tuple(rule.meant() for rule in self.holiday_rules),
            host=None if self.host is None else self.host.meant(),
            closing=self.closing.meant(),
            first_person_in=self.first_person_in,
        )


class HolidayDocument(Document):
    """One day that is a holiday or an eve."""

    day: IsoDate
    key: Name

    def meant(self) -> Holiday:
        """The holiday."""
        return Holiday(self.day, self.key)


class HolidaysDocument(Document):
    """The consortium's holidays and eves (kind "holidays"), complete up to and with `known_until`."""

    known_until: IsoDate | None = None
    days: tuple[HolidayDocument, ...] = ()


class EventDocument(Document):
    """An event: free entry, or those on its list only."""

    hours: Stretch
    listed_only: bool = False

    def meant(self) -> Event:
        """The event."""
        return Event(window_in(self.hours), self.listed_only)


class ExceptionDayDocument(Written):
    """What an exception says of some days: first to last, inclusive (one day without `last`), on some weekdays."""

    first: IsoDate
    last: IsoDate | None = None
    weekdays: Annotated[tuple[WeekdayName, ...], BeforeValidator(one_or_more)] = WEEKDAY_NAMES
    closed: Parts = ()
    not_before: Time | None = None
    not_after: Time | None = None
    no_self_service: Parts = ()
    maintenance: Parts = ()
    other_hours: DayDocument | None = None
    more_hours: DayDocument | None = None
    events: tuple[EventDocument, ...] = Field(default=(), max_length=MOST_PARTS)

    def meant(self) -> ExceptionDay:
        """The days and what is said of them, in the order of the keys above."""
        return ExceptionDay(
            first=self.first,
            last=self.last or self.first,
            weekdays=frozenset(WEEKDAY_NAMES.index(name) for name in self.weekdays),
            contents=(*self._restricting(), *self._opening()),
        )

    def _restricting(self) -> tuple[Content, ...]:
        return (
            *(Closed(window_in(text)) for text in self.closed),
            *(() if self.not_before is None else (NotBefore(_minute(self.not_before)),)),
            *(() if self.not_after is None else (NotAfter(_minute(self.not_after)),)),
            *(NoSelfService(window_in(text)) for text in self.no_self_service),
            *(Maintenance(window_in(text)) for text in self.maintenance),
        )

    def _opening(self) -> tuple[Content, ...]:
        return (
            *(() if self.other_hours is None else (OtherHours(self.other_hours.meant()),)),
            *(() if self.more_hours is None else (MoreHours(self.more_hours.meant()),)),
            *(event.meant() for event in self.events),
        )


def _minute(text: str) -> int:
    minute = minute_in(text)
    if minute is None:
        raise ValueError(f"'{text}' is no time of day; write it like 06:00")
    return minute


def _not_staff(name: str) -> str:
    if name == "staff":
        # A door would take the guests of such an event for staff.
        raise ValueError("the name of the staff's list; choose another")
    return name


class ExceptionDocument(Written):
    """A decision that some days are otherwise (kind "exception", its id the key)."""

    id: Annotated[Name, AfterValidator(_not_staff)]
    level: Level
    days: tuple[ExceptionDayDocument, ...] = Field(min_length=1)
    title: str = Field(default="", max_length=200)
    reasons: Reasons = Field(default_factory=dict)
    valid_from: IsoDate | None = None
    valid_until: IsoDate | None = None
    decided_by: str = Field(default="", max_length=200)
    decided_at: Moment | None = None

    def meant(self) -> ScheduleException:
        """The exception."""
        return ScheduleException(
            id=self.id,
            level=self.level,
            days=tuple(days.meant() for days in self.days),
            title=self.title,
            reasons=tuple(self.reasons.items()),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            decided_by=self.decided_by,
            decided_at=self.decided_at,
        )


class OrderDocument(Written):
    """What staff order at once (kind "order", its id the key); without `end` until it is taken back."""

    id: Name
    level: Level
    kind: OrderKind
    start: Moment
    end: Moment | None = None
    reasons: Reasons = Field(default_factory=dict)

    def meant(self) -> Order:
        """The order."""
        return Order(
            id=self.id,
            level=self.level,
            kind=self.kind,
            start=self.start,
            end=self.end,
            reasons=tuple(self.reasons.items()),
        )


class ListDocument(Document):
    """Who is on a list (kind "listed"): subject digests in hex, under the key "staff" or an exception's id."""

    subjects: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], ...] = ()


class ScheduleFile(PatternDocument):
    """A whole schedule in one TOML file: the branch's pattern, holidays, and exceptions and orders of every level.

    `country` asks whoever reads the file for the holidays of that country, besides those listed. A file that does not
    say `weekly` has the week of a branch that has said nothing.
    """

    format: Literal["meroppet-schedule-1"]
    weekly: WeekDocument = Field(default=_USUAL, description=_A_WEEK)
    country: Country | None = None
    holidays: tuple[HolidayDocument, ...] = ()
    known_until: IsoDate | None = None
    exceptions: tuple[ExceptionDocument, ...] = ()
    orders: tuple[OrderDocument, ...] = ()
