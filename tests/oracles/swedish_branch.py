"""One Swedish branch's hours 2026–2035 with everything in them."""

from datetime import UTC, date, datetime, timedelta

import holidays

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
from meroppet.rules.intervals import Interval, Week, Window
from meroppet.rules.schedule import Holiday, HolidayRule, HostDay, HostHours, Schedule, Season, Treatment

YEARS = range(2026, 2036)
ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
WEEKDAY = (Interval(360, 1320, ALONE), Interval(600, 1080, STAFFED))
FRIDAY = (Interval(360, 1560, ALONE), Interval(600, 960, STAFFED), Interval(1020, 1140, STAFFED))
WEEK: Week = (
    WEEKDAY, WEEKDAY, (*WEEKDAY, Interval(1080, 1200, STAFFED)), WEEKDAY, FRIDAY, (Interval(480, 1440, ALONE),),
    (Interval(0, 90, ALONE), Interval(480, 1320, ALONE)),
)  # fmt: skip
SUMMER: Week = (*[(Interval(480, 1200, ALONE), Interval(660, 960, STAFFED))] * 5, (), ())
DARK: Week = ((Interval(540, 1200, ALONE),),) * 7


def public_holidays() -> tuple[Holiday, ...]:
    """Sundays aside, the days the law or custom keeps free; the key is the day's English name."""
    days = holidays.country_holidays("SE", years=YEARS, categories=("public", "de_facto"))
    return tuple(Holiday(day, name) for day, names in sorted(days.items()) for name in names.split("; "))


def _each_year(month: int, day: int, length: int, name: str, level: Level, *contents: Content) -> ScheduleException:
    days = tuple(
        ExceptionDay(
            first=date(year, month, day), last=date(year, month, day) + timedelta(days=length), contents=contents
        )
        for year in YEARS
    )
    return ScheduleException(id=name, level=level, days=days)


EXCEPTIONS = (
    _each_year(1, 20, 0, "kick-off", Level.BRANCH, Closed()),
    _each_year(2, 9, 4, "half-term", Level.MUNICIPALITY, MoreHours((Interval(540, 600, STAFFED),))),
    _each_year(4, 7, 0, "training", Level.CONSORTIUM, NotAfter(900)),
    _each_year(4, 8, 2, "system-change", Level.CONSORTIUM, Closed()),
    _each_year(4, 11, 0, "opens-again", Level.CONSORTIUM, NotBefore(600)),
    _each_year(5, 16, 0, "culture-night", Level.GROUP, Event(Window(1080, 1500)), NoSelfService(Window(360, 720))),
    _each_year(5, 17, 0, "readers", Level.BRANCH, Event(Window(840, 960), listed_only=True), OtherHours(WEEKDAY)),
    _each_year(6, 1, 9, "painters", Level.BRANCH, Maintenance(Window(300, 480))),
    _each_year(8, 20, 30, "school", Level.MUNICIPALITY, OtherHours((Interval(420, 1260, ALONE),))),
    _each_year(9, 1, 3, "no-evenings", Level.BRANCH, NoSelfService(Window(1080, 1440))),
    _each_year(10, 24, 2, "clock-night", Level.BRANCH, MoreHours((Interval(1320, 1620, ALONE),))),
    _each_year(
        12, 27, 5, "stocktaking", Level.BRANCH, OtherHours((Interval(600, 720, STAFFED),)), Closed(Window(630, 660))
    ),
)
ORDERS = tuple(
    Order(
        id=f"{kind.value}-{year}", level=Level.BRANCH, kind=kind,
        start=datetime(year, month, 14, 17, 7, tzinfo=UTC), end=datetime(year, month, 15, 6, 59, tzinfo=UTC),
    )
    for year in YEARS for month, kind in zip((3, 7, 11), OrderKind, strict=True)
)  # fmt: skip

SWEDISH_BRANCH = Schedule(
    "Europe/Stockholm",
    WEEK,
    seasons=(
        Season(id="summer", name="Sommar", first=(6, 15), last=(8, 15), weekly=SUMMER),
        Season(id="dark", name="Mellandagar", first=(12, 27), last=(1, 5), weekly=DARK, valid_from=date(2028, 1, 1)),
    ),
    holiday_rules=(
        HolidayRule(key="Christmas Eve", treatment=Treatment.CLOSED),
        HolidayRule(key="Midsummer Eve", treatment=Treatment.SHORTER, window=Window(360, 780)),
        HolidayRule(key="Epiphany", treatment=Treatment.SELF_SERVICE_ONLY),
        HolidayRule(key="National Day", treatment=Treatment.SELF_SERVICE_ONLY, window=Window(480, 1200)),
        HolidayRule(key="May Day", treatment=Treatment.AS_USUAL),
        HolidayRule(key="New Year's Eve", treatment=Treatment.SHORTER, window=Window(480, 1500)),
    ),
    holidays=public_holidays(),
    host=HostHours(
        name="Torget",
        weekly=((Window(300, 1440),),) * 4 + ((Window(300, 1530),),) + ((Window(420, 1440),),) * 2,
        holidays=(("Good Friday", (Window(600, 1080),)), ("Christmas Day", ())),
        days=(HostDay(first=date(2029, 3, 1), last=date(2029, 3, 9), windows=(Window(540, 780), Window(840, 1020))),),
    ),
    exceptions=EXCEPTIONS,
    orders=ORDERS,
    known_until=date(2035, 12, 30),
)
