"""One local day of a branch, wall-clock minute by minute, worked out from the rules that speak of it. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from meroppet.rules.branch import BranchState
from meroppet.rules.day_rules import HOST, LEVELS, Claim, Cut, DayRules, Piece
from meroppet.rules.intervals import ALL_DAY, MINUTES_A_DAY
from meroppet.rules.provenance import Answer, others

Plan = tuple[tuple[int, Answer], ...]
"""Minute from which each answer holds, the first 0; the last holds until 24:00."""

_STATES = (BranchState.CLOSED, BranchState.SELF_SERVICE, BranchState.STAFFED, BranchState.EVENT)
_RANK = {state: rank for rank, state in enumerate(_STATES)}
"""What lies over what, where hours of two days or hours that only add meet."""
_FIRST = (BranchState.EMERGENCY_CLOSED, BranchState.MAINTENANCE, BranchState.CLOSED)


def plan_of(yesterday: DayRules | None, today: DayRules) -> Plan:
    """The day, given its rules and those of the day before where they go on past midnight."""
    edges = {0, *today.edges, *(edge - MINUTES_A_DAY for edge in (yesterday.edges if yesterday else ()))}
    plan: list[tuple[int, Answer]] = []
    for minute in sorted(edge for edge in edges if 0 <= edge < MINUTES_A_DAY):
        answer = _answer(yesterday, today, minute)
        if not plan or plan[-1][1] != answer:
            plan.append((minute, answer))
    return tuple(plan)


def _answer(yesterday: DayRules | None, today: DayRules, minute: int) -> Answer:
    opening, late = _said(today, minute), minute + MINUTES_A_DAY
    standing = _standing(today, minute)
    inside = _inside(today, minute)
    if yesterday is not None:
        opening = _with_tail(opening, yesterday, late)
        standing += _standing(yesterday, late)
        inside = inside or _inside(yesterday, late)
    if not inside:
        standing.append(Cut(HOST, ALL_DAY))
    return restricted(opening, standing) if standing else opening


def _standing(rules: DayRules, minute: int) -> list[Cut]:
    return [cut for cut in rules.cuts if cut.window.start <= minute < cut.window.end]


def _inside(rules: DayRules, minute: int) -> bool:
    """Whether the building lets people in, as far as its hours of this day say."""
    return rules.host is None or any(window.start <= minute < window.end for window in rules.host)


def _with_tail(here: Answer, yesterday: DayRules, late: int) -> Answer:
    """The stronger of what the day itself says and what goes on from the night before: staffed over self-service."""
    tail = _said(yesterday, late)
    if tail.state is BranchState.CLOSED:
        return here
    # A restriction to the end of its day takes the hours along that begin on that day and end after midnight.
    # They are closed then, whatever the restriction makes of its day: maintenance ends when it is said to.
    till_midnight = (cut for cut in yesterday.cuts if cut.window.end == MINUTES_A_DAY)
    tail = restricted(tail, [Cut(cut.rule, ALL_DAY, spares_staff=cut.spares_staff) for cut in till_midnight])
    if here.state is BranchState.CLOSED or _RANK[tail.state] > _RANK[here.state]:
        here, tail = tail, here
    beneath = max(here.beneath, tail.beneath, key=_RANK.__getitem__)
    beaten = others(here.rule, (*here.beaten, tail.rule, *tail.beaten))
    return replace(here, beaten=beaten, beneath=beneath if here.state is BranchState.STAFFED else here.state)


def restricted(opening: Answer, cuts: Iterable[Cut]) -> Answer:
    """What is left of an answer under the restrictions that stand."""
    alone = opening.state is BranchState.SELF_SERVICE
    standing = sorted(cuts, key=_strength)
    closing = [cut for cut in standing if alone or not cut.spares_staff]
    if closing:
        first = closing[0]
        beaten = others(first.rule, (*(cut.rule for cut in closing), opening.rule, *opening.beaten))
        return Answer(first.state, first.rule, beaten, first.state)
    if standing and opening.state is BranchState.STAFFED:
        return replace(opening, beneath=BranchState.CLOSED)
    return opening


def _strength(cut: Cut) -> tuple[int, int]:
    """The strongest first: an emergency, then maintenance, which lies over closed; then the widest level."""
    return _FIRST.index(cut.state), LEVELS[cut.rule.level]


def _said(rules: DayRules, minute: int) -> Answer:
    """What the day's openings say at a minute.

    The first that speaks of the whole day decides, but for those before it that only add: these lie over it where they
    are more (staffed over self-service), never where they are less.
    """
    said = [(claim, _at(claim.pieces, minute)) for claim in rules.claims]
    speaking = [(claim, state) for claim, state in said if claim.whole or state is not BranchState.CLOSED]
    layers = speaking[: next(at for at, (claim, _) in enumerate(speaking, 1) if claim.whole)]
    first, state = max(layers, key=lambda layer: _RANK[layer[1]]) if len(layers) > 1 else layers[0]
    beneath = _beneath(layers, minute) if state is BranchState.STAFFED else state
    return Answer(
        state, first.rule, others(first.rule, [claim.rule for claim, _ in speaking]), beneath, first.listed_only
    )


def _beneath(layers: list[tuple[Claim, BranchState]], minute: int) -> BranchState:
    pieces = [piece for claim, _ in layers for piece in claim.pieces if piece[2] is not BranchState.STAFFED]
    return _at(pieces, minute)


def _at(pieces: Iterable[Piece], minute: int) -> BranchState:
    found = BranchState.CLOSED
    for start, end, state in pieces:
        if start <= minute < end and _RANK[state] > _RANK[found]:
            found = state
    return found
