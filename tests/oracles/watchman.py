"""A watchman who paints every minute of a branch's day on a long strip, layer over layer: an oracle for opening hours.

Written from what hours shall be, not from how they are worked out: it shares value types with the rules and no code.
Slow and plain. The weakest opening is painted first and the strongest last; then what restricts is painted over it, the
weakest first; then orders, on the strip of real time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    Level,
    Maintenance,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    OrderKind,
    OtherHours,
)
from meroppet.rules.intervals import Day, Window
from meroppet.rules.schedule import HolidayRule, HostHours, Schedule, Season, Treatment

Seen = tuple[BranchState, str]
"""The state and the rule that made it so, as it is printed."""

CLOSED, ALONE, STAFFED = BranchState.CLOSED, BranchState.SELF_SERVICE, BranchState.STAFFED
WORTH = {CLOSED: 0, ALONE: 1, STAFFED: 2, BranchState.EVENT: 3}
ONE_DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
NARROWEST_FIRST = (Level.BRANCH, Level.MUNICIPALITY, Level.GROUP, Level.CONSORTIUM)
ORDERS = (OrderKind.NO_SELF_SERVICE, OrderKind.MAINTENANCE, OrderKind.EMERGENCY_CLOSED)
TREATMENTS = tuple(Treatment)


@dataclass(slots=True)
class Watchman:
    """Looks at one schedule."""

    schedule: Schedule
    _days: dict[date, list[Seen]] = field(default_factory=dict)
    _openings: dict[date, list[Seen]] = field(default_factory=dict)
    _one: dict[Seen, Seen] = field(default_factory=dict)

    def minutes(self, midnight: datetime) -> list[Seen]:
        """What is seen at each of the 1,440 minutes of real time after a midnight in UTC; equal ones are one object."""
        zone, strip = ZoneInfo(self.schedule.zone), []
        for number in range(96):
            wall = (midnight + number * QUARTER).astimezone(zone)
            assert wall.minute % 15 == 0, "a wall clock that is turned within a quarter"
            minute = wall.hour * 60 + wall.minute
            strip += self._day(wall.date())[minute : minute + 15]
        return self._ordered(strip, midnight)

    def _interned(self, strip: list[Seen]) -> list[Seen]:
        return [self._one.setdefault(seen, seen) for seen in strip]

    def _day(self, day: date) -> list[Seen]:
        if day not in self._days:
            if len(self._days) > 60:
                self._days.clear()
                self._openings.clear()
            last = self.schedule.known_until
            is_known = last is None or day <= last
            self._days[day] = self._interned(self._restricted(day) if is_known else [(CLOSED, "horizon")] * 1440)
        return self._days[day]

    # --- What opens ---------------------------------------------------------------------------------------------------

    def _opening(self, day: date) -> list[Seen]:
        """The hours that begin on a day: two days long, for those that go on after midnight."""
        if day not in self._openings:
            strip = whole(self.schedule.weekly[day.weekday()], "week")
            for season in self.schedule.seasons:
                if in_season(season, day):
                    strip = whole(season.weekly[day.weekday()], f"season:{season.id}")
            strip = self._holiday(day, strip)
            for level in NARROWEST_FIRST:
                strip = self._excepted(day, level, strip)
            self._openings[day] = strip
        return self._openings[day]

    def _holiday(self, day: date, usual: list[Seen]) -> list[Seen]:
        rules = [rule for rule in self.schedule.holiday_rules if rule.key in self._keys(day)]
        rules = [rule for rule in rules if rule.treatment is not Treatment.AS_USUAL]
        if not rules:
            return usual
        states = [state for state, _ in usual]
        for rule in rules:
            states = [treated(rule, minute, state) for minute, state in enumerate(states)]
        strictest = max(rules, key=lambda rule: (TREATMENTS.index(rule.treatment), rules.index(rule)))
        return [(state, f"holiday:{strictest.key}") for state in states]

    def _keys(self, day: date) -> list[str]:
        return [holiday.key for holiday in self.schedule.holidays if holiday.day == day]

    def _said(self, day: date, level: Level) -> Iterator[tuple[str, Content]]:
        for exception in self.schedule.exceptions:
            if exception.level is not level:
                continue
            if (exception.valid_from or day) <= day <= (exception.valid_until or day):
                for days in exception.days:
                    if days.first <= day <= days.last and day.weekday() in days.weekdays:
                        for content in days.contents:
                            yield f"exception:{level.value}:{exception.id}", content

    def _excepted(self, day: date, level: Level, strip: list[Seen]) -> list[Seen]:
        said = list(self._said(day, level))
        for rule, content in said:
            if isinstance(content, OtherHours):
                strip = whole(content.intervals, rule)
        for rule, content in said:
            if isinstance(content, MoreHours):
                for interval in content.intervals:
                    lay(strip, interval.start, interval.end, (interval.state, rule))
            if isinstance(content, Event):
                lay(strip, content.window.start, content.window.end, (BranchState.EVENT, rule))
        return strip

    # --- What restricts -----------------------------------------------------------------------------------------------

    def _restricted(self, day: date) -> list[Seen]:
        strip = self._with_the_night(day)
        opening = [state for state, _ in strip]
        strip = [
            seen if lets_in else (CLOSED, "host") for seen, lets_in in zip(strip, self._in_building(day), strict=True)
        ]
        for state in (CLOSED, BranchState.MAINTENANCE):
            for level in NARROWEST_FIRST:
                for cut in self._cuts(day - ONE_DAY, level):
                    if cut.state is state and cut.end > 1440:
                        cut.paint(strip, opening, -1440)
                for cut in self._cuts(day, level):
                    if cut.state is state:
                        cut.paint(strip, opening, 0)
        return strip

    def _with_the_night(self, day: date) -> list[Seen]:
        """The day, with what goes on from the day before unless that day was closed to its end."""
        strip, night = self._opening(day)[:1440], self._opening(day - ONE_DAY)[1440:]
        opening = [state for state, _ in night]
        if set(opening) == {CLOSED}:
            return strip
        for level in NARROWEST_FIRST:
            for cut in self._cuts(day - ONE_DAY, level):
                if cut.end == 1440:
                    Cut(0, 1440, CLOSED, cut.rule, cut.spares).paint(night, opening, 0)
        for minute in range(1440):
            here, late = strip[minute][0], night[minute][0]
            if opening[minute] is not CLOSED and (here is CLOSED or WORTH[late] > WORTH[here]):
                strip[minute] = night[minute]
        return strip

    def _cuts(self, day: date, level: Level) -> Iterator["Cut"]:
        for rule, content in self._said(day, level):
            match content:
                case Closed(window):
                    yield Cut(window.start, window.end, CLOSED, rule)
                case NotBefore(minute):
                    yield Cut(0, minute, CLOSED, rule)
                case NotAfter(minute):
                    yield Cut(minute, 1440, CLOSED, rule)
                case NoSelfService(window):
                    yield Cut(window.start, window.end, CLOSED, rule, spares=True)
                case Maintenance(window):
                    yield Cut(window.start, window.end, BranchState.MAINTENANCE, rule)

    def _in_building(self, day: date) -> list[bool]:
        """Each minute of the day, whether the building around the branch lets people in."""
        host, open_minutes = self.schedule.host, [True] * 1440
        if host is not None:
            today, before = (admitted(self._open_building(host, when)) for when in (day, day - ONE_DAY))
            open_minutes = [here or late for here, late in zip(today[:1440], before[1440:], strict=True)]
        return open_minutes

    def _open_building(self, host: HostHours, day: date) -> list[tuple[Window, ...]]:
        dated = [days.windows for days in host.days if days.first <= day <= days.last]
        holidays = [windows for key, windows in host.holidays if key in self._keys(day)]
        return dated[-1:] or holidays or [host.weekly[day.weekday()]]

    def _ordered(self, strip: list[Seen], midnight: datetime) -> list[Seen]:
        opening = [state for state, _ in strip]
        cuts = list(self._standing(midnight))
        for cut in cuts:
            cut.paint(strip, opening, 0)
        return self._interned(strip) if cuts else strip

    def _standing(self, midnight: datetime) -> Iterator["Cut"]:
        """The orders of a day in real time, the weakest first."""
        for kind in ORDERS:
            for level in NARROWEST_FIRST:
                for order in self.schedule.orders:
                    if order.kind is kind and order.level is level:
                        first = round((order.start - midnight) / timedelta(minutes=1))
                        last = 1440 if order.end is None else round((order.end - midnight) / timedelta(minutes=1))
                        spares = kind is OrderKind.NO_SELF_SERVICE
                        state = CLOSED if spares else BranchState(kind.value)
                        if first < 1440 and last > 0:
                            yield Cut(first, last, state, f"order:{level.value}:{order.id}", spares)


@dataclass(slots=True)
class Cut:
    """One restriction; `spares`: staffed hours and events stay."""

    start: int
    end: int
    state: BranchState
    rule: str
    spares: bool = False

    def paint(self, strip: list[Seen], opening: list[BranchState], shift: int) -> None:
        """Paint it over the strip, given what the openings alone say."""
        for minute in range(max(self.start + shift, 0), min(self.end + shift, 1440)):
            if not self.spares or opening[minute] is ALONE:
                strip[minute] = (self.state, self.rule)


def whole(intervals: Day, rule: str) -> list[Seen]:
    """A day of which a rule says everything: closed but in these intervals, staffed over self-service."""
    strip: list[Seen] = [(CLOSED, rule)] * 2880
    for state in (ALONE, STAFFED):
        for interval in intervals:
            if interval.state is state:
                lay(strip, interval.start, interval.end, (state, rule))
    return strip


def lay(strip: list[Seen], start: int, end: int, seen: Seen) -> None:
    """Lay hours over the strip where they are worth as much as what is there."""
    for minute in range(start, end):
        if WORTH[seen[0]] >= WORTH[strip[minute][0]]:
            strip[minute] = seen


def treated(rule: HolidayRule, minute: int, state: BranchState) -> BranchState:
    """What a holiday makes of a minute of a usual day."""
    if rule.treatment is Treatment.CLOSED:
        return CLOSED
    if rule.window and not rule.window.start <= minute < rule.window.end:
        return CLOSED
    return ALONE if state is STAFFED and rule.treatment is Treatment.SELF_SERVICE_ONLY else state


def in_season(season: Season, day: date) -> bool:
    """Whether a season's week holds: stepping back from the day, its first day is met before its last."""
    if not (season.valid_from or day) <= day <= (season.valid_until or day):
        return False
    here, first, last = day.strftime("%m%d"), "{:02}{:02}".format(*season.first), "{:02}{:02}".format(*season.last)
    return first <= here <= last if first <= last else not last < here < first


def admitted(lists: list[tuple[Window, ...]]) -> list[bool]:
    """Each minute of two days, whether it is within each of the lists of windows."""
    admits = [[False] * 2880 for _ in lists]
    for strip, windows in zip(admits, lists, strict=True):
        for window in windows:
            strip[window.start : window.end] = [True] * (window.end - window.start)
    return admits[0] if len(admits) == 1 else [all(minute) for minute in zip(*admits, strict=True)]


def real_midnights(first: date, last: date) -> Iterator[datetime]:
    """The midnights in UTC of the days first–last (inclusive)."""
    moment = datetime(first.year, first.month, first.day, tzinfo=UTC)
    while moment.date() <= last:
        yield moment
        moment += ONE_DAY
