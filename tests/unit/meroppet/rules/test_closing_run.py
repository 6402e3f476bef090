"""Each step of a closing is carried out once, in time, whatever comes between; and the alarm is asked with care."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.closing import Step, StepKind, closing_plan
from meroppet.rules.closing_run import (
    ASKED_TO_LEAVE,
    LEAVE_SECONDS,
    READ_BACK_SECONDS,
    Act,
    Armed,
    Around,
    AskToArm,
    Effect,
    LeaveOut,
    Look,
    Outcome,
    Perform,
    Performed,
    Run,
    Withdraw,
    due,
    due_instant,
    remembered,
    step,
)
from meroppet.rules.entry import Record
from meroppet.rules.event import Scalar
from meroppet.rules.hours import Hours
from meroppet.rules.house_events import ArmRefused, ArmRequested, ClosingStep
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import ClosingPlan, Schedule

STAFFED, ALONE = BranchState.STAFFED, BranchState.SELF_SERVICE
PLAN = ClosingPlan(announcements=(15, 5), last_entry=10, gap=3, lights=5, alarm=10)
DAY = (Interval(600, 1080, STAFFED), Interval(1080, 1320, ALONE))
HOURS = Hours(Schedule("Europe/Stockholm", (DAY,) * 7, closing=PLAN))
CLOSES = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
"""22.00 in Sweden."""
MINUTE = timedelta(minutes=1)
ALARM = Step(CLOSES + 10 * MINUTE, StepKind.REQUEST_ALARM, 10)


def around(now: datetime, *, inside: int | None = None, armed: bool | None = False) -> Around:
    return Around(HOURS, now, (now - CLOSES).total_seconds(), inside, armed)


def rows(effects: tuple[Effect, ...]) -> list[tuple[str, str]]:
    """The steps that were told, and what came of them."""
    told = [effect.event for effect in effects if isinstance(effect, Record)]
    return [(event.step, event.outcome) for event in told if isinstance(event, ClosingStep)]


def whole(begins: datetime, ends: datetime, run: Run, *, every: timedelta = MINUTE / 2) -> tuple[Run, list[Effect]]:
    """A stretch of time, looked at again and again, with everything performed well."""
    told: list[Effect] = []
    now = begins
    while now < ends:
        run, effects = step(run, Look(), around(now))
        for effect in effects:
            told.append(effect)
            if isinstance(effect, Perform | AskToArm):
                run, more = step(run, Performed(effect.step, Outcome.DONE), around(now))
                told.extend(more)
            if isinstance(effect, AskToArm):
                run, more = step(run, Armed(on=True), around(now, armed=True))
                told.extend(more)
        now += every
    return run, told


def test_a_day_s_steps_are_each_carried_out_once_in_the_plan_s_order() -> None:
    begins, ends = CLOSES - timedelta(hours=12), CLOSES + timedelta(hours=2)

    _, told = whole(begins, ends, Run())

    planned = [each.kind.value for each in closing_plan(HOURS, begins, ends)]
    assert rows(tuple(told)) == [(kind, "done") for kind in planned]
    assert len(planned) == 10


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 14 * 60), max_size=40), st.integers(0, 200))
def test_no_step_is_carried_out_twice_however_it_is_looked_at_and_restarted(minutes: list[int], restart: int) -> None:
    run, told = Run(), list[Effect]()
    begins = CLOSES - timedelta(hours=12)
    for count, minute in enumerate(sorted(minutes)):
        now = begins + minute * MINUTE
        run, more = whole(now, now + MINUTE, run)
        told.extend(more)
        if count == restart:
            details = [effect.event.detail() for effect in told if isinstance(effect, Record)]
            run = remembered(detail for detail in details if "step" in detail)

    performed = [effect.step for effect in told if isinstance(effect, Perform | AskToArm)]
    assert len(set(performed)) == len(performed)
    told_of = [(effect.event.step, effect.event.at) for effect in told if isinstance(effect, Record)
               if isinstance(effect.event, ClosingStep)]  # fmt: skip
    assert len(set(told_of)) == len(told_of)


@pytest.mark.parametrize(
    ("kind", "acts"),
    [
        (StepKind.ANNOUNCE, {Act.ANNOUNCE, Act.TELL_OTHERS}),
        (StepKind.LAST_ENTRY, {Act.TELL_OTHERS}),
        (StepKind.CLOSE, {Act.ANNOUNCE, Act.TELL_OTHERS}),
        (StepKind.LIGHTS_OFF, {Act.LIGHTS, Act.TELL_OTHERS}),
        (StepKind.ANNOUNCE_EMPTYING, {Act.ANNOUNCE, Act.TELL_OTHERS}),
        (StepKind.EMPTY, {Act.ANNOUNCE, Act.TELL_OTHERS}),
        (StepKind.OPEN_UP, {Act.TELL_OTHERS}),
    ],
)
def test_what_is_said_shown_and_switched_at_each_step(kind: StepKind, acts: set[Act]) -> None:
    planned = next(
        each for each in closing_plan(HOURS, CLOSES - timedelta(hours=5), CLOSES + MINUTE * 9) if each.kind is kind
    )

    _, effects = step(Run(), Look(), around(planned.at))

    assert Perform(planned, frozenset(acts)) in effects


def test_nobody_who_does_not_know_the_hour_carries_anything_out() -> None:
    blind = Around(None, CLOSES, 0.0)

    assert step(Run(), Look(), blind) == (Run(), ())
    assert due(Run(), blind) is None


def test_an_announcement_that_would_say_the_wrong_minutes_is_told_as_late() -> None:
    run, _ = step(Run(), Look(), around(CLOSES - 20 * MINUTE))

    _, effects = step(run, Look(), around(CLOSES - 12 * MINUTE))

    assert rows(effects) == [("announce", "late")]


def test_what_was_before_the_first_look_is_nobody_s_fault() -> None:
    _, effects = step(Run(), Look(), around(CLOSES - 2 * MINUTE))

    assert effects == ()


def test_what_was_missed_while_the_device_was_off_is_told_after_a_restart() -> None:
    done = ClosingStep("announce", (CLOSES - 15 * MINUTE).isoformat(), 15, "done")

    _, effects = step(remembered([done.detail()]), Look(), around(CLOSES - 2 * MINUTE))

    assert rows(effects) == [("last_entry", "late"), ("announce", "late")]


def test_lights_and_alarm_are_seen_to_after_a_long_night_without_power() -> None:
    _, effects = step(Run(), Look(), around(CLOSES + timedelta(hours=6)))

    performed = [effect.step.kind for effect in effects if isinstance(effect, Perform | AskToArm)]
    assert performed == [StepKind.LIGHTS_OFF, StepKind.REQUEST_ALARM]


def test_last_night_s_lights_are_not_put_out_in_the_morning() -> None:
    _, effects = step(Run(), Look(), around(CLOSES + timedelta(hours=13)))

    assert effects == ()


def test_rows_of_another_version_are_no_steps() -> None:
    strange: list[dict[str, Scalar]] = [{"step": "sing", "at": "soon", "minutes": 1}, {"outcome": "done"}, {}]

    assert remembered(strange) == Run()


def test_staff_leave_out_a_kind_of_step_until_the_closing_is_over() -> None:
    run, effects = step(Run(), LeaveOut(StepKind.ANNOUNCE, "order-1"), around(CLOSES - timedelta(hours=1)))
    assert effects == ()

    _, told = whole(CLOSES - timedelta(hours=1), CLOSES + timedelta(hours=24), run)

    assert [outcome for kind, outcome in rows(tuple(told)) if kind == "announce"] == ["skipped"] * 2 + ["done"] * 2
    skipped = next(effect for effect in told if isinstance(effect, Record))
    assert isinstance(skipped.event, ClosingStep)
    assert skipped.event.order == "order-1"


def test_an_order_given_while_it_is_shut_holds_for_this_night_only() -> None:
    night = around(CLOSES + MINUTE)

    run, _ = step(Run(), LeaveOut(StepKind.REQUEST_ALARM, "order-1"), night)

    assert run.skips[0].until == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    _, effects = step(run, Look(), around(ALARM.at))
    assert (StepKind.REQUEST_ALARM.value, "skipped") in rows(effects)


def test_an_order_lapses_after_a_day_where_the_hours_are_not_known_or_nothing_closes() -> None:
    always = Hours(Schedule("Europe/Stockholm", ((Interval(0, 1440, ALONE),),) * 7))
    for hours in (None, always):
        run, _ = step(Run(), LeaveOut(StepKind.CLOSE, "order-1"), Around(hours, CLOSES, 0.0))

        assert CLOSES < run.skips[0].until <= CLOSES + timedelta(days=2)


def test_a_second_order_takes_the_place_of_the_first() -> None:
    run, _ = step(Run(), LeaveOut(StepKind.CLOSE, "order-1"), around(CLOSES - MINUTE))
    run, _ = step(run, LeaveOut(StepKind.CLOSE, "order-2"), around(CLOSES - MINUTE))

    assert [each.order for each in run.skips] == ["order-2"]


# The alarm


def asked(*, armed: bool | None = False) -> Run:
    run, effects = step(Run(), Look(), around(ALARM.at, armed=armed))
    assert effects[-2:] == (Record(ArmRequested(ALARM.at.isoformat())), AskToArm(ALARM))
    run, told = step(run, Performed(ALARM, Outcome.DONE), around(ALARM.at, armed=armed))
    assert rows(told) == ([("request_alarm", "done")] if armed is None else [])
    return run


def test_the_request_is_taken_down_when_the_alarm_says_that_it_is_armed() -> None:
    run, effects = step(asked(), Armed(on=True), around(ALARM.at + MINUTE / 2, armed=True))

    assert run.arming is None
    assert effects[0] == Withdraw()
    assert rows(effects) == [("request_alarm", "done")]


def test_the_alarm_s_silence_is_a_refusal_that_is_told() -> None:
    run = asked()
    assert due_instant(run) == 600 + READ_BACK_SECONDS
    assert step(run, Look(), around(ALARM.at + MINUTE / 2)) == (run, ())
    assert step(run, Armed(on=False), around(ALARM.at + MINUTE / 2)) == (run, ())

    run, effects = step(run, Look(), around(ALARM.at + MINUTE))

    assert effects[:2] == (Withdraw(), Record(ArmRefused("no_answer")))
    assert rows(effects) == [("request_alarm", "refused")]
    assert due_instant(run) is None


def test_where_nothing_says_whether_it_is_armed_the_request_stands_its_time() -> None:
    _, effects = step(asked(armed=None), Look(), around(ALARM.at + MINUTE, armed=None))

    assert effects == (Withdraw(),)


def test_an_alarm_that_is_armed_is_not_asked() -> None:
    _, effects = step(Run(), Look(), around(ALARM.at, armed=True))

    assert rows(effects) == [("request_alarm", "done")]
    assert not any(isinstance(effect, AskToArm) for effect in effects)


def test_whoever_is_inside_is_asked_to_leave_before_the_alarm_is_asked_and_the_alarm_decides_at_last() -> None:
    run, effects = step(Run(), Look(), around(ALARM.at, inside=2))
    for time in range(1, ASKED_TO_LEAVE + 1):
        assert rows(effects)[-1] == ("request_alarm", "waiting")
        assert effects[-1] == Perform(ALARM, frozenset({Act.ANNOUNCE}))
        assert step(run, Performed(ALARM, Outcome.DONE), around(ALARM.at, inside=2)) == (run, ())
        assert step(run, Armed(on=True), around(ALARM.at, inside=2)) == (run, ())
        later = ALARM.at + timedelta(seconds=LEAVE_SECONDS * time)
        run, effects = step(run, Look(), around(later, inside=2))

    assert effects == (Record(ArmRequested(ALARM.at.isoformat())), AskToArm(ALARM))


def test_the_alarm_is_asked_as_soon_as_those_inside_have_been_given_their_time_and_left() -> None:
    run, _ = step(Run(), Look(), around(ALARM.at, inside=1))

    _, effects = step(run, Look(), around(ALARM.at + timedelta(seconds=LEAVE_SECONDS), inside=0))

    assert AskToArm(ALARM) in effects


def test_a_restart_while_people_leave_asks_the_alarm_all_the_same() -> None:
    _, effects = step(Run(), Look(), around(ALARM.at, inside=1))
    details = [each.event.detail() for each in effects if isinstance(each, Record)]

    _, effects = step(remembered(details), Look(), around(ALARM.at + MINUTE, inside=0))

    assert AskToArm(ALARM) in effects


@pytest.mark.parametrize("outcome", [Outcome.NOT_FITTED, Outcome.FAILED])
def test_a_request_that_cannot_be_made_is_told_at_once(outcome: Outcome) -> None:
    run, _ = step(Run(), Look(), around(ALARM.at))

    run, effects = step(run, Performed(ALARM, outcome), around(ALARM.at))

    assert rows(effects) == [("request_alarm", outcome.value)]
    assert run.arming is None


@pytest.mark.parametrize("inside", [0, 1])
def test_a_branch_that_opens_meanwhile_is_not_armed(inside: int) -> None:
    run, _ = step(Run(), Look(), around(ALARM.at, inside=inside))

    run, effects = step(run, Look(), around(CLOSES + timedelta(hours=13)))

    assert (Withdraw() in effects) == (inside == 0)
    assert Record(ArmRefused("skipped")) in effects
    assert run.arming is None


def test_staff_take_back_a_request_that_has_been_made() -> None:
    run, effects = step(asked(), LeaveOut(StepKind.REQUEST_ALARM, "order-1"), around(ALARM.at))

    assert effects[:2] == (Withdraw(), Record(ArmRefused("skipped")))
    assert rows(effects) == [("request_alarm", "skipped")]
    assert run.arming is None


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    assert step(Run(), Performed(ALARM, Outcome.DONE), around(ALARM.at)) == (Run(), ())
    assert step(Run(), Armed(on=True), around(ALARM.at)) == (Run(), ())


def test_how_many_are_inside_stands_beside_each_step() -> None:
    run, _ = step(Run(), Look(), around(CLOSES))

    _, effects = step(run, Performed(Step(CLOSES, StepKind.CLOSE), Outcome.DONE), around(CLOSES, inside=3))

    assert effects == (Record(ClosingStep("close", CLOSES.isoformat(), 0, "done", 3)),)


def test_the_next_step_is_known_ahead() -> None:
    assert due(Run(), around(CLOSES - timedelta(hours=1))) == CLOSES - 15 * MINUTE
    first = Step(CLOSES - 15 * MINUTE, StepKind.ANNOUNCE, 15)
    assert due(replace(Run(), seen=(first,)), around(CLOSES - 15 * MINUTE)) == CLOSES - 10 * MINUTE
