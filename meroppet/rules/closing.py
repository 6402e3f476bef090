"""What happens around a closing, and when staff leave self-service on: derived from the spans alone. Pure.

An exception or an order that moves the hours moves every step with them. All minutes are real ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.hours import Hours, Span, utc
from meroppet.rules.schedule import ClosingPlan

_MINUTE = timedelta(minutes=1)
_SHUT = frozenset({BranchState.CLOSED, BranchState.EMERGENCY_CLOSED})
"""Nobody has business inside: it may be dark and armed. In maintenance somebody is at work."""


class StepKind(StrEnum):
    """What is to happen; of several at one moment, in this order."""

    ANNOUNCE = "announce"
    LAST_ENTRY = "last_entry"
    CLOSE = "close"
    LIGHTS_OFF = "lights_off"
    REQUEST_ALARM = "request_alarm"
    ANNOUNCE_EMPTYING = "announce_emptying"
    EMPTY = "empty"
    OPEN_UP = "open_up"


_RANK = {kind: rank for rank, kind in enumerate(StepKind)}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do at a moment (UTC).

    `minutes` are those left until the closing or the emptying (announce, last_entry, announce_emptying), those it may
    last (empty), or those since (lights_off, request_alarm, open_up); 0 at a closing.
    """

    at: datetime
    kind: StepKind
    minutes: int = 0


class PauseKind(StrEnum):
    """Why nobody new is let in although the branch is open."""

    LAST_ENTRY = "last_entry"
    EMPTYING = "emptying"


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody new is let in until this moment (UTC): the closing, or when the branch is opened up again."""

    kind: PauseKind
    until: datetime


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch throughout which the branch is in some state, whatever rule says so."""

    start: datetime
    end: datetime
    state: BranchState


def closing_plan(hours: Hours, start: datetime, end: datetime) -> tuple[Step, ...]:
    """The steps in [start, end), in order. Raises ValueError where a moment is naive."""
    first, last, plan = utc(start), utc(end), hours.schedule.closing
    before = _most(*plan.announcements, plan.last_entry)
    after = _most(plan.gap, plan.lights, plan.alarm)
    # What is cut off at either end of this wider look has no step within [start, end).
    runs = _runs(hours.spans(first - before - after - _MINUTE, last + before))
    steps = (*_closings(runs, plan), *_after_closings(runs, plan), *_emptyings(runs, plan))
    within = (step for step in steps if first <= step.at < last)
    return tuple(sorted(within, key=lambda step: (step.at, _RANK[step.kind])))


def pause_at(hours: Hours, moment: datetime) -> Pause | None:
    """Why nobody new is let in at an aware moment at which the branch is open; None: people are, or it is not open."""
    plan, now = hours.schedule.closing, utc(moment)
    if hours.state_at(now).state not in OPEN:
        return None
    return _last_entry(hours, now, plan) or _emptying(hours, now, plan)


def _most(*minutes: int | None) -> timedelta:
    return max((value for value in minutes if value is not None), default=0) * _MINUTE


def _runs(spans: Iterator[Span]) -> list[_Run]:
    runs = []
    for state, group in groupby(spans, key=lambda span: span.state):
        alike = list(group)
        runs.append(_Run(alike[0].start, alike[-1].end, state))
    return runs


def _stretches(runs: list[_Run], among: frozenset[BranchState]) -> Iterator[list[_Run]]:
    for is_among, group in groupby(runs, key=lambda run: run.state in among):
        if is_among:
            yield list(group)


def _closings(runs: list[_Run], plan: ClosingPlan) -> Iterator[Step]:
    for stretch in _stretches(runs, OPEN):
        opened, closes = stretch[0].start, stretch[-1].end
        for minutes in _announced(plan, opened, closes):
            yield Step(closes - minutes * _MINUTE, StepKind.ANNOUNCE, minutes)
        if plan.last_entry is not None:
            yield Step(max(opened, closes - plan.last_entry * _MINUTE), StepKind.LAST_ENTRY, plan.last_entry)
        yield Step(closes, StepKind.CLOSE)


def _announced(plan: ClosingPlan, opened: datetime, at: datetime) -> list[int]:
    """The announcements for which the branch is open, and stays so until that moment."""
    return [minutes for minutes in set(plan.announcements) if opened <= at - minutes * _MINUTE]


def _after_closings(runs: list[_Run], plan: ClosingPlan) -> Iterator[Step]:
    for stretch in _stretches(runs, _SHUT):
        shut, opens = stretch[0].start, stretch[-1].end
        for kind, minutes in ((StepKind.LIGHTS_OFF, plan.lights), (StepKind.REQUEST_ALARM, plan.alarm)):
            if minutes is not None and shut + minutes * _MINUTE < opens:
                yield Step(shut + minutes * _MINUTE, kind, minutes)


def _emptyings(runs: list[_Run], plan: ClosingPlan) -> Iterator[Step]:
    for stretch in _stretches(runs, OPEN):
        for emptied, left in _left(stretch, plan):
            for minutes in _announced(plan, stretch[0].start, emptied):
                yield Step(emptied - minutes * _MINUTE, StepKind.ANNOUNCE_EMPTYING, minutes)
            yield Step(emptied, StepKind.EMPTY, plan.gap)
            if left < stretch[-1].end:
                yield Step(left, StepKind.OPEN_UP, (left - emptied) // _MINUTE)


def _left(runs: list[_Run], plan: ClosingPlan) -> Iterator[tuple[datetime, datetime]]:
    """Where staff leave self-service on: the moment, and until when nobody new is let in."""
    for staffed, alone in pairwise(runs):
        if plan.gap and staffed.state is BranchState.STAFFED and alone.state is BranchState.SELF_SERVICE:
            yield alone.start, min(alone.start + plan.gap * _MINUTE, alone.end)


def _last_entry(hours: Hours, now: datetime, plan: ClosingPlan) -> Pause | None:
    if plan.last_entry is None:
        return None
    # A moment more, so that a closing at the very end of the look is seen.
    ahead = hours.spans(now, now + plan.last_entry * _MINUTE + timedelta.resolution)
    closes = next((span.start for span in ahead if span.state not in OPEN), None)
    return None if closes is None else Pause(PauseKind.LAST_ENTRY, closes)


def _emptying(hours: Hours, now: datetime, plan: ClosingPlan) -> Pause | None:
    gap = plan.gap * _MINUTE
    runs = _runs(hours.spans(now - gap, now + gap))
    return next((Pause(PauseKind.EMPTYING, until) for since, until in _left(runs, plan) if since <= now < until), None)
