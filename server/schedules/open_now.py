"""A branch as its public page shows it: state now, until when, and the coming days with public reasons. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.hours import Hours, Span
from server.organisations.service import BranchView
from server.schedules.feed_words import reason_in
from server.schedules.feeds import Published, midnight, said
from server.schedules.pieces import Piece, pieces

DAYS = 7
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a day, on the wall clock; it may end on the day after."""

    start: datetime
    end: datetime

    @property
    def lasts_all_day(self) -> bool:
        """Whether it is from midnight to midnight."""
        return (self.start.hour, self.start.minute, self.end.hour, self.end.minute) == (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Day:
    """One day: when people may be inside, when there is staff among them, events, and why it is otherwise."""

    day: date
    open: tuple[Stretch, ...]
    staffed: tuple[Stretch, ...]
    events: tuple[Stretch, ...]
    invited: tuple[Stretch, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenNow:
    """A branch at a moment; times are on its wall clock. `until` None: no change is known within a year."""

    branch: BranchView
    now: datetime
    state: BranchState
    until: datetime | None
    then: BranchState | None
    reason: str
    days: tuple[Day, ...]

    @property
    def is_open(self) -> bool:
        """Whether people may be inside."""
        return self.state in OPEN


def open_now(published: Published, now: datetime, lang: str, days: int = DAYS) -> OpenNow:
    """The branch at a moment; without hours it is closed."""
    view, hours = published.branch, published.hours
    if hours is None:
        return OpenNow(view, now.astimezone(view.wall), BranchState.CLOSED, None, None, "", ())
    local = now.astimezone(hours.zone)
    answer = hours.state_at(now)
    change = _next_change(hours, now)
    return OpenNow(
        branch=view,
        now=local,
        state=answer.state,
        until=change[0].astimezone(hours.zone) if change else None,
        then=change[1] if change else None,
        reason=reason_in(dict(answer.rule.reasons), lang),
        days=tuple(_day(hours, local.date() + more * _DAY, lang) for more in range(days)),
    )


def _next_change(hours: Hours, now: datetime) -> tuple[datetime, BranchState] | None:
    """The next change that the public sees: what is closed for one reason and then another stays closed."""
    state = hours.state_at(now).state
    if state in OPEN:
        change = hours.next_change(now)
        return (change.start, change.state) if change else None
    opens = hours.next_opening(now, OPEN)
    return (opens, hours.state_at(opens).state) if opens else None


def _day(hours: Hours, day: date, lang: str) -> Day:
    start, end = midnight(hours, day), midnight(hours, day + _DAY)
    told = dict.fromkeys(reason_in(dict(said(span)), lang) for span in hours.spans(start, end))

    def during(is_meant: Callable[[Span], bool]) -> tuple[Stretch, ...]:
        found = pieces(hours, start, end, is_meant)
        local = (_stretch(hours, piece) for piece in found if is_meant(piece.span))
        return tuple(stretch for stretch in local if stretch.start.date() == day)

    return Day(
        day,
        open=during(_is_for_all),
        staffed=during(lambda span: span.state is BranchState.STAFFED),
        events=during(lambda span: span.state is BranchState.EVENT and not span.answer.listed_only),
        invited=during(lambda span: span.state is BranchState.EVENT and span.answer.listed_only),
        reasons=tuple(reason for reason in told if reason),
    )


def _is_for_all(span: Span) -> bool:
    return span.state in OPEN and not span.answer.listed_only


def _stretch(hours: Hours, piece: Piece) -> Stretch:
    return Stretch(piece.start.astimezone(hours.zone), piece.end.astimezone(hours.zone))
