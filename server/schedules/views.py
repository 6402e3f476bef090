"""Editing a branch's week: every change shows its effect before it is saved, and afterwards whether the door has it."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours
from meroppet.rules.schedule import Schedule
from server.audit.service import record
from server.devices.service import DeviceView, devices_of
from server.organisations.service import BranchView
from server.replication.service import number_of
from server.schedules.drafts import Complaint, Draft, changes, clock, complaints, from_form, from_schedule, schedule_in
from server.schedules.service import ScheduleView, schedule_of, set_week
from server.staff.access import Action
from server.staff.service import SERVER, names
from server.web.gate import AtBranch, at_branch
from server.web.live import live
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

AtHours = Annotated[AtBranch, Depends(at_branch(Action.HOURS))]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A device and whether it has these hours."""

    name: str
    has_it: bool
    is_silent: bool


@router.get("/branches/{branch_id}/hours")
async def hours_page(request: Request, parts: Parts, at: AtHours, saved: bool = False) -> Response:
    """The week as it is, to be edited."""
    async with parts.database.reading(at.branch.scope) as session:
        view = await schedule_of(session, at.branch.id)
    draft = from_schedule(view.schedule if view else None)
    return await _form(request, parts, at, view, draft, [], saved=saved)


@router.post("/branches/{branch_id}/hours")
async def hours(request: Request, parts: Parts, at: AtHours) -> Response:
    """One of the form's buttons: add, remove, copy, review or save."""
    form = await request.form()
    operation = str(form.get("op", "review"))
    draft = from_form(form).edited(operation)
    async with parts.database.reading(at.branch.scope) as session:
        view = await schedule_of(session, at.branch.id)
    if operation not in {"review", "save"}:
        return await _form(request, parts, at, view, draft, [])
    wrong = complaints(draft)
    if wrong:
        return await _form(request, parts, at, view, draft, wrong)
    schedule = schedule_in(draft, at.branch.zone)
    if operation == "save" and form.get("version") == _version(view):
        return await _save(parts, at, schedule)
    return await _review(request, parts, at, view, draft, schedule, stale=operation == "save")


def _version(view: ScheduleView | None) -> str:
    return str(view.version if view else 0)


async def _form(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    view: ScheduleView | None,
    draft: Draft,
    wrong: list[Complaint],
    *,
    saved: bool = False,
) -> Response:
    return show(
        request,
        "hours.html",
        me=at.me,
        at=at,
        status=422 if wrong else 200,
        draft=draft,
        wrong={(complaint.day, complaint.line): complaint for complaint in wrong},
        saved=saved,
        **await _last(parts, at.branch, view),
        **await _deliveries(parts, at.branch),
    )


async def _review(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    view: ScheduleView | None,
    draft: Draft,
    schedule: Schedule,
    *,
    stale: bool,
) -> Response:
    now = parts.clock.now()
    return show(
        request,
        "hours_review.html",
        me=at.me,
        at=at,
        draft=draft,
        changes=changes(view.schedule if view else None, schedule),
        clock=clock,
        before=view.hours.state_at(now).state if view else BranchState.CLOSED,
        after=Hours(schedule).state_at(now).state,
        version=_version(view),
        stale=stale,
        **await _last(parts, at.branch, view),
        **await _deliveries(parts, at.branch),
    )


async def _last(parts: StaffParts, branch: BranchView, view: ScheduleView | None) -> dict[str, Any]:
    if view is None:
        return {"last_by": None, "last_at": None}
    async with parts.database.reading(SERVER) as session:
        who = await names(session, [view.by])
    return {"last_by": who[view.by], "last_at": view.at.astimezone(branch.wall)}


async def _save(parts: StaffParts, at: AtBranch, schedule: Schedule) -> Response:
    async with parts.database.session(at.branch.scope) as session:
        view = await set_week(session, at.branch, schedule, at.me.account)
        scope, branch = at.branch.scope, at.branch.id
        await record(session, "schedule.week.set", at.me.account, scope, {"version": view.version}, branch=branch)
    return RedirectResponse(f"/branches/{at.branch.id}/hours?saved=true", status_code=303)


@router.get("/branches/{branch_id}/hours/live")
async def delivery_live(request: Request, parts: Parts, at: AtHours) -> Response:
    """Which doors and kiosks have the newest hours, as they get them."""
    lang = parts.pages.language(request)

    async def render() -> str:
        return parts.pages.html("parts/delivery.html", lang, **await _deliveries(parts, at.branch))

    return live(request, parts, [f"branch:{at.branch.id}", at.branch.consortium], render)


async def _deliveries(parts: StaffParts, branch: BranchView) -> dict[str, Any]:
    async with parts.database.reading(branch.scope) as session:
        wanted = await number_of(session, branch.consortium, branch.id, "schedule")
        devices = [view for view in await devices_of(session, branch.id) if view.revoked_at is None]
        now = session.now
    return {"deliveries": [Delivery(view.name, _has(view, wanted), view.is_silent(now)) for view in devices]}


def _has(view: DeviceView, wanted: int) -> bool:
    return view.health is not None and view.health.change >= wanted
