"""Which rule wins: tables for what is said of one Monday, by the wall clock in Stockholm."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

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
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import Holiday, HolidayRule, HostDay, HostHours, Schedule, Season, Treatment

ZONE = ZoneInfo("Europe/Stockholm")
ALONE, STAFFED, CLOSED = BranchState.SELF_SERVICE, BranchState.STAFFED, BranchState.CLOSED
EVENT, MAINTENANCE, EMERGENCY = BranchState.EVENT, BranchState.MAINTENANCE, BranchState.EMERGENCY_CLOSED
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
LEVELS = list(Level)
TEG = Schedule(ZONE.key)
STAFF = Schedule(ZONE.key, ((Interval(360, 1320, ALONE), Interval(600, 1080, STAFFED)),) * 7)
LATE = Schedule(ZONE.key, ((Interval(1080, 1560, ALONE),),) * 7)


def says(*contents: Content, level: Level = Level.BRANCH, day: date = MONDAY, name: str = "x") -> ScheduleException:
    return ScheduleException(id=name, level=level, days=(ExceptionDay(first=day, last=day, contents=contents),))


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def day_of(schedule: Schedule, day: date = MONDAY) -> list[str]:
    """The day as its spans, printed."""
    spans = Hours(schedule).spans(at("00:00", day), at("00:00", day + timedelta(days=1)))
    return [f"{span.start.astimezone(ZONE):%H:%M} {span.state} {span.rule}" for span in spans]


def states(schedule: Schedule, day: date = MONDAY) -> list[str]:
    """The day as its states, without the rules."""
    found: list[str] = []
    for line in day_of(schedule, day):
        clock, state, _ = line.split(" ", 2)
        if not found or not found[-1].endswith(f" {state}"):
            found.append(f"{clock} {state}")
    return found


def told(schedule: Schedule, moment: datetime) -> tuple[str, str, list[str]]:
    answer = Hours(schedule).state_at(moment)
    return answer.state, str(answer.rule), [str(rule) for rule in answer.beaten]


# --- Openings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wide", range(4))
@pytest.mark.parametrize("narrow", range(4))
@pytest.mark.parametrize("is_wide_first", [True, False])
def test_the_wider_of_two_exceptions_gives_the_hours(wide: int, narrow: int, is_wide_first: bool) -> None:
    if wide >= narrow:
        return
    wider = says(OtherHours((Interval(600, 720, ALONE),)), level=LEVELS[wide], name="wide")
    narrower = says(OtherHours((Interval(660, 900, ALONE),)), level=LEVELS[narrow], name="narrow")
    listed = (wider, narrower) if is_wide_first else (narrower, wider)

    assert states(replace(TEG, exceptions=listed)) == ["00:00 closed", "10:00 self_service", "12:00 closed"]


@pytest.mark.parametrize("level", LEVELS)
def test_of_two_exceptions_of_one_level_the_last_listed_gives_the_hours(level: Level) -> None:
    listed = tuple(says(OtherHours((Interval(hour, 720, ALONE),)), level=level, name=str(hour)) for hour in (480, 540))

    assert day_of(replace(TEG, exceptions=listed))[1] == f"09:00 self_service exception:{level}:540"


def test_week_season_holiday_and_exception_win_in_this_order() -> None:
    season = Season(id="dark", name="", first=(11, 1), last=(2, 28), weekly=((Interval(480, 1200, ALONE),),) * 7)
    eve = HolidayRule(key="eve", treatment=Treatment.SHORTER, window=Window(540, 1140))
    schedules = [TEG]
    schedules.append(replace(schedules[-1], seasons=(season,)))
    schedules.append(replace(schedules[-1], holiday_rules=(eve,), holidays=(Holiday(MONDAY, "eve"),)))
    for level in reversed(LEVELS):
        more = says(OtherHours((Interval(600, 1080, ALONE),)), level=level, name="hours")
        schedules.append(replace(schedules[-1], exceptions=(*schedules[-1].exceptions, more)))

    names = ["week", "season:dark", "holiday:eve", *(f"exception:{level}:hours" for level in reversed(LEVELS))]
    for count, schedule in enumerate(schedules, 1):
        _, winner, beaten = told(schedule, at("12:00"))
        assert [winner, *beaten] == list(reversed(names[:count]))
    assert [states(schedule)[1] for schedule in schedules[:4]] == [
        "06:00 self_service", "08:00 self_service", "09:00 self_service", "10:00 self_service",
    ]  # fmt: skip


def test_of_two_seasons_the_last_listed_holds_and_none_outside_its_years() -> None:
    weeks = {name: ((Interval(hour, 1200, ALONE),),) * 7 for name, hour in (("a", 480), ("b", 540), ("c", 600))}
    seasons = tuple(
        Season(
            id=name,
            name="",
            first=(11, 1),
            last=(2, 28),
            weekly=week,
            valid_until=date(2026, 1, 1) if name == "c" else None,
        )
        for name, week in weeks.items()
    )

    assert day_of(replace(TEG, seasons=seasons))[1] == "09:00 self_service season:b"
    assert day_of(replace(TEG, seasons=seasons), date(2026, 6, 1))[1] == "06:00 self_service week"


@pytest.mark.parametrize(
    ("treatments", "expected"),
    [
        (["as_usual"], ["06:00 self_service", "10:00 staffed", "18:00 self_service", "22:00 closed"]),
        (["closed"], []),
        (["self_service_only"], ["06:00 self_service", "22:00 closed"]),
        (["shorter"], ["08:00 self_service", "10:00 staffed", "17:00 closed"]),
        (["shorter", "self_service_only"], ["08:00 self_service", "17:00 closed"]),
        (["as_usual", "shorter"], ["08:00 self_service", "10:00 staffed", "17:00 closed"]),
        (["closed", "self_service_only"], []),
    ],
)
def test_a_day_that_is_several_holidays_is_treated_as_each(treatments: list[str], expected: list[str]) -> None:
    rules = tuple(
        HolidayRule(key=name, treatment=Treatment(name), window=Window(480, 1020) if name == "shorter" else None)
        for name in treatments
    )
    holidays = tuple(Holiday(MONDAY, name) for name in treatments)
    schedule = replace(STAFF, holiday_rules=rules, holidays=holidays)

    assert states(schedule) == ["00:00 closed", *expected]
    assert Hours(schedule).state_at(at("03:00")).rule.id in {*treatments, ""} - {"as_usual"}


def test_hours_that_only_add_never_make_staffed_hours_less() -> None:
    alone, staffed = MoreHours((Interval(300, 720, ALONE),)), MoreHours((Interval(480, 720, STAFFED),))

    assert states(replace(STAFF, exceptions=(says(alone),)))[1:3] == ["05:00 self_service", "10:00 staffed"]
    assert states(replace(STAFF, exceptions=(says(staffed),)))[1:3] == ["06:00 self_service", "08:00 staffed"]
    assert told(replace(STAFF, exceptions=(says(alone),)), at("11:00"))[1:] == ("week", ["exception:branch:x"])
    assert Hours(replace(STAFF, exceptions=(says(staffed),))).state_at(at("08:30")).beneath is ALONE


def test_more_hours_lie_over_what_replaces_the_day_at_their_level() -> None:
    listed = (
        says(MoreHours((Interval(1200, 1320, ALONE),)), name="more"),
        says(Event(Window(660, 720), listed_only=True), name="party"),
        says(OtherHours((Interval(600, 900, STAFFED),)), name="other"),
    )
    schedule = replace(TEG, exceptions=listed)

    assert day_of(schedule) == [
        "00:00 closed exception:branch:other",
        "10:00 staffed exception:branch:other",
        "11:00 event exception:branch:party",
        "12:00 staffed exception:branch:other",
        "15:00 closed exception:branch:other",
        "20:00 self_service exception:branch:more",
        "22:00 closed exception:branch:other",
    ]
    assert Hours(schedule).state_at(at("11:30")).listed_only
    assert not Hours(schedule).state_at(at("12:30")).listed_only


def test_what_replaces_the_day_on_a_wider_level_leaves_nothing_of_narrower_ones() -> None:
    listed = (says(Event(Window(660, 720)), name="party"), says(OtherHours(()), level=Level.GROUP, name="none"))

    assert states(replace(TEG, exceptions=listed)) == ["00:00 closed"]
    assert told(replace(TEG, exceptions=listed), at("11:30"))[2] == ["exception:branch:party", "week"]


# --- Restrictions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closing", LEVELS)
@pytest.mark.parametrize("opening", LEVELS)
@pytest.mark.parametrize("content", [OtherHours(TEG.weekly[0]), MoreHours(TEG.weekly[0]), Event(Window(360, 1320))])
def test_nothing_opens_what_any_level_has_closed(closing: Level, opening: Level, content: Content) -> None:
    listed = (says(Closed(), level=closing, name="no"), says(content, level=opening, name="yes"))

    spans = day_of(replace(TEG, exceptions=listed))

    assert {line.split(" ", 1)[1] for line in spans} == {f"closed exception:{closing}:no"}


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([NotBefore(480)], ["08:00 self_service", "10:00 staffed", "18:00 self_service", "22:00 closed"]),
        ([NotAfter(900)], ["06:00 self_service", "10:00 staffed", "15:00 closed"]),
        ([NotBefore(480), NotAfter(900)], ["08:00 self_service", "10:00 staffed", "15:00 closed"]),
        ([NoSelfService()], ["10:00 staffed", "18:00 closed"]),
        ([NoSelfService(Window(1080))], ["06:00 self_service", "10:00 staffed", "18:00 closed"]),
        ([NoSelfService(), Event(Window(1140, 1200))],
         ["10:00 staffed", "18:00 closed", "19:00 event", "20:00 closed"]),
        ([Closed(Window(660, 1080))],
         ["06:00 self_service", "10:00 staffed", "11:00 closed", "18:00 self_service", "22:00 closed"]),
        ([Maintenance(Window(1200, 1380)), Closed()], ["20:00 maintenance", "23:00 closed"]),
    ],
)  # fmt: skip
def test_restrictions_intersect(contents: list[Content], expected: list[str]) -> None:
    together = replace(STAFF, exceptions=(says(*contents),))
    apart = replace(
        STAFF,
        exceptions=tuple(
            says(content, level=level, name=level) for content, level in zip(contents, LEVELS[1:], strict=False)
        ),
    )

    assert states(together) == states(apart) == ["00:00 closed", *expected]


def test_the_widest_restriction_gives_its_name_and_the_others_are_told() -> None:
    listed = tuple(says(Closed(), NotBefore(900), level=level, name="no") for level in reversed(LEVELS))
    host = HostHours(name="shop", weekly=((),) * 7)

    assert told(replace(TEG, exceptions=listed, host=host), at("12:00")) == (
        "closed",
        "exception:consortium:no",
        ["exception:group:no", "exception:municipality:no", "exception:branch:no", "host", "week"],
    )


def test_a_restriction_to_the_end_of_its_day_takes_along_the_hours_over_midnight_that_begin_on_it() -> None:
    closed = replace(LATE, exceptions=(says(NotAfter(1200)),))

    assert day_of(closed)[-1] == "20:00 closed exception:branch:x"
    assert day_of(closed, TUESDAY) == [
        "00:00 closed exception:branch:x",
        "02:00 closed week",
        "18:00 self_service week",
    ]


def test_but_not_the_next_day_s_own_hours() -> None:
    always = Schedule(ZONE.key, ((Interval(0, 1440, ALONE),),) * 7, exceptions=(says(Closed()),))

    assert day_of(always, TUESDAY) == ["00:00 self_service week"]


def test_hours_over_midnight_are_cut_by_the_next_day_s_restrictions_and_not_by_its_openings() -> None:
    night = replace(LATE, exceptions=(says(OtherHours(()), day=TUESDAY),))
    assert states(night, TUESDAY) == ["00:00 self_service", "02:00 closed"]

    night = replace(LATE, exceptions=(says(NotBefore(60), day=TUESDAY),))
    assert states(night, TUESDAY) == ["00:00 closed", "01:00 self_service", "02:00 closed", "18:00 self_service"]


def test_where_two_days_meet_after_midnight_staffed_lies_over_self_service_either_way() -> None:
    staffed, alone = (Interval(1200, 1560, STAFFED),), (Interval(0, 180, ALONE),)
    week = Schedule(ZONE.key, (staffed, alone, (), *[()] * 4))
    assert states(week, TUESDAY) == ["00:00 staffed", "02:00 self_service", "03:00 closed"]
    assert Hours(week).state_at(at("01:00", TUESDAY)).beneath is ALONE

    kept = replace(week, exceptions=(says(NoSelfService(), name="night"),))
    assert states(kept, TUESDAY) == ["00:00 staffed", "02:00 self_service", "03:00 closed"]

    other = replace(week, weekly=((Interval(1200, 1560, ALONE),), (Interval(0, 180, STAFFED),), (), *[()] * 4))
    assert states(other, TUESDAY) == ["00:00 staffed", "03:00 closed"]
    assert Hours(other).state_at(at("01:00", TUESDAY)).beneath is ALONE


def test_maintenance_to_the_end_of_a_day_ends_with_it_and_the_late_hours_are_closed() -> None:
    schedule = replace(LATE, exceptions=(says(Maintenance(Window(1200))),))

    assert states(schedule)[-1] == "20:00 maintenance"
    assert day_of(schedule, TUESDAY)[0] == "00:00 closed exception:branch:x"
    assert states(schedule, TUESDAY) == ["00:00 closed", "18:00 self_service"]


# --- The building around ----------------------------------------------------------------------------------------------


def test_a_building_restricts_by_its_week_its_holidays_and_its_own_days() -> None:
    host = HostHours(
        name="shop", weekly=((Window(540, 1200),),) * 7,
        holidays=(("eve", (Window(540, 900),)), ("day", (Window(600, 1200),)), ("shut", ())),
        days=(HostDay(first=TUESDAY, last=TUESDAY, windows=(Window(660, 720), Window(780, 840))),),
    )  # fmt: skip
    shop = replace(TEG, host=host)

    assert states(shop) == ["00:00 closed", "09:00 self_service", "20:00 closed"]
    assert day_of(shop)[-1] == "20:00 closed host"
    both = replace(shop, holidays=(Holiday(MONDAY, "eve"), Holiday(MONDAY, "day")))
    assert states(both) == ["00:00 closed", "10:00 self_service", "15:00 closed"]
    assert states(replace(both, holidays=(*both.holidays, Holiday(MONDAY, "shut")))) == ["00:00 closed"]
    assert states(replace(shop, holidays=(Holiday(TUESDAY, "shut"),)), TUESDAY) == [
        "00:00 closed", "11:00 self_service", "12:00 closed", "13:00 self_service", "14:00 closed",
    ]  # fmt: skip


def test_a_building_may_be_open_over_midnight() -> None:
    host = HostHours(name="station", weekly=((Window(1200, 1500),), *[()] * 6))
    night = replace(LATE, host=host)

    assert states(night) == ["00:00 closed", "20:00 self_service"]
    assert states(night, TUESDAY) == ["00:00 self_service", "01:00 closed"]


# --- Orders -----------------------------------------------------------------------------------------------------------


def order(kind: OrderKind, start: str, end: str | None = None, level: Level = Level.BRANCH, name: str = "o") -> Order:
    return Order(id=name, level=level, kind=kind, start=at(start), end=None if end is None else at(end))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("content", [OtherHours(TEG.weekly[0]), Event(Window(360, 1320)), Maintenance(), Closed()])
def test_close_now_wins_over_everything(level: Level, content: Content) -> None:
    schedule = replace(
        TEG, exceptions=(says(content, level=level),),
        orders=(order(OrderKind.EMERGENCY_CLOSED, "12:00", "13:00"),
                order(OrderKind.MAINTENANCE, "11:00", level=level)),
    )  # fmt: skip

    assert told(schedule, at("12:00"))[:2] == ("emergency_closed", "order:branch:o")
    assert told(schedule, at("13:00"))[:2] == ("maintenance", f"order:{level}:o")


@pytest.mark.parametrize("kind", list(OrderKind))
def test_of_orders_alike_the_widest_then_the_last_given_gives_its_name(kind: OrderKind) -> None:
    given = (
        order(kind, "09:00", level=Level.GROUP, name="first"),
        order(kind, "09:00", level=Level.GROUP, name="last"),
        order(kind, "09:00", name="narrow"),
    )

    assert told(replace(TEG, orders=given), at("12:00"))[1:] == (
        "order:group:last",
        ["order:group:first", "order:branch:narrow", "week"],
    )


def test_no_self_service_at_once_spares_staffed_hours_and_events() -> None:
    schedule = replace(
        STAFF,
        exceptions=(says(Event(Window(1140, 1200))),),
        orders=(order(OrderKind.NO_SELF_SERVICE, "12:00", "21:00"),),
    )

    assert states(schedule)[3:] == ["18:00 closed", "19:00 event", "20:00 closed", "21:00 self_service", "22:00 closed"]
    assert Hours(schedule).state_at(at("12:00")).beneath is CLOSED
    assert Hours(schedule).state_at(at("11:59")).beneath is ALONE


def test_an_order_holds_the_whole_seconds_it_touches() -> None:
    late, tiny = at("12:00") + timedelta(microseconds=900_000), timedelta(microseconds=1)
    given = Order(id="o", level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=late, end=late + tiny)
    spans = [(span.start, span.end) for span in Hours(replace(TEG, orders=(given,))).spans(at("11:00"), at("13:00"))]

    assert spans[1] == (at("12:00"), at("12:00") + timedelta(seconds=1))


# --- The end of what is known -----------------------------------------------------------------------------------------


def test_after_the_last_known_day_everything_is_closed_but_what_is_ordered() -> None:
    known = replace(
        LATE, known_until=MONDAY, exceptions=(says(Event(Window(600, 700)), day=TUESDAY),),
        orders=(Order(id="o", level=Level.GROUP, kind=OrderKind.MAINTENANCE, start=at("12:00", TUESDAY)),
                Order(id="n", level=Level.GROUP, kind=OrderKind.NO_SELF_SERVICE, start=at("11:00", TUESDAY))),
    )  # fmt: skip

    assert day_of(known)[-1] == "18:00 self_service week"
    assert day_of(known, TUESDAY) == ["00:00 closed horizon", "12:00 maintenance order:group:o"]
    assert told(known, at("13:00", TUESDAY))[2] == ["horizon"]
