"""On which days a repeated calendar event begins, within a horizon: RRULE and EXDATE of RFC 5545, those that end. Pure.

A rule from a file may be made to take for ever: only kinds of which each day can be asked by itself are taken, others
are told, and no more days are asked than there are until the horizon.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from icalendar import Component, vDDDLists, vRecur

from meroppet.texts.patron import N_
from server.schedules.sentences import NotUnderstood

HORIZON_DAYS = 400
EARLIEST_YEAR = 2000
Rule = dict[str, list[Any]]
_MOST = 1_000
_ONE_DAY = timedelta(days=1)
_TAKEN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"})
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_FIVE_WEEKS = 5


def starts_of(event: Component, start: datetime, since: date) -> list[datetime]:
    """When the event begins, from the day `since` until the horizon after it. Raises NotUnderstood.

    `start` is its first beginning on the wall clock, without a zone.
    """
    until = since + timedelta(days=HORIZON_DAYS)
    if "RRULE" not in event:
        return [start] if since <= start.date() and start <= datetime.combine(until, time()) else []
    said = event["RRULE"]
    if not isinstance(said, vRecur):
        raise NotUnderstood(N_("The event has two rules for its repetition; make two events of it"))
    rule: Rule = {str(key).upper(): list(value) for key, value in said.items()}
    _require_bounded(rule, start)
    # UNTIL is in UTC (§3.3.10); the whole of its day is late enough on any wall clock that shares the date.
    last = min([until - _ONE_DAY, *(_day(value) for value in rule.get("UNTIL", []))])
    days = _days(_repetition(rule, start.date()), start.date(), last, since if "COUNT" not in rule else start.date())
    counted = islice(days, int(rule["COUNT"][0])) if "COUNT" in rule else days
    without = _left_out(event)
    coming = (day for day in counted if day >= since and day not in without)
    return [datetime.combine(day, start.time()) for day in islice(coming, _MOST)]


@dataclass(frozen=True, slots=True)
class _Repetition:
    """A rule that can be asked about one day; empty sets ask for nothing. `weekdays` are (ordinal or 0, weekday)."""

    frequency: str
    interval: int
    weekdays: frozenset[tuple[int, int]]
    month_days: frozenset[int]
    months: frozenset[int]
    week_start: int
    begins: date

    def falls_on(self, day: date) -> bool:
        """Whether the event begins on this day, as far as the rule says."""
        return (
            self._period(day) % self.interval == 0
            and (not self.months or day.month in self.months)
            and (not self.month_days or self._is_month_day(day))
            and (not self.weekdays or self._is_weekday(day))
        )

    def _period(self, day: date) -> int:
        match self.frequency:
            case "DAILY":
                return (day - self.begins).days
            case "WEEKLY":
                into = (self.begins.weekday() - self.week_start) % 7
                return ((day - self.begins).days + into) // 7
            case "MONTHLY":
                return (day.year - self.begins.year) * 12 + day.month - self.begins.month
        return day.year - self.begins.year

    def _is_month_day(self, day: date) -> bool:
        from_the_end = day.day - calendar.monthrange(day.year, day.month)[1] - 1
        return day.day in self.month_days or from_the_end in self.month_days

    def _is_weekday(self, day: date) -> bool:
        weekday = day.weekday()
        if (0, weekday) in self.weekdays:
            return True
        # Of a year where no month is named, of each month else.
        of_year = self.frequency == "YEARLY" and not self.months
        at = day.timetuple().tm_yday if of_year else day.day
        length = 365 + calendar.isleap(day.year) if of_year else calendar.monthrange(day.year, day.month)[1]
        ordinals = {(at - 1) // 7 + 1, -((length - at) // 7) - 1}
        return any((ordinal, weekday) in self.weekdays for ordinal in ordinals)


def _repetition(rule: Rule, begins: date) -> _Repetition:
    frequency = str(rule["FREQ"][0]).upper()
    weekdays = frozenset(_weekday(str(day)) for day in rule.get("BYDAY", []))
    if frequency in {"DAILY", "WEEKLY"}:
        weekdays = frozenset((0, weekday) for _, weekday in weekdays)
    month_days = frozenset(_number(day) for day in rule.get("BYMONTHDAY", []))
    months = frozenset(_number(month) for month in rule.get("BYMONTH", []))
    if not weekdays and not month_days:
        # What is not said is as on the first day, §3.3.10.
        match frequency:
            case "WEEKLY":
                weekdays = frozenset({(0, begins.weekday())})
            case "MONTHLY":
                month_days = frozenset({begins.day})
            case "YEARLY":
                month_days, months = frozenset({begins.day}), months or frozenset({begins.month})
    interval = _number(rule.get("INTERVAL", [1])[0])
    week_start = _WEEKDAYS.get(str(rule.get("WKST", ["MO"])[0]).upper(), 0)
    return _Repetition(frequency, interval, weekdays, month_days, months, week_start, begins)


def _days(repetition: _Repetition, start: date, last: date, since: date) -> Iterator[date]:
    first = max(start, since)
    every = (first + timedelta(days=more) for more in range((last - first).days + 1))
    return (day for day in every if repetition.falls_on(day))


def _require_bounded(rule: Rule, start: datetime) -> None:
    unknown = next((name for name in rule if name not in _TAKEN), None)
    if unknown is not None:
        raise NotUnderstood(N_("The repetition's %(name)s is not read; make each day an event"), name=unknown)
    frequency = str(rule.get("FREQ", [""])[0]).upper()
    if frequency not in _FREQUENCIES:
        raise NotUnderstood(
            N_("“%(text)s” is no repetition known here; use DAILY, WEEKLY, MONTHLY or YEARLY"), text=frequency
        )
    if start.year < EARLIEST_YEAR:
        raise NotUnderstood(N_("The event began before %(year)s; let it begin later"), year=EARLIEST_YEAR)
    if frequency in {"DAILY", "WEEKLY"} and rule.keys() & {"BYMONTH", "BYMONTHDAY"}:
        raise NotUnderstood(N_("A repetition by month is MONTHLY or YEARLY; correct FREQ in the calendar"))
    numbers = [_number(value) for name in ("INTERVAL", "COUNT") for value in rule.get(name, [])]
    if any(not 1 <= number <= _MOST for number in numbers):
        raise NotUnderstood(N_("The repetition's numbers are 1 to %(most)s; correct it in the calendar"), most=_MOST)
    _require_possible(rule)


def _require_possible(rule: Rule) -> None:
    """A day that never comes is a slip that somebody would like to hear of."""
    months = [_number(month) for month in rule.get("BYMONTH", [])] or list(range(1, 13))
    days = [abs(_number(day)) for day in rule.get("BYMONTHDAY", [])] or [1]
    ordinals = [_number(str(day)[:-2] or 1) for day in rule.get("BYDAY", [])]
    comes = any(1 <= day <= _LONGEST_MONTH.get(month, 31) for month in months for day in days)
    if not comes or any(not 1 <= month <= 12 for month in months) or any(abs(at) > _FIVE_WEEKS for at in ordinals):
        raise NotUnderstood(N_("The repetition names a day that never comes; correct it in the calendar"))


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise NotUnderstood(
            N_("“%(text)s” is no number; correct the repetition in the calendar"), text=str(value)[:20]
        ) from error


def _weekday(text: str) -> tuple[int, int]:
    found = _WEEKDAYS.get(text[-2:].upper())
    if found is None:
        raise NotUnderstood(N_("“%(text)s” is no weekday; correct the repetition in the calendar"), text=text[:20])
    return _number(text[:-2] or 0), found


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise NotUnderstood(N_("The repetition's end cannot be read; correct it in the calendar"))


def _left_out(event: Component) -> set[date]:
    given = event.get("EXDATE", [])
    lists = given if isinstance(given, list) else [given]
    return {_day(value.dt) for each in lists if isinstance(each, vDDDLists) for value in each.dts}
