"""What happens around a closing, by the wall clock in Stockholm."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.closing import PauseKind, StepKind, closing_plan, pause_at
from meroppet.rules.exceptions import (
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    NotAfter,
    Order,
    OrderKind,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Day, Interval, Window
from meroppet.rules.schedule import ClosingPlan, Schedule
from tests.oracles.random_schedules import Dice

ZONE = ZoneInfo("Europe/Stockholm")
ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
MONDAY = date(2026, 11, 23)
PLAIN = ClosingPlan(announcements=(15, 5), last_entry=None, gap=0, lights=5, alarm=10)
EVENING = ["21:45 announce 15", "21:55 announce 5", "22:00 close 0", "22:05 lights_off 5", "22:10 request_alarm 10"]


def hours(*day: Interval, plan: ClosingPlan = PLAIN, says: tuple[Content, ...] = (), orders=()) -> Hours:
    """Days like this, but for what is said of the Monday."""
    days = (ExceptionDay(first=MONDAY, last=MONDAY, contents=says),) if says else ()
    exceptions = (ScheduleException(id="x", level=Level.BRANCH, days=days),)
    return Hours(Schedule(ZONE.key, (day,) * 7, exceptions=exceptions, orders=orders, closing=plan))


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def steps(asked: Hours, start: str = "03:00", end: str = "23:59") -> list[str]:
    plan = closing_plan(asked, at(start), at(end))
    return [f"{step.at.astimezone(ZONE):%H:%M} {step.kind} {step.minutes}" for step in plan]


TEG: Day = (Interval(360, 1320, ALONE),)


def test_a_closing_is_announced_and_then_it_is_dark_and_armed() -> None:
    assert steps(hours(*TEG)) == EVENING


def test_a_moment_belongs_to_the_plan_that_begins_with_it() -> None:
    assert steps(hours(*TEG), "21:55", "22:05") == EVENING[1:3]
    assert steps(hours(*TEG), "22:10", "22:11") == EVENING[4:]


def test_what_a_branch_has_not_chosen_does_not_happen() -> None:
    silent = ClosingPlan(announcements=(), last_entry=None, gap=0, lights=None, alarm=None)

    assert steps(hours(*TEG, plan=silent)) == ["22:00 close 0"]


def test_an_exception_moves_every_step() -> None:
    moved = [step.replace("21:", "14:").replace("22:", "15:") for step in EVENING]

    assert steps(hours(*TEG, says=(NotAfter(900),))) == moved


def test_each_closing_of_a_day_has_its_steps() -> None:
    twice = hours(Interval(480, 720, ALONE), Interval(840, 1320, ALONE))

    assert [step for step in steps(twice) if "close" in step] == ["12:00 close 0", "22:00 close 0"]
    assert len(steps(twice)) == 2 * len(EVENING)


def test_a_change_of_rule_while_open_is_no_closing() -> None:
    event = Event(Window(1080, 1200))

    assert steps(hours(*TEG, says=(event, OtherHours((Interval(300, 1320, ALONE),))))) == EVENING
    assert steps(hours(Interval(360, 1320, ALONE), Interval(600, 1080, STAFFED))) == EVENING


def test_nothing_is_announced_before_the_branch_has_opened() -> None:
    short = hours(Interval(600, 610, ALONE))

    assert steps(short) == ["10:05 announce 5", "10:10 close 0", "10:15 lights_off 5", "10:20 request_alarm 10"]


def test_lights_and_alarm_wait_for_the_last_closing_of_a_short_break() -> None:
    pause = hours(Interval(360, 720, ALONE), Interval(727, 1320, ALONE), plan=PLAIN)

    assert [step for step in steps(pause) if step < "13"][2:] == ["12:00 close 0", "12:05 lights_off 5"]


def test_nobody_turns_the_lights_out_on_those_who_maintain() -> None:
    cleaned = hours(*TEG, says=(Maintenance(Window(1320, 1380)),))

    assert steps(cleaned)[2:] == ["22:00 close 0", "23:05 lights_off 5", "23:10 request_alarm 10"]


def test_a_branch_closed_at_once_is_dark_and_armed_but_nothing_was_announced() -> None:
    order = Order(id="o", level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=at("17:00"))
    plan = ClosingPlan(announcements=(), lights=5, alarm=10)

    assert steps(hours(*TEG, plan=plan, orders=(order,))) == [
        "17:00 close 0",
        "17:05 lights_off 5",
        "17:10 request_alarm 10",
    ]


def test_minutes_before_a_closing_are_real_ones_when_the_clock_is_turned() -> None:
    night = hours(Interval(1200, 1620, ALONE))
    plan = closing_plan(night, datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC))

    assert [f"{step.at:%H:%M} {step.kind}" for step in plan][:3] == ["01:45 announce", "01:55 announce", "02:00 close"]


LUNCH = (Interval(360, 1320, ALONE), Interval(600, 1080, STAFFED))
GAP = ClosingPlan(announcements=(15, 5), last_entry=20, gap=10, lights=None, alarm=None)


def test_when_staff_leave_everybody_leaves_and_the_branch_opens_up_again() -> None:
    assert steps(hours(*LUNCH, plan=GAP), "17:00", "20:00") == [
        "17:45 announce_emptying 15",
        "17:55 announce_emptying 5",
        "18:00 empty 10",
        "18:10 open_up 10",
    ]


def test_it_is_not_opened_up_after_it_has_closed() -> None:
    early = hours(Interval(360, 1085, ALONE), Interval(600, 1080, STAFFED), plan=GAP)

    assert [step for step in steps(early) if "empty" in step or "open_up" in step][2:] == ["18:00 empty 10"]
    assert pause_at(early, at("18:03")).until == at("18:05")  # type: ignore[union-attr]


def test_it_is_opened_up_when_staff_are_back() -> None:
    back = hours(*LUNCH, Interval(1085, 1200, STAFFED), plan=GAP)

    assert [step for step in steps(back) if "open_up" in step][:1] == ["18:05 open_up 5"]
    assert pause_at(back, at("18:05")) is None


def test_nobody_is_sent_out_at_the_end_of_an_event_or_without_a_gap() -> None:
    assert not any("empty" in step for step in steps(hours(*LUNCH, plan=PLAIN)))
    assert not any("empty" in step for step in steps(hours(*TEG, plan=GAP, says=(Event(Window(1000, 1100)),))))


def test_the_last_entry_is_a_step_and_a_pause() -> None:
    asked = hours(*LUNCH, plan=GAP)

    assert "21:40 last_entry 20" in steps(asked)
    assert [pause_at(asked, at(clock)) is None for clock in ("21:39", "21:40", "21:59", "22:00")] == [
        True,
        False,
        False,
        True,
    ]
    pause = pause_at(asked, at("21:40"))
    assert pause is not None
    assert (pause.kind, pause.until) == (PauseKind.LAST_ENTRY, at("22:00"))


def test_a_stretch_shorter_than_the_last_entry_lets_nobody_in() -> None:
    short = hours(Interval(600, 615, ALONE), plan=GAP)

    assert steps(short)[:2] == ["10:00 announce 15", "10:00 last_entry 20"]
    assert pause_at(short, at("10:00")) is not None


def test_the_emptying_is_a_pause() -> None:
    asked = hours(*LUNCH, plan=GAP)

    assert [pause_at(asked, at(clock)) is None for clock in ("17:59", "18:00", "18:09", "18:10")] == [
        True,
        False,
        False,
        True,
    ]
    pause = pause_at(asked, at("18:01") + timedelta(microseconds=1))
    assert pause is not None
    assert (pause.kind, pause.until) == (PauseKind.EMPTYING, at("18:10"))


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 23, 12)  # noqa: DTZ001

    for ask in (
        lambda: closing_plan(hours(*TEG), naive, at("12:00")),
        lambda: closing_plan(hours(*TEG), at("12:00"), naive),
        lambda: pause_at(hours(*TEG), naive),
    ):
        with pytest.raises(ValueError, match="without a zone"):
            ask()


@pytest.mark.parametrize("number", range(40))
def test_steps_and_pauses_are_about_what_the_branch_does(number: int) -> None:
    about, dice = datetime(2026, 10, 25, 1, tzinfo=UTC), Random(number)
    schedule = Dice(number, about).schedule(ZONE.key)
    plan = ClosingPlan(
        announcements=(30, 10, 1), last_entry=dice.choice([None, 5, 60]), gap=dice.choice([0, 7, 15]),
        lights=dice.choice([None, 0, 20]), alarm=3,
    )  # fmt: skip
    asked = Hours(replace(schedule, closing=plan))
    start, end = about - timedelta(days=3), about + timedelta(days=3)

    done = closing_plan(asked, start, end)

    assert done == tuple(step for part in range(6) for step in closing_plan(
        asked, start + part * timedelta(days=1), start + (part + 1) * timedelta(days=1)))  # fmt: skip
    for step in done:
        before, now = (asked.state_at(step.at - late).state for late in (timedelta(seconds=1), timedelta()))
        paused = pause_at(asked, step.at)
        match step.kind:
            case StepKind.ANNOUNCE | StepKind.ANNOUNCE_EMPTYING:
                assert now in OPEN
            case StepKind.LAST_ENTRY:
                assert paused is not None
                assert paused.until - step.at <= timedelta(minutes=step.minutes)
            case StepKind.CLOSE:
                assert (before in OPEN, now in OPEN) == (True, False)
            case StepKind.LIGHTS_OFF | StepKind.REQUEST_ALARM:
                assert now in {BranchState.CLOSED, BranchState.EMERGENCY_CLOSED}
            case StepKind.EMPTY:
                assert (before, now, paused is None) == (STAFFED, ALONE, False)
            case StepKind.OPEN_UP:
                assert now in OPEN
                assert paused is None or paused.kind is PauseKind.LAST_ENTRY
