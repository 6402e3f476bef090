"""A branch's month and its days: the hours as they will be, what deviates, and why."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from meroppet.rules.hours import Hours
from server.schedules.calendar_days import (
    DAY,
    day_hours,
    exceptions_on,
    holidays_on,
    hours_in,
    orders_on,
    stretches_of,
)
from server.schedules.calendar_month import YEARS, month_in, month_of
from server.schedules.exception_lines import lines_of
from server.schedules.exceptions import ExceptionView, exceptions_over
from server.schedules.holidays import holiday_names
from server.schedules.service import schedule_of
from server.schedules.targets import may_decide, targets_over
from server.staff.access import Action
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

AtHours = Annotated[AtBranch, Depends(at_branch(Action.HOURS))]


def month_names(lang: str) -> Callable[[date], str]:
    """What months are called."""
    return lambda day: format_date(day, "LLLL", locale=lang)


@router.get("/branches/{branch_id}/hours/calendar")
async def calendar(request: Request, parts: Parts, at: AtHours, month: str = "") -> Response:
    """A month."""
    hours, drafts = await _hours(parts, at)
    today = parts.clock.now().astimezone(at.branch.wall).date()
    return show(
        request,
        "calendar.html",
        me=at.me,
        at=at,
        month=month_of(hours, month_in(month, today), today, [draft.exception for draft in drafts]) if hours else None,
        today=today,
        known_until=hours.schedule.known_until if hours else None,
        lines_of=lines_of,
        month_name=month_names(parts.pages.language(request)),
        holiday_names=holiday_names(parts.pages.language(request)),
    )


@router.get("/branches/{branch_id}/hours/calendar/{day}")
async def calendar_day(request: Request, parts: Parts, at: AtHours, day: str) -> Response:
    """One day: what holds, by which rule, and which rules that one beat."""
    chosen = _day(day)
    hours, _ = await _hours(parts, at)
    return show(
        request,
        "calendar_day.html",
        me=at.me,
        at=at,
        day=chosen,
        before=chosen - DAY,
        after=chosen + DAY,
        today=parts.clock.now().astimezone(at.branch.wall).date(),
        hours=hours,
        lines_of=lines_of,
        holiday_names=holiday_names(parts.pages.language(request)),
        **(_of_day(hours, chosen) if hours else {}),
        **await _written(parts, at, chosen),
    )


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    # A month before and after must be shown too.
    if found.year not in YEARS:
        raise NotFound
    return found


def _of_day(hours: Hours, day: date) -> dict[str, Any]:
    return {
        "shown": day_hours(hours, day),
        "stretches": stretches_of(hours, day),
        "exceptions": {exception.id: exception for exception in exceptions_on(hours, day - timedelta(days=1))}
        | {exception.id: exception for exception in exceptions_on(hours, day)},
        "seasons": {season.id: season.name for season in hours.schedule.seasons},
        "host": hours.schedule.host.name if hours.schedule.host else "",
        "holidays": holidays_on(hours, day),
        "orders": orders_on(hours, day),
        "length": hours_in(hours, day),
    }


async def _written(parts: StaffParts, at: AtBranch, day: date) -> dict[str, Any]:
    """The exceptions and drafts that speak of the day, and which of them she may change."""
    async with parts.database.reading(at.branch.scope) as session:
        over = await exceptions_over(session, at.branch, drafts=True)
        places = await targets_over(session, at.branch)
    decides = [place for place in places if may_decide(at.me.access, place)]
    return {
        "written": [view for view in over if view.exception.on(day)],
        "decides": {place.id for place in decides},
        "wider": decides[:-1],
    }


async def _hours(parts: StaffParts, at: AtBranch) -> tuple[Hours | None, list[ExceptionView]]:
    async with parts.database.reading(at.branch.scope) as session:
        view = await schedule_of(session, at.branch.id)
        over = await exceptions_over(session, at.branch, drafts=True)
    return view.hours if view else None, [found for found in over if found.is_draft]
