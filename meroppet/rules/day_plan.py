"""One local day of a branch, wall-clock minute by minute, worked out from the rules that speak of it. Pure."""

from collections.abc import Iterator

from meroppet.rules.branch import BranchState
from meroppet.rules.day_rules import HOST, Claim, Cut, DayRules, Piece
from meroppet.rules.intervals import MINUTES_A_DAY, Window
from meroppet.rules.provenance import Answer, Rule

Plan = tuple[tuple[int, Answer], ...]
"""Minute from which each answer holds, the first 0; the last holds until 24:00."""

_RANK = {BranchState.CLOSED: 0, BranchState.SELF_SERVICE: 1, BranchState.STAFFED: 2, BranchState.EVENT: 3}


def plan_of(yesterday: DayRules, today: DayRules) -> Plan:
    """The day, given its rules and those of the day before, whose hours may go on past midnight."""
    plan: list[tuple[int, Answer]] = []
    for minute in _edges(yesterday, today):
        answer = _answer(yesterday, today, minute)
        if not plan or plan[-1][1] != answer:
            plan.append((minute, answer))
    return tuple(plan)


def _edges(yesterday: DayRules, today: DayRules) -> list[int]:
    found = {0, *_ends(today), *(edge - MINUTES_A_DAY for edge in _ends(yesterday))}
    return sorted(edge for edge in found if 0 <= edge < MINUTES_A_DAY)


def _ends(rules: DayRules) -> Iterator[int]:
    for claim in rules.claims:
        for start, end, _ in claim.pieces:
            yield from (start, end)
    for window in (*(cut.window for cut in rules.cuts), *(rules.host or ())):
        yield from (window.start, window.end)


def _answer(yesterday: DayRules, today: DayRules, minute: int) -> Answer:
    opening = _opening(yesterday, today, minute)
    cuts = [*_standing(today, minute), *_standing(yesterday, minute + MINUTES_A_DAY)]
    cuts.sort(key=lambda cut: cut.state is not BranchState.MAINTENANCE)
    shut = [cut for cut in cuts if not cut.spares_staff]
    alone = [cut for cut in cuts if cut.spares_staff]
    if not _inside_host(yesterday, today, minute):
        shut.append(Cut(HOST, Window()))
    if shut:
        return Answer(shut[0].state, shut[0].rule, _names(shut[1:], opening), shut[0].state)
    if alone and opening.state is BranchState.SELF_SERVICE:
        return Answer(BranchState.CLOSED, alone[0].rule, _names(alone[1:], opening))
    if alone and opening.state is BranchState.STAFFED:
        return Answer(opening.state, opening.rule, opening.beaten, BranchState.CLOSED)
    return opening


def _names(cuts: list[Cut], opening: Answer) -> tuple[Rule, ...]:
    return tuple(dict.fromkeys([*(cut.rule for cut in cuts), opening.rule, *opening.beaten]))


def _standing(rules: DayRules, minute: int) -> list[Cut]:
    return [cut for cut in rules.cuts if cut.window.start <= minute < cut.window.end]


def _inside_host(yesterday: DayRules, today: DayRules, minute: int) -> bool:
    if today.host is None or yesterday.host is None:
        return True
    return any(
        window.start <= at < window.end
        for windows, at in ((today.host, minute), (yesterday.host, minute + MINUTES_A_DAY))
        for window in windows
    )


def _opening(yesterday: DayRules, today: DayRules, minute: int) -> Answer:
    """The stronger of the day itself and what goes on from the night before: staffed lies over self-service."""
    here, tail = _said(today, minute), _said(yesterday, minute + MINUTES_A_DAY)
    if _RANK[tail.state] <= _RANK[here.state]:
        return here
    beaten = tuple(dict.fromkeys(rule for rule in (*tail.beaten, here.rule, *here.beaten) if rule != tail.rule))
    return Answer(tail.state, tail.rule, beaten, tail.beneath, tail.listed_only)


def _said(rules: DayRules, minute: int) -> Answer:
    """What the day's openings say at a minute: the first that speaks, and those after it that would have."""
    speaking = [claim for claim in rules.claims if claim.whole or _at(claim.pieces, minute) is not BranchState.CLOSED]
    first = speaking[0]
    state = _at(first.pieces, minute)
    beaten = tuple(dict.fromkeys(claim.rule for claim in speaking[1:] if claim.rule != first.rule))
    return Answer(state, first.rule, beaten, _beneath(first, state, minute), first.listed_only)


def _at(pieces: tuple[Piece, ...], minute: int) -> BranchState:
    states = [state for start, end, state in pieces if start <= minute < end]
    return max(states, key=_RANK.__getitem__, default=BranchState.CLOSED)


def _beneath(claim: Claim, state: BranchState, minute: int) -> BranchState:
    if state is not BranchState.STAFFED:
        return state
    alone = tuple(piece for piece in claim.pieces if piece[2] is BranchState.SELF_SERVICE)
    return _at(alone, minute)
