"""Opening hours as JSON lines, one a span: what `meroppet-server hours` prints. Pure."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from meroppet.rules.closing import Step, closing_plan
from meroppet.rules.hours import Hours, Span
from server.schedules.arguments import Moment

DEFAULT_DAYS = 6


def bounds(since: Moment | None, until: Moment | None, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[start, end) of the days or times asked for, a day from midnight to midnight. Raises ValueError out of order.

    Without `since` it begins with the local day of `now`.
    """
    first = since or now.astimezone(zone).date()
    start = first if isinstance(first, datetime) else datetime.combine(first, time(), tzinfo=zone)
    last = until or start.astimezone(zone).date() + timedelta(days=DEFAULT_DAYS)
    end = last if isinstance(last, datetime) else datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
    if end <= start and since is None:
        raise ValueError(f"--to {until} has passed; write --from too")
    if end <= start:
        raise ValueError(f"--to {until} is not after --from {since}; exchange them")
    return start, end


def span_lines(hours: Hours, start: datetime, end: datetime, *, explain: bool) -> Iterator[str]:
    """The lines, in order; times on the branch's wall clock with its offset.

    Spans that differ in nothing but the rules they beat are one line where those are not told.
    """
    steps = closing_plan(hours, start, end) if explain else ()
    for _, alike in groupby(hours.spans(start, end), _explain_key if explain else _key):
        spans = list(alike)
        said: dict[str, Any] = {
            "start": _local(hours, spans[0].start),
            "end": _local(hours, spans[-1].end),
            "state": spans[0].state.value,
            "rule": str(spans[0].rule),
        }
        if explain:
            said |= _explained(hours, spans[0], [step for step in steps if spans[0].start <= step.at < spans[-1].end])
        yield json.dumps(said, ensure_ascii=False)


def _key(span: Span) -> object:
    return span.state, span.rule


def _explain_key(span: Span) -> object:
    return span.start


def _explained(hours: Hours, span: Span, steps: list[Step]) -> dict[str, Any]:
    return {
        "beaten": [str(rule) for rule in span.answer.beaten],
        "beneath": span.answer.beneath.value,
        "listed_only": span.answer.listed_only,
        "reasons": dict(span.rule.reasons),
        "steps": [{"at": _local(hours, step.at), "kind": step.kind.value, "minutes": step.minutes} for step in steps],
    }


def _local(hours: Hours, moment: datetime) -> str:
    return moment.astimezone(hours.zone).isoformat()


def holiday_days(start: datetime, end: datetime) -> tuple[date, date]:
    """For which days holidays must be known: hours over midnight belong to the day before."""
    return start.date() - timedelta(days=2), end.date() + timedelta(days=2)
