"""Which steps of the closing plan are to be carried out now, and what becomes of a request to arm. Pure.

The plan says when; this says what is done of it: each step once, whatever restarts, jumps or changes of hours come
between. What was done is known by its journal rows. Staff may leave out any step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.closing import Step, StepKind, closing_plan
from meroppet.rules.entry import Record
from meroppet.rules.event import Scalar
from meroppet.rules.hours import Hours
from meroppet.rules.house_events import ArmRefused, ArmRequested, ClosingStep

FRESH = timedelta(seconds=30)
"""An announcement that comes later than this says the wrong number of minutes, and is left out."""
BACK = timedelta(hours=24)
"""How long ago a step may have been that is still caught up with, if it lasts."""
AHEAD = timedelta(hours=24)
READ_BACK_SECONDS = 60.0
"""Within which the alarm must say that it is armed; a panel's own exit time is shorter."""
LEAVE_SECONDS = 300.0
"""Given to those who are still inside before the alarm is asked."""
ASKED_TO_LEAVE = 3
"""Times; then the alarm is asked all the same, and its own detectors decide: a counter can have miscounted."""
REMEMBERED = 64
SHUT = frozenset({BranchState.CLOSED, BranchState.EMERGENCY_CLOSED})


class Act(StrEnum):
    """What the shell does for a step."""

    ANNOUNCE = "announce"
    TELL_OTHERS = "tell_others"
    LIGHTS = "lights"


_LASTING = frozenset({StepKind.LIGHTS_OFF, StepKind.REQUEST_ALARM})
"""Steps that make something so and not only say it: as good an hour later, while the branch is still shut."""
_ACTS: dict[StepKind, frozenset[Act]] = {
    StepKind.ANNOUNCE: frozenset({Act.ANNOUNCE, Act.TELL_OTHERS}),
    StepKind.LAST_ENTRY: frozenset({Act.TELL_OTHERS}),
    StepKind.CLOSE: frozenset({Act.ANNOUNCE, Act.TELL_OTHERS}),
    StepKind.LIGHTS_OFF: frozenset({Act.LIGHTS, Act.TELL_OTHERS}),
    StepKind.REQUEST_ALARM: frozenset({Act.ANNOUNCE}),
    StepKind.ANNOUNCE_EMPTYING: frozenset({Act.ANNOUNCE, Act.TELL_OTHERS}),
    StepKind.EMPTY: frozenset({Act.ANNOUNCE, Act.TELL_OTHERS}),
    StepKind.OPEN_UP: frozenset({Act.TELL_OTHERS}),
}


class Outcome(StrEnum):
    """What became of a step."""

    DONE = "done"
    SHOWN = "shown"
    """Nothing to say it with is fitted: it stood on the displays."""
    FAILED = "failed"
    NOT_FITTED = "not_fitted"
    SKIPPED = "skipped"
    LATE = "late"
    WAITING = "waiting"
    """Somebody was still inside, and was asked to leave."""
    REFUSED = "refused"


# What may happen.
@dataclass(frozen=True, slots=True)
class Look:
    """Time has passed, or the hours have changed."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of a Perform or an AskToArm."""

    step: Step
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Staff want the steps of this kind left out of the closing that comes, or is going on."""

    kind: StepKind
    order: str


@dataclass(frozen=True, slots=True)
class Armed:
    """The alarm's word."""

    on: bool


Happening = Look | Performed | LeaveOut | Armed


# What is to be done about it, in order.
@dataclass(frozen=True, slots=True)
class Perform:
    """Do these for a step, and say what came of it with Performed."""

    step: Step
    acts: frozenset[Act]


@dataclass(frozen=True, slots=True)
class AskToArm:
    """Hold up the request to arm until Withdraw; say with Performed whether that could be done."""

    step: Step


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take the request to arm down again."""


Effect = Perform | AskToArm | Withdraw | Record


@dataclass(frozen=True, slots=True)
class Skip:
    """An order of staff: steps of this kind are left out until then (UTC)."""

    kind: StepKind
    order: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Arming:
    """A request to arm that is not settled: `asked`, or still waiting for people to leave, until `until` (monotonic).

    `blind`: nothing here says whether it was armed, so that the request only stands its time.
    """

    step: Step
    until: float
    asked: bool
    times: int = 0
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What the routine goes by: the hours (None: nobody knows the hour), wall and monotonic time, and the house.

    `inside` and `armed` are None where nobody knows.
    """

    hours: Hours | None
    now: datetime
    instant: float
    inside: int | None = None
    armed: bool | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What has been seen to, newest last. Nothing before `since` is told of as missed."""

    seen: tuple[Step, ...] = ()
    since: datetime | None = None
    skips: tuple[Skip, ...] = ()
    arming: Arming | None = None


Turn = tuple[Run, tuple[Effect, ...]]


def remembered(rows: Iterable[Mapping[str, Scalar]]) -> Run:
    """The run after a restart, from the details of the device's closing.step rows, oldest first."""
    seen = tuple(dict.fromkeys(step for row in rows if (step := _step_of(row)) is not None))[-REMEMBERED:]
    return Run(seen=seen, since=max((step.at for step in seen), default=None))


def due(run: Run, around: Around) -> datetime | None:
    """When the plan next has something to do, as far as the next day goes."""
    if around.hours is None:
        return None
    ahead = closing_plan(around.hours, around.now, around.now + AHEAD)
    return next((step.at for step in ahead if step not in run.seen), None)


def due_instant(run: Run) -> float | None:
    """The monotonic time at which a request to arm wants a Look, or None."""
    return None if run.arming is None else run.arming.until


def step(run: Run, happening: Happening, around: Around) -> Turn:
    """The next run and the effects, in the order in which they must be performed."""
    match happening:
        case Look():
            return _look(run, around)
        case Performed(done, outcome):
            return _performed(run, done, outcome, around)
        case LeaveOut(kind, order):
            return _leave_out(run, kind, order, around)
    return _armed(run, around) if happening.on else (run, ())


def _step_of(row: Mapping[str, Scalar]) -> Step | None:
    """The step a row says is over; None for one that is not, or that another version wrote."""
    if row.get("outcome") == Outcome.WAITING.value:
        return None
    try:
        return Step(datetime.fromisoformat(str(row["at"])), StepKind(str(row["step"])), int(str(row["minutes"])))
    except (KeyError, ValueError):
        return None


def _look(run: Run, around: Around) -> Turn:
    if around.hours is None:
        return run, ()
    run = replace(
        run, since=run.since or around.now, skips=tuple(each for each in run.skips if each.until > around.now)
    )
    run, effects = _look_at_alarm(run, around, around.hours)
    for planned in closing_plan(around.hours, around.now - BACK, around.now + timedelta.resolution):
        if planned not in run.seen:
            run, more = _come(run, planned, around, around.hours)
            effects = (*effects, *more)
    return run, effects


def _come(run: Run, planned: Step, around: Around, hours: Hours) -> Turn:
    """A step whose time has come, perhaps long ago."""
    is_late = around.now - planned.at > FRESH
    lasts = planned.kind in _LASTING and _is_shut_since(hours, planned.at, around.now)
    if is_late and not lasts and run.since is not None and planned.at < run.since:
        return run, ()
    run = replace(run, seen=(*run.seen, planned)[-REMEMBERED:])
    if is_late and not lasts:
        return run, (_row(planned, Outcome.LATE, around),)
    skip = next((each for each in run.skips if each.kind is planned.kind), None)
    if skip is not None:
        return run, (_row(planned, Outcome.SKIPPED, around, skip.order),)
    if planned.kind is StepKind.REQUEST_ALARM:
        return _request(run, planned, around)
    return run, (Perform(planned, _ACTS[planned.kind]),)


def _is_shut_since(hours: Hours, begun: datetime, now: datetime) -> bool:
    return all(span.state in SHUT for span in hours.spans(begun, now + timedelta.resolution))


def _request(run: Run, planned: Step, around: Around, times: int = 0) -> Turn:
    if around.armed:
        return replace(run, arming=None), (_row(planned, Outcome.DONE, around),)
    if around.inside and times < ASKED_TO_LEAVE:
        waiting = Arming(planned, around.instant + LEAVE_SECONDS, asked=False, times=times + 1)
        told = (_row(planned, Outcome.WAITING, around), Perform(planned, _ACTS[planned.kind]))
        return replace(run, arming=waiting), told
    asking = Arming(planned, around.instant + READ_BACK_SECONDS, asked=True, times=times)
    return replace(run, arming=asking), (Record(ArmRequested(planned.at.isoformat())), AskToArm(planned))


def _look_at_alarm(run: Run, around: Around, hours: Hours) -> Turn:
    arming = run.arming
    if arming is None:
        return run, ()
    if hours.state_at(around.now).state not in SHUT:
        return _give_up(run, arming, Outcome.SKIPPED, "skipped", around)
    if around.instant < arming.until:
        return run, ()
    if arming.blind:
        return replace(run, arming=None), (Withdraw(),)
    if arming.asked:
        return _give_up(run, arming, Outcome.REFUSED, "no_answer", around)
    return _request(run, arming.step, around, arming.times)


def _give_up(run: Run, arming: Arming, outcome: Outcome, why: str, around: Around, order: str = "") -> Turn:
    withdrawn = (Withdraw(),) if arming.asked else ()
    rows = (Record(ArmRefused(why)), _row(arming.step, outcome, around, order))
    return replace(run, arming=None), (*withdrawn, *rows)


def _performed(run: Run, done: Step, outcome: Outcome, around: Around) -> Turn:
    if done.kind is not StepKind.REQUEST_ALARM:
        return run, (_row(done, outcome, around),)
    arming = run.arming
    if arming is None or not arming.asked:
        return run, ()
    if outcome is not Outcome.DONE:
        return replace(run, arming=None), (_row(done, outcome, around),)
    if around.armed is not None:
        return run, ()
    # To have asked is all there is.
    return replace(run, arming=replace(arming, blind=True)), (_row(done, outcome, around),)


def _armed(run: Run, around: Around) -> Turn:
    if run.arming is None or not run.arming.asked:
        return run, ()
    return replace(run, arming=None), (Withdraw(), _row(run.arming.step, Outcome.DONE, around))


def _leave_out(run: Run, kind: StepKind, order: str, around: Around) -> Turn:
    skip = Skip(kind, order, _end_of_closing(around))
    run = replace(run, skips=(*(each for each in run.skips if each.kind is not kind), skip))
    if run.arming is not None and kind is StepKind.REQUEST_ALARM:
        return _give_up(run, run.arming, Outcome.SKIPPED, "skipped", around, order)
    return run, ()


def _end_of_closing(around: Around) -> datetime:
    """When the closing that comes, or is going on, is over: the branch opens again, or a day has passed."""
    latest = around.now + AHEAD
    if around.hours is None:
        return latest
    ahead = closing_plan(around.hours, around.now, latest)
    shut = around.hours.state_at(around.now).state in SHUT
    closes = around.now if shut else next((each.at for each in ahead if each.kind is StepKind.CLOSE), latest)
    return min(around.hours.next_opening(closes, OPEN) or latest, closes + AHEAD)


def _row(done: Step, outcome: Outcome, around: Around, order: str = "") -> Record:
    at, inside = done.at.isoformat(), around.inside
    return Record(ClosingStep(done.kind.value, at, done.minutes, outcome.value, inside, order))
