"""What a quick action does to a branch's day: hours before and after in, facts out. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.hours import Hours, Span
from meroppet.rules.intervals import MINUTES_A_DAY
from meroppet.rules.provenance import Rule

EARLY = time(6)
"""A night that is not over by then is no longer tonight."""
STEP = 5
"""Minutes; nobody says a closing time of 20.03."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What differs, on the branch's wall clock. `opens`, `closes`: the next opening and end of opening, afterwards.

    `first` is the first moment at which anything differs; None: nothing does, and `stopped_by` is the rule in the way.
    """

    state: BranchState
    opens: datetime | None
    closes: datetime | None
    first: datetime | None
    stopped_by: Rule | None


def effect(before: Hours, after: Hours, now: datetime) -> Effect:
    """What `after` makes otherwise than `before`, from `now` (aware) on."""
    first = _first_difference(before, after, now)
    return Effect(
        state=after.state_at(now).state,
        opens=_local(after, _opens(after, now)),
        closes=closes(after, now),
        first=_local(after, first),
        stopped_by=after.state_at(now).rule if first is None else None,
    )


def _first_difference(before: Hours, after: Hours, now: datetime) -> datetime | None:
    """Both sides' changes of state are the only moments at which they can begin to differ."""
    until = now + timedelta(days=3)
    moments = sorted({span.start for hours in (before, after) for span in hours.spans(now, until)})
    return next((at for at in moments if before.state_at(at).state is not after.state_at(at).state), None)


def _opens(hours: Hours, now: datetime) -> datetime | None:
    """The next moment at which it becomes open; `now` does not count where it is open already."""
    was_open = hours.state_at(now).state in OPEN
    for span in hours.spans(now, now + timedelta(days=60)):
        is_open = span.state in OPEN
        if is_open and not was_open:
            return span.start
        was_open = is_open
    return None


def closes(hours: Hours, now: datetime) -> datetime | None:
    """When the openness that holds now, or begins later today, ends; local."""
    span = _stretch(hours, now)
    return _local(hours, span[1]) if span else None


def _stretch(hours: Hours, now: datetime) -> tuple[datetime, datetime] | None:
    """The open stretch that holds now or begins within the rest of the day."""
    begun: datetime | None = None
    day_ends = tonight(hours, now)
    for span in hours.spans(now, now + timedelta(days=3)):
        if span.state in OPEN:
            begun = begun or span.start
        elif begun is not None:
            return begun, span.start
        elif span.end >= day_ends:
            return None
    return None


def tonight(hours: Hours, now: datetime) -> datetime:
    """When this day's service is over: midnight, or the end of hours that go over it, yet not later than 06:00."""
    local = now.astimezone(hours.zone)
    morning = (local + timedelta(days=0 if local.time() < EARLY and _is_late(hours, now) else 1)).date()
    midnight = datetime.combine(morning, time(), hours.zone)
    latest = datetime.combine(morning, EARLY, hours.zone)
    return next((span.start for span in hours.spans(midnight, latest) if span.state not in OPEN), latest)


def _is_late(hours: Hours, now: datetime) -> bool:
    """Whether the hours that hold now began yesterday."""
    midnight = datetime.combine(now.astimezone(hours.zone).date(), time(), hours.zone)
    return all(span.state in OPEN for span in hours.spans(midnight - timedelta(minutes=1), now + timedelta(minutes=1)))


def extended_by(hours: Hours, now: datetime, minutes: int) -> int:
    """The minute of today (over 1440: tomorrow) to which the day lasts when it is made this much longer."""
    local = now.astimezone(hours.zone)
    stretch = _stretch(hours, now)
    ends = stretch[1].astimezone(hours.zone) if stretch else local
    days = (ends.date() - local.date()).days
    base = days * MINUTES_A_DAY + ends.hour * 60 + ends.minute
    if not stretch:
        base += -base % STEP
    return base + minutes


def moment_of(hours: Hours, now: datetime, minute: int) -> datetime:
    """A minute of today as a local moment; from 1440 on it is tomorrow's."""
    day = now.astimezone(hours.zone).date() + timedelta(days=minute // MINUTES_A_DAY)
    return datetime.combine(day, time(minute % MINUTES_A_DAY // 60, minute % 60), hours.zone)


def chosen_minute(now: datetime, chosen: time) -> int:
    """The minute of today that is meant by a time of day, `now` local: one that has passed is after midnight."""
    minute = chosen.hour * 60 + chosen.minute
    return minute if minute > now.hour * 60 + now.minute else minute + MINUTES_A_DAY


def rest_of_today(hours: Hours, now: datetime) -> list[Span]:
    """What is left of the day, as it stands."""
    return list(hours.spans(now, tonight(hours, now)))


def _local(hours: Hours, moment: datetime | None) -> datetime | None:
    return moment.astimezone(hours.zone) if moment else None
