"""What the public is told of a branch's hours, as JSON: states and public reasons, never titles, names or rules. Pure.

Everything is read from `Hours`, which is what the doors go by; nothing here works out hours by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.hours import Hours, Span
from server.organisations.service import BranchView

FORMAT = "meroppet-hours-1"
BRANCH_DAYS = 60
CONSORTIUM_DAYS = 14
"""A consortium may have a thousand branches; whoever wants more asks for the branch."""


@dataclass(frozen=True, slots=True)
class Published:
    """A branch and its hours; None: it has none, and is closed."""

    branch: BranchView
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class PublicSpan:
    """A stretch that looks the same to everybody outside."""

    start: datetime
    end: datetime
    span: Span

    @property
    def is_open(self) -> bool:
        """Whether people may be inside."""
        return self.span.state in OPEN


def alike(span: Span) -> tuple[object, ...]:
    """What the public sees of a span: two that are equal here are one."""
    return span.state, span.answer.listed_only, said(span)


def said(span: Span) -> tuple[tuple[str, str], ...]:
    """The public reasons for a span that is otherwise than usual."""
    return span.rule.reasons


def public_spans(hours: Hours, start: datetime, end: datetime) -> list[PublicSpan]:
    """What holds from `start` to `end`, without gaps."""
    found = []
    for _, same in groupby(hours.spans(start, end), alike):
        spans = list(same)
        found.append(PublicSpan(spans[0].start, spans[-1].end, spans[0]))
    return found


def midnight(hours: Hours, day: date) -> datetime:
    """The beginning of a local day."""
    return datetime.combine(day, time(), tzinfo=hours.zone).astimezone(UTC)


def branch_json(published: Published, consortium: str, now: datetime) -> dict[str, Any]:
    """The next BRANCH_DAYS days, from the midnight before `now`."""
    return {"format": FORMAT, **_branch(published, now, BRANCH_DAYS), "consortium": consortium}


def consortium_json(name: str, consortium: str, many: Sequence[Published], now: datetime) -> dict[str, Any]:
    """Every branch, each with the next CONSORTIUM_DAYS days."""
    branches = [_branch(published, now, CONSORTIUM_DAYS) for published in many]
    return {"format": FORMAT, "id": consortium, "name": name, "branches": branches}


def _branch(published: Published, now: datetime, days: int) -> dict[str, Any]:
    view, hours = published.branch, published.hours
    about = {"id": view.id, "name": view.name, "zone": view.zone, "help_number": view.help_number}
    if hours is None:
        closed = {"state": BranchState.CLOSED.value, "open": False, "reasons": {}}
        return {**about, "now": closed, "next_change": None, "known_until": None, "spans": []}
    today = now.astimezone(hours.zone).date()
    spans = public_spans(hours, midnight(hours, today), midnight(hours, today + timedelta(days=days)))
    change = hours.next_change(now, timedelta(days=days))
    known = hours.schedule.known_until
    return {
        **about,
        "now": _what(hours.state_at(now).state, next(hours.spans(now, now + timedelta(seconds=1)))),
        "next_change": None if change is None else {"at": _local(hours, change.start), **_what(change.state, change)},
        "known_until": known.isoformat() if known else None,
        "spans": [
            {"start": _local(hours, span.start), "end": _local(hours, span.end), **_what(span.span.state, span.span)}
            for span in spans
        ],
    }


def _what(state: BranchState, span: Span) -> dict[str, Any]:
    told: dict[str, Any] = {"state": state.value, "open": state in OPEN, "reasons": dict(said(span))}
    return {**told, "listed_only": True} if span.answer.listed_only else told


def _local(hours: Hours, moment: datetime) -> str:
    return moment.astimezone(hours.zone).isoformat()
