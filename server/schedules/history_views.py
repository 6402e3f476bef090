"""What became of hours, change by change: who, when, what, why, before and after; and undoing one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from server.organisations.service import BranchView
from server.schedules.calendar_gate import AtPlace
from server.schedules.delivery_views import delivery_stream, of_change
from server.schedules.exception_lines import lines_of
from server.schedules.history import PAGE, ChangeView, change_of, history, undo
from server.schedules.holidays import holiday_names
from server.schedules.pattern_diff import alike_days, differences
from server.schedules.refusals import ScheduleRefusal
from server.schedules.targets import branches_under, may_decide
from server.schedules.things import What
from server.schedules.written import clock, hours_text
from server.staff.access import Action
from server.staff.service import SERVER, SignedIn, names
from server.web.gate import ALL_BRANCHES, AtBranch, NotAllowed, NotFound, Staff, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

AtHours = Annotated[AtBranch, Depends(at_branch(Action.HOURS))]


@router.get("/branches/{branch_id}/hours/history")
async def of_branch(request: Request, parts: Parts, at: AtHours, before: int | None = None) -> Response:
    """What was changed at a branch and above it."""
    async with parts.database.reading(at.branch.scope) as session:
        changes = await history(session, at.branch, PAGE, before)
    return show(
        request, "history.html", me=at.me, at=at, lines_of=lines_of, **await _told(request, parts, at.me, changes)
    )


@router.get("/hours/history")
async def of_place(request: Request, parts: Parts, at: AtPlace, before: int | None = None) -> Response:
    """What was changed at one place."""
    async with parts.database.reading(at.place.scope) as session:
        changes = await history(session, at.place, PAGE, before)
    return show(
        request, "history_place.html", me=at.me, at=at, lines_of=lines_of, **await _told(request, parts, at.me, changes)
    )


async def _told(request: Request, parts: StaffParts, me: SignedIn, changes: list[ChangeView]) -> dict[str, Any]:
    async with parts.database.reading(SERVER) as session:
        who = await names(session, {found.by for found in changes})
    places = {found.target.id: found.target for found in changes}
    lang = parts.pages.language(request)
    separator = "." if lang == "sv" else ":"
    return {
        "separator": separator,
        "clock": lambda minute: clock(minute, separator),
        "hours_text": lambda windows: hours_text(windows, separator),
        "alike_days": alike_days,
        "changes": changes,
        "differences": differences,
        "who": who,
        "may": {own.id for own in places.values() if may_decide(me.access, own)},
        "older": changes[-1].id if len(changes) == PAGE else None,
        "holiday_names": holiday_names(lang),
    }


@router.get("/hours/changes/{change_id}")
async def change_page(request: Request, parts: Parts, me: Staff, change_id: int) -> Response:
    """One change just after it was made: what it was, how far it has come, and the way back."""
    found, under = await _change(parts, me, change_id)
    return await _page(request, parts, me, found, under)


@router.post("/hours/changes/{change_id}/undo")
async def undo_change(request: Request, parts: Parts, me: Staff, change_id: int) -> Response:
    """Put back what was before."""
    found, under = await _change(parts, me, change_id)
    try:
        async with parts.database.session(found.target.scope) as session:
            done = await undo(session, change_id, me.account)
    except ScheduleRefusal as refusal:
        return await _page(request, parts, me, found, under, refused=refusal.reason.value)
    return RedirectResponse(f"/hours/changes/{done.id}", status_code=303)


@router.get("/hours/changes/{change_id}/live")
async def change_live(request: Request, parts: Parts, me: Staff, change_id: int) -> Response:
    """Which doors have the change, as they get it."""
    found, under = await _change(parts, me, change_id)
    if not under:
        raise NotFound
    return delivery_stream(request, parts, under, found)


async def _page(
    request: Request,
    parts: StaffParts,
    me: SignedIn,
    found: ChangeView,
    under: list[BranchView],
    *,
    refused: str = "",
) -> Response:
    async with parts.database.reading(ALL_BRANCHES) as session:
        delivery = await of_change(session, under, found) if under and found.what is not What.DRAFT else None
        now = session.now
    return show(
        request,
        "history_change.html",
        me=me,
        lines_of=lines_of,
        status=409 if refused else 200,
        change=found,
        branches=under,
        delivery=delivery,
        now=now,
        refused=refused,
        **await _told(request, parts, me, [found]),
    )


async def _change(parts: StaffParts, me: SignedIn, change_id: int) -> tuple[ChangeView, list[BranchView]]:
    """The change and the branches it is for, if she may decide there."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        found = await change_of(session, change_id)
        if found is None:
            raise NotFound
        under = await branches_under(session, found.target)
    if not may_decide(me.access, found.target):
        raise NotAllowed if any(me.access.may(Action.SEE, own) for own in under) else NotFound
    return found, under
