"""The rules of any date of a schedule, looked up: days of which the same is said share one object. Used by hours."""

from dataclasses import dataclass
from datetime import date, timedelta

from meroppet.rules.day_rules import DayRules, rules_of
from meroppet.rules.exceptions import ScheduleException
from meroppet.rules.schedule import HostDay, Schedule

Numbered = tuple[int, ScheduleException]


@dataclass(frozen=True, slots=True)
class _Month:
    """What may say something of the days of one month, the exceptions with their place in the schedule."""

    exceptions: list[Numbered]
    host_days: list[HostDay]


class DayBook:
    """Which rules speak of a date. What was looked up is kept until `forget`."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._holidays: dict[date, tuple[str, ...]] = {}
        for holiday in schedule.holidays:
            self._holidays[holiday.day] = (*self._holidays.get(holiday.day, ()), holiday.key)
        self._months: dict[tuple[int, int], _Month] = {}
        self._alike: dict[object, DayRules] = {}
        self._days: dict[date, DayRules] = {}

    def rules(self, day: date) -> DayRules:
        """The rules that speak of this day."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._looked_up(day)
        return known

    def _looked_up(self, day: date) -> DayRules:
        month = self._month(day)
        keys = self._holidays.get(day, ())
        said = [(number, contents) for number, exception in month.exceptions if (contents := exception.on(day))]
        alike = (
            day.weekday(),
            keys,
            *[season.covers(day) for season in self._schedule.seasons],
            *said,
            *[host for host in month.host_days if host.first <= day <= host.last],
        )
        known = self._alike.get(alike)
        if known is None:
            spoken = tuple((self._schedule.exceptions[number], contents) for number, contents in said)
            known = self._alike[alike] = rules_of(self._schedule, day, keys, spoken)
        return known

    def forget(self) -> None:
        """Let go of what was looked up."""
        self._months.clear()
        self._alike.clear()
        self._days.clear()

    def _month(self, day: date) -> _Month:
        known = self._months.get((day.year, day.month))
        if known is None:
            known = self._months[day.year, day.month] = self._near(day.replace(day=1))
        return known

    def _near(self, first: date) -> _Month:
        after = (first + timedelta(days=32)).replace(day=1)
        host = self._schedule.host
        return _Month(
            [
                (number, exception)
                for number, exception in enumerate(self._schedule.exceptions)
                if any(days.first < after and days.last >= first for days in exception.days)
            ],
            [days for days in host.days if days.first < after and days.last >= first] if host else [],
        )
