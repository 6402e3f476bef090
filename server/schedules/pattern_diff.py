"""What a changed pattern changes: in what is written down, and in what the doors do on the coming days. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby

from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Day, Week
from meroppet.rules.schedule import ClosingPlan, HostHours, Schedule

_DAY = timedelta(days=1)
DAYS_AHEAD = 21
"""How far staff are shown what the doors will do."""
DAYS_KNOWN = 366
"""How far the first difference is looked for: holidays come once a year."""


class Part(StrEnum):
    """Where in a pattern something differs."""

    WEEK_DAY = "week_day"
    SEASON = "season"
    HOLIDAY = "holiday"
    HOST_NAME = "host_name"
    HOST_DAY = "host_day"
    HOST_HOLIDAY = "host_holiday"
    HOST_DATED = "host_dated"
    CLOSING = "closing"
    FIRST_PERSON_IN = "first_person_in"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing before and after; None where there was or will be none. `key` says which of its part it is."""

    part: Part
    key: object
    before: object
    after: object


def differences(before: Schedule | None, after: Schedule) -> list[Difference]:
    """Everything in which the patterns differ, in the order of the pages."""
    old, new = _facts(before) if before else {}, _facts(after)
    keys = [*new, *(key for key in old if key not in new)]
    keys.sort(key=lambda key: list(Part).index(key[0]))
    return [Difference(*key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]


def _facts(schedule: Schedule) -> dict[tuple[Part, object], object]:
    plan = schedule.closing
    return {
        **{(Part.WEEK_DAY, day): hours for day, hours in enumerate(schedule.weekly)},
        **{(Part.SEASON, season.id): season for season in schedule.seasons},
        **{(Part.HOLIDAY, rule.key): rule for rule in schedule.holiday_rules},
        **_host_facts(schedule.host),
        **{(Part.CLOSING, field.name): getattr(plan, field.name) for field in fields(ClosingPlan)},
        (Part.FIRST_PERSON_IN, ""): schedule.first_person_in,
    }


def _host_facts(host: HostHours | None) -> Mapping[tuple[Part, object], object]:
    if host is None:
        return {}
    return {
        (Part.HOST_NAME, ""): host.name,
        **{(Part.HOST_DAY, day): windows for day, windows in enumerate(host.weekly)},
        **{(Part.HOST_HOLIDAY, key): windows for key, windows in host.holidays},
        **{(Part.HOST_DATED, (day.first, day.last)): day.windows for day in host.days},
    }


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a wall-clock minute of a day to another, in one state; 24:00 is the day's end."""

    start: int
    end: int
    state: BranchState


@dataclass(frozen=True, slots=True)
class Effect:
    """Days on which the doors will do something else: what is open on them, before and after.

    `runs` are the first and last of days that follow each other, in order.
    """

    runs: tuple[tuple[date, date], ...]
    before: tuple[Stretch, ...]
    after: tuple[Stretch, ...]


def effects(before: Hours | None, after: Hours, now: datetime, days: int = DAYS_AHEAD) -> list[Effect]:
    """What the doors will do otherwise than without the change, from now on; days on which it is alike are together."""
    first = now.astimezone(after.zone).date()
    found: dict[tuple[tuple[Stretch, ...], tuple[Stretch, ...]], list[date]] = {}
    for day in (first + timedelta(days=number) for number in range(days)):
        if _differ(before, after, max(now, _midnight(after, day)), _midnight(after, day + _DAY)):
            found.setdefault((open_on(before, day), open_on(after, day)), []).append(day)
    return [Effect(_joined(alike), *sides) for sides, alike in found.items()]


def _joined(days: list[date]) -> tuple[tuple[date, date], ...]:
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] + _DAY == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return tuple(runs)


def open_on(hours: Hours | None, day: date) -> tuple[Stretch, ...]:
    """The stretches of a day on which the branch is in another state than closed, all exceptions included."""
    if hours is None:
        return ()
    start, end = _midnight(hours, day), _midnight(hours, day + _DAY)
    return tuple(
        Stretch(_minute(hours, begun, day), _minute(hours, over, day), state)
        for begun, over, state in _runs(hours, start, end)
        if state is not BranchState.CLOSED
    )


def _differ(before: Hours | None, after: Hours, start: datetime, end: datetime) -> bool:
    if before is None:
        return any(state is not BranchState.CLOSED for _, _, state in _runs(after, start, end))
    return list(_runs(before, start, end)) != list(_runs(after, start, end))


def _runs(hours: Hours, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, BranchState]]:
    for state, found in groupby(hours.spans(start, end), key=lambda span: span.state):
        spans = list(found)
        yield spans[0].start, spans[-1].end, state


def _midnight(hours: Hours, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=hours.zone)


def _minute(hours: Hours, moment: datetime, day: date) -> int:
    local = moment.astimezone(hours.zone)
    return 24 * 60 if local.date() > day else local.hour * 60 + local.minute


def alike_days(week: Week) -> list[tuple[int, int, Day]]:
    """The week as runs of days with the same hours: (first, last, hours)."""
    runs = [list(run) for _, run in groupby(enumerate(week), key=lambda pair: pair[1])]
    return [(run[0][0], run[-1][0], run[0][1]) for run in runs]
