"""What a change of exceptions will do to every branch beneath a place, worked out before anything is saved."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from meroppet.rules.exceptions import ScheduleException
from meroppet.rules.hours import Hours
from server.db import Scope, Session
from server.devices.service import devices_of_many
from server.organisations.service import BranchView
from server.schedules.calendar_preview import Comparison, Preview, affected, chart_from, preview
from server.schedules.oddities import Oddity, oddities
from server.schedules.service import as_if, hours_of_many
from server.schedules.targets import Target, branches_under

MOST_BRANCHES = 60
"""Rows of the chart; what changes is told of all."""


@dataclass(frozen=True, slots=True)
class Told:
    """An oddity, and the branches it holds for."""

    oddity: Oddity
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything staff should see of a change before it is saved."""

    preview: Preview
    oddities: tuple[Told, ...]
    branches: tuple[BranchView, ...]
    without_hours: tuple[str, ...]
    devices: int
    monday: date
    concerned: tuple[date, ...]


async def effects(
    session: Session,
    at: Target,
    exception: ScheduleException,
    today: date,
    *,
    without: bool = False,
    before: ScheduleException | None = None,
    monday: date | None = None,
) -> Effects:
    """What deciding the exception does (or, `without`, taking it back); `before` is what holds in its place now."""
    async with session.within(Scope.of_consortium(at.consortium)):
        under = await branches_under(session, at)
        known = await hours_of_many(session, under)
        devices = await devices_of_many(session, [found.id for found in under])
    concerned = affected([exception, *([before] if before else [])])
    begins = monday or chart_from(concerned, today)
    compared = [_comparison(found, known[found.id], exception, without) for found in under if found.id in known]
    # Not on the event loop: many branches are many days, and others' doors wait for no preview.
    seen, odd = await asyncio.to_thread(_seen, compared, concerned, begins, today)
    return Effects(
        preview=seen,
        oddities=odd,
        branches=tuple(under),
        without_hours=tuple(found.name for found in under if found.id not in known),
        devices=len(devices),
        monday=begins,
        concerned=concerned,
    )


def _seen(
    compared: Sequence[Comparison], concerned: Sequence[date], monday: date, today: date
) -> tuple[Preview, tuple[Told, ...]]:
    return preview(compared, concerned, monday, MOST_BRANCHES), _told(compared, today)


def _comparison(branch: BranchView, hours: Hours, exception: ScheduleException, without: bool) -> Comparison:
    return Comparison(branch.name, hours, Hours(as_if(hours.schedule, exception, without=without)))


def _told(compared: Sequence[Comparison], today: date) -> tuple[Told, ...]:
    found: dict[Oddity, list[str]] = {}
    for branch in compared:
        for oddity in oddities(branch.before.schedule, branch.after.schedule, today):
            found.setdefault(oddity, []).append(branch.name)
    return tuple(Told(oddity, tuple(names)) for oddity, names in found.items())
