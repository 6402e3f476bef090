"""On which days a repeated calendar event begins, within a horizon: RRULE and EXDATE of RFC 5545, those that end. Pure.

A rule from a file may be made to take for ever: only kinds that are worked out at once are taken, others are told.
"""

from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Literal

from dateutil.rrule import DAILY, FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, YEARLY, rrule, weekday
from icalendar import Component, vDDDLists, vRecur

from meroppet.texts.patron import N_
from server.schedules.sentences import NotUnderstood

HORIZON_DAYS = 400
EARLIEST_YEAR = 2000
Rule = dict[str, list[Any]]
_MOST = 1_000
_FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
_TAKEN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"})
_WEEKDAYS = {"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}
_LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_FIVE_WEEKS = 5


def starts_of(event: Component, start: datetime, since: date) -> list[datetime]:
    """When the event begins, from the day `since` until the horizon after it. Raises NotUnderstood.

    `start` is its first beginning on the wall clock, without a zone.
    """
    until = datetime.combine(since + timedelta(days=HORIZON_DAYS), time())
    earliest = datetime.combine(since, time())
    if "RRULE" not in event:
        return [start] if earliest <= start <= until else []
    said = event["RRULE"]
    if not isinstance(said, vRecur):
        raise NotUnderstood(N_("The event has two rules for its repetition; make two events of it"))
    rule: Rule = {str(key).upper(): list(value) for key, value in said.items()}
    _require_bounded(rule, start)
    # UNTIL is in UTC (§3.3.10); a day's end is late enough on any wall clock that shares the date.
    given = [_day(value) for value in rule.get("UNTIL", [])]
    last = min([until, *(datetime.combine(day, time.max) for day in given)])
    repeated = rrule(
        _FREQUENCIES[str(rule["FREQ"][0]).upper()],
        dtstart=start,
        until=last,
        interval=int(rule.get("INTERVAL", [1])[0]),
        byweekday=[_weekday(str(day)) for day in rule.get("BYDAY", [])] or None,
        bymonthday=[int(day) for day in rule.get("BYMONTHDAY", [])] or None,
        bymonth=[int(month) for month in rule.get("BYMONTH", [])] or None,
        wkst=_WEEKDAYS.get(str(rule.get("WKST", ["MO"])[0]).upper(), MO),
    )
    counted = islice(repeated, int(rule["COUNT"][0])) if "COUNT" in rule else repeated
    without = _left_out(event)
    return list(islice((at for at in counted if at >= earliest and at.date() not in without), _MOST))


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
    """A day that never comes would be looked for until the year 9999."""
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


def _weekday(text: str) -> weekday:
    found = _WEEKDAYS.get(text[-2:].upper())
    if found is None:
        raise NotUnderstood(N_("“%(text)s” is no weekday; correct the repetition in the calendar"), text=text[:20])
    ordinal = _number(text[:-2] or 0)
    return found(ordinal) if ordinal else found


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
