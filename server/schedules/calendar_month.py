"""A month of a branch on one page: its weeks, the days with their hours, and what deviates. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from meroppet.rules.exceptions import Order, ScheduleException
from meroppet.rules.hours import Hours
from server.schedules.calendar_days import DAY, DayHours, day_hours, exceptions_on, holidays_on, hours_in, orders_on

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
YEARS = range(2000, 2100)
"""Months are shown within these."""


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day on the page."""

    hours: DayHours
    is_within: bool
    is_today: bool
    holidays: tuple[str, ...]
    exceptions: tuple[ScheduleException, ...]
    drafts: tuple[ScheduleException, ...]
    orders: tuple[Order, ...]
    length: int

    @property
    def day(self) -> date:
        """Which one."""
        return self.hours.day


@dataclass(frozen=True, slots=True)
class Month:
    """Whole weeks, Monday first; days of the neighbouring months fill them up."""

    first: date
    weeks: tuple[tuple[MonthDay, ...], ...]

    @property
    def entry(self) -> date:
        """The day that the keyboard comes to first: today, or the first."""
        return next((day.day for week in self.weeks for day in week if day.is_today), self.first)

    @property
    def before(self) -> date:
        """A day of the month before."""
        return self.first - DAY

    @property
    def after(self) -> date:
        """The first of the month after."""
        return (self.first + timedelta(days=31)).replace(day=1)


def month_in(text: str, today: date) -> date:
    """The first of the month written as 2026-12; of this month where nothing sensible is."""
    matched = _MONTH.fullmatch(text)
    if matched and int(matched[1]) in YEARS and 1 <= int(matched[2]) <= 12:
        return date(int(matched[1]), int(matched[2]), 1)
    return today.replace(day=1)


def month_of(hours: Hours, first: date, today: date, drafts: Sequence[ScheduleException] = ()) -> Month:
    """The month that begins on `first`."""
    end = (first + timedelta(days=31)).replace(day=1)
    monday = first - timedelta(days=first.weekday())
    weeks = -(-(end - monday).days // 7)
    days = [_month_day(hours, monday + timedelta(days=number), first, today, drafts) for number in range(weeks * 7)]
    return Month(first, tuple(tuple(days[at : at + 7]) for at in range(0, len(days), 7)))


def _month_day(hours: Hours, day: date, first: date, today: date, drafts: Sequence[ScheduleException]) -> MonthDay:
    return MonthDay(
        hours=day_hours(hours, day),
        is_within=(day.year, day.month) == (first.year, first.month),
        is_today=day == today,
        holidays=holidays_on(hours, day),
        exceptions=exceptions_on(hours, day),
        drafts=tuple(draft for draft in drafts if draft.on(day)),
        orders=orders_on(hours, day),
        length=hours_in(hours, day),
    )
