"""What an import changes at each branch, day by day, and whose doors hear of it; nothing is written here."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from meroppet.rules.hours import Hours
from meroppet.rules.intervals import wall
from server.db import Session
from server.devices.service import devices_of
from server.organisations.service import BranchView
from server.schedules.calendar_days import DayHours, day_hours
from server.schedules.importing import Plan
from server.schedules.oddities import Oddity, oddities
from server.schedules.service import hours_of_many, nothing_yet
from server.schedules.targets import branches_under

MOST_DAYS = 400
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day that will be otherwise; `before` None: the branch had no hours."""

    day: date
    before: DayHours | None
    after: DayHours


@dataclass(frozen=True, slots=True)
class BranchEffect:
    """What changes at one branch, and its devices by name."""

    branch: BranchView
    days: tuple[DayChange, ...]
    devices: tuple[str, ...]
    oddities: tuple[Oddity, ...]


async def effects(session: Session, plan: Plan, today: date) -> list[BranchEffect]:
    """For every branch beneath the place that has hours or gets them, by name."""
    under = await branches_under(session, plan.at)
    known = await hours_of_many(session, under)
    found = []
    for view in under:
        before = known.get(view.id)
        after = await _after(session, plan, view, before)
        if after is None:
            continue
        days = tuple(_changes(before, after, list(_concerned(plan, today))))
        devices = [device.name for device in await devices_of(session, view.id) if device.revoked_at is None]
        odd = oddities(before.schedule if before else None, after.schedule, today)
        found.append(BranchEffect(view, days, tuple(devices), tuple(odd)))
    return found


async def _after(session: Session, plan: Plan, view: BranchView, before: Hours | None) -> Hours | None:
    if before is not None:
        return Hours(plan.applied(before.schedule))
    if plan.pattern is None:
        return None
    known = replace(await nothing_yet(session, view), zone=plan.pattern.zone)
    return Hours(plan.applied(known))


def _concerned(plan: Plan, today: date) -> Iterator[date]:
    """The days to compare, none of them past: all of the next MOST_DAYS, or those the exceptions speak of."""
    last = today + timedelta(days=MOST_DAYS)
    if plan.pattern is not None:
        yield from (today + timedelta(days=more) for more in range(MOST_DAYS))
        return
    # Hours over midnight reach into the day after.
    spoken = {
        day.first + timedelta(days=more)
        for exception in (*plan.put, *plan.changed)
        for day in exception.days
        for more in range(min((day.last - day.first).days, MOST_DAYS) + 2)
    }
    yield from sorted(day for day in spoken if today <= day < max(last, min(spoken) + timedelta(days=MOST_DAYS)))


def _changes(before: Hours | None, after: Hours, days: list[date]) -> Iterator[DayChange]:
    for day in days:
        then, now = day_hours(before, day) if before else None, day_hours(after, day)
        if then != now:
            yield DayChange(day, then, now)


def told(day: DayHours | None) -> str:
    """A day in a few words, in English: 08:00-22:00 self_service, 10:00-18:00 staffed."""
    if day is None:
        return "no hours"
    return ", ".join(f"{wall(bar.start)}-{wall(bar.end)} {bar.state.value}" for bar in day.bars) or "closed"
