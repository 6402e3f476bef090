"""The pages about what a branch's hours are: its week, seasons, holidays, closing, and the building around it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from meroppet.rules.closing import closing_plan
from meroppet.rules.schedule import Schedule
from server.replication.service import number_of
from server.schedules import closing_draft, drafts, holiday_draft, host_draft, season_draft
from server.schedules.closing_draft import ClosingDraft
from server.schedules.delivery_views import of_number
from server.schedules.drafts import Draft
from server.schedules.holiday_draft import HolidayDraft
from server.schedules.holidays import HOLIDAYS_SE
from server.schedules.host_draft import HostDraft
from server.schedules.pattern_diff import open_on
from server.schedules.pattern_pages import Known, PatternPage, discard, form_page, known_of, pressed, saved_change
from server.schedules.season_draft import SeasonDraft
from server.staff.access import Action
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.live import live
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

AtHours = Annotated[AtBranch, Depends(at_branch(Action.HOURS))]

KEYS = [name.key for name in HOLIDAYS_SE]
KINDS = {name.key: name.kind.value for name in HOLIDAYS_SE}


WEEK: PatternPage[Draft] = PatternPage(
    path="",
    template="hours.html",
    of=lambda schedule: drafts.from_week(schedule.weekly),
    read=lambda form, operation: drafts.from_form(form).edited(operation),
    complaints=drafts.complaints,
    applied=lambda draft, schedule: replace(schedule, weekly=drafts.week_in(draft)),
)


@router.get("/branches/{branch_id}/hours")
async def week_page(request: Request, parts: Parts, at: AtHours) -> Response:
    """The ordinary week."""
    return await form_page(request, parts, at, WEEK)


@router.post("/branches/{branch_id}/hours")
async def week(request: Request, parts: Parts, at: AtHours) -> Response:
    """One of its buttons."""
    return await pressed(request, parts, at, WEEK)


def _next_dates(known: Known) -> dict[str, date]:
    """When each holiday comes next."""
    today = known.words["today"]
    return {holiday.key: holiday.day for holiday in reversed(known.base.holidays) if holiday.day >= today}


def _holidays_shown(known: Known, draft: HolidayDraft) -> dict[str, Any]:
    dates = _next_dates(known)
    hours = known.view.hours if known.view else None
    return {
        "lines": {line.key: line for line in draft},
        "next_dates": dates,
        "kinds": KINDS,
        "in_order": _in_order(dates),
        "doors": {key: open_on(hours, day) for key, day in dates.items()} if hours else {},
    }


def _in_order(dates: Mapping[str, date]) -> list[str]:
    return sorted(KEYS, key=lambda key: dates.get(key, date.max))


HOLIDAYS: PatternPage[HolidayDraft] = PatternPage(
    path="/holidays",
    template="hours_holidays.html",
    of=lambda schedule: holiday_draft.from_schedule(schedule, KEYS),
    read=lambda form, operation: holiday_draft.edited(holiday_draft.from_form(form, KEYS), operation, KINDS),
    complaints=holiday_draft.complaints,
    applied=holiday_draft.applied,
    shown=_holidays_shown,
)


@router.get("/branches/{branch_id}/hours/holidays")
async def holidays_page(request: Request, parts: Parts, at: AtHours) -> Response:
    """What the branch does on each holiday and eve."""
    return await form_page(request, parts, at, HOLIDAYS)


@router.post("/branches/{branch_id}/hours/holidays")
async def holidays(request: Request, parts: Parts, at: AtHours) -> Response:
    """One of its buttons."""
    return await pressed(request, parts, at, HOLIDAYS)


HOST: PatternPage[HostDraft] = PatternPage(
    path="/host",
    template="hours_host.html",
    of=host_draft.from_schedule,
    read=lambda form, operation: host_draft.from_form(form, KEYS).edited(operation),
    complaints=host_draft.complaints,
    applied=host_draft.applied,
    shown=lambda known, _draft: {"keys": _in_order(_next_dates(known))},
)


@router.get("/branches/{branch_id}/hours/host")
async def host_page(request: Request, parts: Parts, at: AtHours) -> Response:
    """When the building around the branch lets people in."""
    return await form_page(request, parts, at, HOST)


@router.post("/branches/{branch_id}/hours/host")
async def host(request: Request, parts: Parts, at: AtHours) -> Response:
    """One of its buttons."""
    return await pressed(request, parts, at, HOST)


def _closing_shown(known: Known, draft: ClosingDraft) -> dict[str, Any]:
    now = known.words["now"]
    steps = closing_plan(known.view.hours, now, now + timedelta(days=1)) if known.view else ()
    local = [replace(step, at=step.at.astimezone(known.at.branch.wall)) for step in steps]
    return {"choices": closing_draft.choices(draft), "steps": local}


CLOSING: PatternPage[ClosingDraft] = PatternPage(
    path="/closing",
    template="hours_closing.html",
    of=closing_draft.from_schedule,
    read=lambda form, _operation: closing_draft.from_form(form),
    complaints=closing_draft.complaints,
    applied=closing_draft.applied,
    shown=_closing_shown,
)


@router.get("/branches/{branch_id}/hours/closing")
async def closing_page(request: Request, parts: Parts, at: AtHours) -> Response:
    """What happens around closing, and who comes in first."""
    return await form_page(request, parts, at, CLOSING)


@router.post("/branches/{branch_id}/hours/closing")
async def closing(request: Request, parts: Parts, at: AtHours) -> Response:
    """One of its buttons."""
    return await pressed(request, parts, at, CLOSING)


@router.get("/branches/{branch_id}/hours/seasons")
async def seasons_page(request: Request, parts: Parts, at: AtHours) -> Response:
    """The seasons that have a week of their own."""
    known = await known_of(request, parts, at, on_draft=request.query_params.get("draft") == "yes")
    today = known.words["today"]
    return show(
        request,
        "hours_seasons.html",
        seasons=known.base.seasons,
        holding={season.id for season in known.base.seasons if season.covers(today)},
        saved=saved_change(request),
        **known.words,
    )


def _season(season_id: str) -> PatternPage[SeasonDraft]:
    is_new = season_id == season_draft.NEW

    def of(schedule: Schedule) -> SeasonDraft:
        if is_new:
            return season_draft.fresh(schedule)
        found = next((season for season in schedule.seasons if season.id == season_id), None)
        if found is None:
            raise NotFound
        return season_draft.from_season(found)

    return PatternPage(
        path=f"/seasons/{quote(season_id, safe='')}",
        template="hours_season.html",
        of=of,
        read=lambda form, operation: season_draft.from_form(form, "" if is_new else season_id).edited(operation),
        complaints=season_draft.complaints,
        applied=season_draft.applied,
        shown=lambda _known, _draft: {"months": season_draft.MONTHS},
        back="/seasons",
    )


@router.post("/branches/{branch_id}/hours/seasons")
async def seasons(parts: Parts, at: AtHours) -> Response:
    """Its one button: throw the draft away."""
    return await discard(parts, at, "/seasons")


@router.get("/branches/{branch_id}/hours/seasons/{season_id}")
async def season_page(request: Request, parts: Parts, at: AtHours, season_id: str) -> Response:
    """A season's days and its week; `new` for one that is yet to be."""
    return await form_page(request, parts, at, _season(season_id))


@router.post("/branches/{branch_id}/hours/seasons/{season_id}")
async def season(request: Request, parts: Parts, at: AtHours, season_id: str) -> Response:
    """One of its buttons."""
    return await pressed(request, parts, at, _season(season_id))


@router.get("/branches/{branch_id}/hours/live")
async def delivery_live(request: Request, parts: Parts, at: AtHours) -> Response:
    """Which doors and kiosks have the newest pattern, as they get it."""
    lang = parts.pages.language(request)

    async def render() -> str:
        async with parts.database.reading(at.branch.scope) as session:
            number = await number_of(session, at.branch.consortium, at.branch.id, "schedule")
            delivery = await of_number(session, [at.branch], number)
            now = session.now.astimezone(at.branch.wall)
        return parts.pages.html("parts/delivery.html", lang, delivery=delivery, now=now)

    return live(request, parts, [f"branch:{at.branch.id}", at.branch.consortium], render)
