"""Documents of opening hours ⇄ schedules: what is written down is put together here, for server, device and file alike.

From a document to the rules' value is the document's own `meant`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

from meroppet.rules.branch import BranchState
from meroppet.rules.day_rules import LEVELS
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Maintenance,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    Order,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import Day, Week, Window, wall
from meroppet.rules.schedule import ClosingPlan, Holiday, HolidayRule, HostDay, HostHours, Schedule, Season
from meroppet.wire.schedules import (
    ClosingDocument,
    DayDocument,
    EventDocument,
    ExceptionDayDocument,
    ExceptionDocument,
    HolidayDocument,
    HolidayRuleDocument,
    HolidaysDocument,
    HostDayDocument,
    HostDocument,
    HostWeekDocument,
    OrderDocument,
    PatternDocument,
    ScheduleFile,
    SeasonDocument,
    WeekDocument,
)
from meroppet.wire.written import WEEKDAY_NAMES, stretch_of

_ORDER = (Closed, NotBefore, NotAfter, NoSelfService, Maintenance, OtherHours, MoreHours, Event)
"""In which order a document of some days tells their contents."""
_ONLY_ONE = (NotBefore, NotAfter, OtherHours, MoreHours)


def in_order(exceptions: Iterable[ScheduleException]) -> tuple[ScheduleException, ...]:
    """The order in which a schedule lists its exceptions, so that server and device agree which of two is the last.

    The widest level first; on one level by the moment of the decision (those without one first), then by id.
    """
    return tuple(sorted(exceptions, key=_place))


def _place(exception: ScheduleException) -> tuple[int, float, str]:
    at = exception.decided_at
    return LEVELS[exception.level], float("-inf") if at is None else at.timestamp(), exception.id


def schedule_from_wire(
    pattern: PatternDocument,
    holidays: HolidaysDocument | None = None,
    exceptions: Iterable[ExceptionDocument] = (),
    orders: Iterable[OrderDocument] = (),
) -> Schedule:
    """The whole schedule of a branch, its exceptions in order. Raises ValueError where it cannot be meant."""
    return replace(
        pattern.meant(),
        holidays=() if holidays is None else holidays_from_wire(holidays),
        known_until=None if holidays is None else holidays.known_until,
        exceptions=in_order(exception.meant() for exception in exceptions),
        orders=_by_id(order.meant() for order in orders),
    )


def _by_id(orders: Iterable[Order]) -> tuple[Order, ...]:
    return tuple(sorted(orders, key=lambda order: (LEVELS[order.level], order.id)))


def schedule_from_file(file: ScheduleFile, holidays: Iterable[Holiday] = ()) -> Schedule:
    """The schedule in a file, its exceptions in order, with the holidays of its `country` besides those it lists."""
    return replace(
        file.meant(),
        holidays=tuple(sorted({*(holiday.meant() for holiday in file.holidays), *holidays})),
        known_until=file.known_until,
        exceptions=in_order(exception.meant() for exception in file.exceptions),
        orders=_by_id(order.meant() for order in file.orders),
    )


def file_from_schedule(schedule: Schedule) -> ScheduleFile:
    """The file that says the same; its holidays are listed."""
    pattern = pattern_to_wire(schedule)
    return ScheduleFile(
        format="meroppet-schedule-1",
        **{name: getattr(pattern, name) for name in PatternDocument.model_fields},
        holidays=tuple(HolidayDocument(day=holiday.day, key=holiday.key) for holiday in schedule.holidays),
        known_until=schedule.known_until,
        exceptions=tuple(exception_to_wire(exception) for exception in schedule.exceptions),
        orders=tuple(order_to_wire(order) for order in schedule.orders),
    )


def pattern_to_wire(schedule: Schedule) -> PatternDocument:
    """The branch's own part of a schedule; holidays, exceptions and orders are documents of their own."""
    return PatternDocument(
        zone=schedule.zone,
        weekly=_week(schedule.weekly),
        seasons=tuple(_season(season) for season in schedule.seasons),
        holiday_rules=tuple(_holiday_rule(rule) for rule in schedule.holiday_rules),
        host=None if schedule.host is None else _host(schedule.host),
        closing=_closing(schedule.closing),
        first_person_in=schedule.first_person_in,
    )


def day_to_wire(day: Day) -> DayDocument:
    """A day's intervals as they are written."""
    return DayDocument(
        open=_stretches(day, BranchState.SELF_SERVICE),
        staffed=_stretches(day, BranchState.STAFFED),
    )


def _stretches(day: Day, state: BranchState) -> tuple[str, ...]:
    return tuple(stretch_of(Window(item.start, item.end)) for item in sorted(day) if item.state is state)


def _week(week: Week) -> WeekDocument:
    return WeekDocument(**{name: day_to_wire(day) for name, day in zip(WEEKDAY_NAMES, week, strict=True)})


def _season(season: Season) -> SeasonDocument:
    return SeasonDocument(
        id=season.id,
        name=season.name,
        first="{:02d}-{:02d}".format(*season.first),
        last="{:02d}-{:02d}".format(*season.last),
        weekly=_week(season.weekly),
        valid_from=season.valid_from,
        valid_until=season.valid_until,
    )


def _holiday_rule(rule: HolidayRule) -> HolidayRuleDocument:
    hours = None if rule.window is None else stretch_of(rule.window)
    return HolidayRuleDocument(key=rule.key, treatment=rule.treatment, hours=hours)


def _host(host: HostHours) -> HostDocument:
    week = zip(WEEKDAY_NAMES, host.weekly, strict=True)
    return HostDocument(
        name=host.name,
        weekly=HostWeekDocument(**{name: _windows(windows) for name, windows in week}),
        holidays={key: _windows(windows) for key, windows in host.holidays},
        days=tuple(_host_day(day) for day in host.days),
    )


def _host_day(day: HostDay) -> HostDayDocument:
    return HostDayDocument(first=day.first, last=_unless(day.last, day.first), open=_windows(day.windows))


def _windows(windows: Iterable[Window]) -> tuple[str, ...]:
    return tuple(stretch_of(window) for window in sorted(windows))


def _unless(last: date, first: date) -> date | None:
    return None if last == first else last


def _closing(plan: ClosingPlan) -> ClosingDocument:
    return ClosingDocument(
        announcements=plan.announcements,
        last_entry=plan.last_entry,
        gap=plan.gap,
        lights="never" if plan.lights is None else plan.lights,
        alarm="never" if plan.alarm is None else plan.alarm,
    )


def holidays_to_wire(holidays: Iterable[Holiday], known_until: date | None) -> HolidaysDocument:
    """The holidays in order of their days, complete up to and with `known_until`."""
    days = tuple(HolidayDocument(day=holiday.day, key=holiday.key) for holiday in sorted(holidays))
    return HolidaysDocument(known_until=known_until, days=days)


def holidays_from_wire(document: HolidaysDocument) -> tuple[Holiday, ...]:
    """The holidays."""
    return tuple(holiday.meant() for holiday in document.days)


def exception_to_wire(exception: ScheduleException) -> ExceptionDocument:
    """An exception as it is written."""
    return ExceptionDocument(
        id=exception.id,
        level=exception.level,
        days=tuple(document for days in exception.days for document in _exception_days(days)),
        title=exception.title,
        reasons=dict(exception.reasons),
        valid_from=exception.valid_from,
        valid_until=exception.valid_until,
        decided_by=exception.decided_by,
        decided_at=exception.decided_at,
    )


def _exception_days(days: ExceptionDay) -> Iterator[ExceptionDayDocument]:
    # Contents in another order than a document tells them, or twice where it tells one, are told in several: what is
    # listed last wins, so that their order is part of what they say.
    for contents in _runs(days.contents):
        yield ExceptionDayDocument(
            first=days.first,
            last=_unless(days.last, days.first),
            weekdays=tuple(WEEKDAY_NAMES[number] for number in sorted(days.weekdays)),
            closed=_windows_of(contents, Closed),
            not_before=next((wall(item.minute) for item in contents if isinstance(item, NotBefore)), None),
            not_after=next((wall(item.minute) for item in contents if isinstance(item, NotAfter)), None),
            no_self_service=_windows_of(contents, NoSelfService),
            maintenance=_windows_of(contents, Maintenance),
            other_hours=next((day_to_wire(item.intervals) for item in contents if isinstance(item, OtherHours)), None),
            more_hours=next((day_to_wire(item.intervals) for item in contents if isinstance(item, MoreHours)), None),
            events=tuple(
                EventDocument(hours=stretch_of(item.window), listed_only=item.listed_only)
                for item in contents
                if isinstance(item, Event)
            ),
        )


def _windows_of(
    contents: Iterable[Content], kind: type[Closed] | type[NoSelfService] | type[Maintenance]
) -> tuple[str, ...]:
    return tuple(stretch_of(item.window) for item in contents if isinstance(item, kind))


def _runs(contents: tuple[Content, ...]) -> Iterator[list[Content]]:
    run = [contents[0]]
    for before, content in pairwise(contents):
        step = _ORDER.index(type(content)) - _ORDER.index(type(before))
        if step < 0 or (step == 0 and isinstance(content, _ONLY_ONE)):
            yield run
            run = []
        run.append(content)
    yield run


def order_to_wire(order: Order) -> OrderDocument:
    """An order as it is written."""
    return OrderDocument(
        id=order.id,
        level=order.level,
        kind=order.kind,
        start=order.start,
        end=order.end,
        reasons=dict(order.reasons),
    )
