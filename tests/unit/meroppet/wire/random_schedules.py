"""Schedules at random, as Hypothesis strategies: everything that can be written down, in the order documents keep."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

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
from meroppet.rules.intervals import Day, Interval, Window
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
from meroppet.wire.schedule_convert import in_order

STATES = (BranchState.STAFFED, BranchState.SELF_SERVICE)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
DATES = st.dates(date(2020, 1, 1), date(2040, 12, 31))
TEXTS = st.dictionaries(st.sampled_from(["sv", "en", "se", "zh-Hans"]), st.text(max_size=20), max_size=2).map(
    lambda texts: tuple(texts.items())
)
MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 (Hypothesis wants its limits naive)
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]),
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(st.integers(0, 1439))
    return Window(start, draw(st.integers(start + 1, start + 1440)))


def apart(edges: list[int]) -> tuple[Window, ...]:
    ordered = sorted(edges)
    pairs = zip(ordered[::2], ordered[1::2], strict=False)
    return tuple(Window(start, end) for start, end in pairs if start < 1440 >= end - start)


SEVERAL = st.lists(st.integers(0, 1500), max_size=4, unique=True).map(apart)


@st.composite
def days(draw: st.DrawFn) -> Day:
    return tuple(sorted(Interval(window.start, window.end, state) for state in STATES for window in draw(SEVERAL)))


# Three days are enough to tell apart what stands where, and quicker to draw than seven.
WEEKS = st.tuples(days(), days(), days()).map(lambda three: (*three, *three, three[0]))


def _range(draw: st.DrawFn) -> tuple[date, date]:
    first = draw(DATES)
    return first, first + timedelta(days=draw(st.integers(0, 40)))


def one(kind: Any, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Content, ...]]:
    return st.lists(strategy.map(kind), max_size=1).map(tuple)


def several(kind: Any) -> st.SearchStrategy[tuple[Content, ...]]:
    return st.lists(windows().map(kind), max_size=2).map(tuple)


MINUTES = st.integers(1, 1439)
CONTENTS = (
    st.tuples(
        several(Closed),
        one(NotBefore, MINUTES),
        one(NotAfter, MINUTES),
        several(NoSelfService),
        several(Maintenance),
        one(OtherHours, days()),
        one(MoreHours, days()),
        st.lists(st.builds(Event, windows(), st.booleans()), max_size=2).map(tuple),
    )
    .map(lambda groups: tuple(content for group in groups for content in group))
    .filter(bool)
)


@st.composite
def exception_days(draw: st.DrawFn, contents: st.SearchStrategy[tuple[Content, ...]] = CONTENTS) -> ExceptionDay:
    first, last = _range(draw)
    weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return ExceptionDay(first=first, last=last, contents=draw(contents), weekdays=weekdays)


def exceptions(days: st.SearchStrategy[ExceptionDay]) -> st.SearchStrategy[ScheduleException]:
    return st.builds(
        ScheduleException,
        id=NAMES,
        level=st.sampled_from(Level),
        days=st.lists(days, min_size=1, max_size=2).map(tuple),
        title=st.text(max_size=20),
        reasons=TEXTS,
        valid_from=st.none() | st.dates(date(2019, 1, 1), date(2020, 1, 1)),
        valid_until=st.none() | st.dates(date(2041, 1, 1), date(2042, 1, 1)),
        decided_by=st.text(max_size=20),
        decided_at=st.none() | MOMENTS,
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    start = draw(MOMENTS)
    end = draw(st.none() | st.integers(1, 10**6))
    return Order(
        id=draw(NAMES),
        level=draw(st.sampled_from(Level)),
        kind=draw(st.sampled_from(OrderKind)),
        start=start,
        end=None if end is None else start + timedelta(seconds=end),
        reasons=draw(TEXTS),
    )


@st.composite
def holiday_rules(draw: st.DrawFn) -> HolidayRule:
    treatment = draw(st.sampled_from(Treatment))
    window = {Treatment.SHORTER: windows(), Treatment.SELF_SERVICE_ONLY: st.none() | windows()}
    return HolidayRule(key=draw(NAMES), treatment=treatment, window=draw(window.get(treatment, st.none())))


@st.composite
def hosts(draw: st.DrawFn) -> HostHours:
    first, last = _range(draw)
    return HostHours(
        name=draw(st.text(max_size=10)),
        weekly=draw(st.tuples(*[SEVERAL] * 7)),
        holidays=tuple(draw(st.dictionaries(NAMES, SEVERAL, max_size=2)).items()),
        days=draw(SEVERAL.map(lambda own: (HostDay(first=first, last=last, windows=own),))),
    )


SEASONS = st.builds(
    Season,
    id=NAMES,
    name=st.text(max_size=10),
    first=DATES.map(lambda day: (day.month, day.day)),
    last=DATES.map(lambda day: (day.month, day.day)),
    weekly=WEEKS,
    valid_from=st.none() | st.dates(date(2019, 1, 1), date(2020, 1, 1)),
    valid_until=st.none() | DATES,
)
PLANS = st.builds(
    ClosingPlan,
    announcements=st.lists(st.integers(1, 120), max_size=3).map(tuple),
    last_entry=st.none() | st.integers(1, 120),
    gap=st.integers(0, 15),
    lights=st.none() | st.integers(0, 120),
    alarm=st.none() | st.integers(0, 120),
)
HOLIDAYS = st.frozensets(st.builds(Holiday, DATES, NAMES), max_size=4).map(lambda found: tuple(sorted(found)))
ORDERS = st.lists(orders(), max_size=2, unique_by=lambda order: order.id).map(
    lambda found: tuple(sorted(found, key=lambda order: (list(Level).index(order.level), order.id)))
)
PATTERNS = st.builds(
    Schedule,
    zone=st.sampled_from(["Europe/Stockholm", "Atlantic/Azores", "Pacific/Apia"]),
    weekly=WEEKS,
    seasons=st.lists(SEASONS, max_size=1).map(tuple),
    holiday_rules=st.lists(holiday_rules(), max_size=2, unique_by=lambda rule: rule.key).map(tuple),
    host=st.none() | hosts(),
    closing=PLANS,
    first_person_in=st.booleans(),
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    own = draw(PATTERNS)
    return Schedule(
        own.zone,
        own.weekly,
        own.seasons,
        own.holiday_rules,
        draw(HOLIDAYS),
        own.host,
        in_order(draw(st.lists(exceptions(exception_days()), max_size=2, unique_by=lambda one: one.id))),
        draw(ORDERS),
        own.closing,
        own.first_person_in,
        draw(st.none() | DATES),
    )
