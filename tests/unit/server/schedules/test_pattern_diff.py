"""What a changed pattern changes: told as it is written, and as the doors will do it."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import ClosingPlan, HolidayRule, HostHours, Schedule, Season, Treatment
from server.schedules.pattern_diff import Part, Stretch, alike_days, differences, effects, open_on

SELF, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
DAY = (Interval(480, 1320, SELF),)
BEFORE = Schedule("Europe/Stockholm", (DAY,) * 7)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # A Sunday.
WHOLE = (Stretch(480, 1320, SELF),)


def _with_monday(*hours: Interval) -> Schedule:
    return replace(BEFORE, weekly=(hours, *BEFORE.weekly[1:]))


def test_the_same_differs_in_nothing() -> None:
    assert differences(BEFORE, BEFORE) == []
    assert effects(Hours(BEFORE), Hours(BEFORE), NOW) == []


def test_each_part_that_differs_is_told_before_and_after() -> None:
    host = HostHours(name="ICA", weekly=((Window(420, 1260),),) * 7)
    season = Season(id="s", name="S", first=(6, 1), last=(8, 31), weekly=((),) * 7)
    rule = HolidayRule(key="julafton", treatment=Treatment.CLOSED)
    after = replace(
        _with_monday(),
        seasons=(season,),
        holiday_rules=(rule,),
        host=host,
        closing=ClosingPlan(gap=5),
        first_person_in=True,
    )

    told = [(change.part, change.key, change.before, change.after) for change in differences(BEFORE, after)]

    assert told == [
        (Part.WEEK_DAY, 0, DAY, ()),
        (Part.SEASON, "s", None, season),
        (Part.HOLIDAY, "julafton", None, rule),
        (Part.HOST_NAME, "", None, "ICA"),
        *[(Part.HOST_DAY, day, None, (Window(420, 1260),)) for day in range(7)],
        (Part.CLOSING, "gap", 0, 5),
        (Part.FIRST_PERSON_IN, "", False, True),
    ]
    assert {change.part for change in differences(after, BEFORE)} == {change[0] for change in told}


def test_days_that_change_alike_are_told_together() -> None:
    after = replace(BEFORE, weekly=((Interval(600, 1320, SELF),),) * 5 + BEFORE.weekly[5:])

    (effect,) = effects(Hours(BEFORE), Hours(after), NOW)

    assert effect.runs == (
        (date(2026, 11, 23), date(2026, 11, 27)),
        (date(2026, 11, 30), date(2026, 12, 4)),
        (date(2026, 12, 7), date(2026, 12, 11)),
    )
    assert (effect.before, effect.after) == (WHOLE, (Stretch(600, 1320, SELF),))


def test_what_is_over_today_is_no_effect_and_what_is_to_come_is() -> None:
    morning = replace(BEFORE, weekly=(*BEFORE.weekly[:6], (Interval(540, 1320, SELF),)))
    evening = replace(BEFORE, weekly=(*BEFORE.weekly[:6], (Interval(480, 1260, SELF),)))

    assert [effect.runs[0][0] for effect in effects(Hours(BEFORE), Hours(morning), NOW)] == [date(2026, 11, 29)]
    assert [effect.runs[0][0] for effect in effects(Hours(BEFORE), Hours(evening), NOW)] == [date(2026, 11, 22)]


def test_an_exception_that_closes_the_day_leaves_nothing_to_change() -> None:
    shut = ScheduleException(
        id="x",
        level=Level.CONSORTIUM,
        days=(ExceptionDay(first=date(2026, 11, 23), last=date(2026, 11, 23), contents=(Closed(),)),),
    )
    before, after = (replace(own, exceptions=(shut,)) for own in (BEFORE, _with_monday()))

    (effect,) = effects(Hours(before), Hours(after), NOW)

    assert effect.runs[0][0] == date(2026, 11, 30)


def test_the_first_hours_of_a_branch_are_all_new() -> None:
    (effect,) = effects(None, Hours(BEFORE), NOW)

    assert (effect.runs, effect.before) == (((date(2026, 11, 22), date(2026, 12, 12)),), ())


def test_hours_over_midnight_are_told_on_both_days() -> None:
    hours = Hours(_with_monday(Interval(1320, 1560, STAFFED)))

    assert open_on(hours, date(2026, 11, 23)) == (Stretch(1320, 1440, STAFFED),)
    assert open_on(hours, date(2026, 11, 24)) == (Stretch(0, 120, STAFFED), *WHOLE)


def test_the_day_on_which_the_clock_is_turned_is_told_by_the_wall_clock() -> None:
    always = Schedule("Europe/Stockholm", ((Interval(0, 1440, SELF),),) * 7)

    for turned in (date(2026, 3, 29), date(2026, 10, 25)):
        assert open_on(Hours(always), turned) == (Stretch(0, 1440, SELF),)


@given(st.lists(st.sampled_from([DAY, (), (Interval(0, 60, STAFFED),)]), min_size=7, max_size=7))
def test_a_week_in_runs_of_like_days_is_the_same_week(week: list[tuple[Interval, ...]]) -> None:
    told = alike_days(tuple(week))

    assert [hours for first, last, hours in told for _ in range(first, last + 1)] == week
    assert all(told[at][2] != told[at + 1][2] for at in range(len(told) - 1))
