"""Uploading a file of hours to a branch: what it would change is shown day by day, and written when she agrees."""

import base64
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from server.db import Session
from server.schedules.holidays import holiday_names
from server.schedules.import_effects import BranchEffect, effects
from server.schedules.import_files import plan_of, standing_at
from server.schedules.import_rows import LARGEST, Told
from server.schedules.importing import Plan, apply
from server.schedules.refusals import ScheduleRefusal
from server.schedules.targets import of_branch
from server.staff.access import Action
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

AtHours = Annotated[AtBranch, Depends(at_branch(Action.HOURS))]
MOST_TOLD = 50
"""Lines of one kind on a page; how many more there are is told."""


@router.get("/branches/{branch_id}/hours/import")
async def import_page(request: Request, at: AtHours, saved: bool = False) -> Response:
    """Where a file is chosen."""
    return show(request, "hours_import.html", me=at.me, at=at, saved=saved, plan=None, effect=None)


@router.post("/branches/{branch_id}/hours/import")
async def import_hours(request: Request, parts: Parts, at: AtHours) -> Response:
    """A file, to look at what it does; or what she looked at, to be written."""
    name, data = await _file(request)
    if data is None:
        return show(request, "hours_import.html", me=at.me, at=at, saved=False, plan=None, effect=None, status=422)
    form = await request.form()
    agreed = str(form.get("agreed", "")) if form.get("op") == "save" else ""
    opened = parts.database.session if agreed else parts.database.reading
    async with opened(at.branch.scope) as session:
        plan, effect = await _planned(session, at, name, data)
        seal = _seal(plan, effect, data)
        if agreed and agreed == seal and not plan.wrong and not plan.is_idle:
            try:
                await apply(session, plan, at.branch, at.me.account, f"import {name}"[:200])
            except ScheduleRefusal:
                agreed = "refused"
            else:
                return RedirectResponse(f"/branches/{at.branch.id}/hours/import?saved=true", status_code=303)
    return _review(request, parts, at, plan, effect, name=name, data=data, seal=seal, stale=bool(agreed))


async def _planned(session: Session, at: AtBranch, name: str, data: bytes) -> tuple[Plan, BranchEffect | None]:
    here = await standing_at(session, of_branch(at.branch))
    plan = await plan_of(session, here, name, data)
    if plan.wrong:
        return plan, None
    today = session.now.astimezone(at.branch.wall).date()
    return plan, next(iter(await effects(session, plan, today)), None)


async def _file(request: Request) -> tuple[str, bytes | None]:
    """The file's name and bytes: as it is uploaded, or, when she agrees, as the page carried it back."""
    form = await request.form()
    given = form.get("file")
    if isinstance(given, UploadFile) and given.filename:
        data = await given.read(LARGEST + 1)
        await form.close()
        return given.filename[:100], data
    name = str(form.get("name", ""))[:100]
    try:
        # Not as text: a browser changes line ends, and what she agreed to would be another file.
        data = base64.urlsafe_b64decode(str(form.get("content", "")))
    except ValueError:
        return "", None
    return (name, data) if name and data else ("", None)


def _seal(plan: Plan, effect: BranchEffect | None, data: bytes) -> str:
    """What she agrees to: this file, and what it changes as things stand. Anything else is shown again."""
    days = [(change.day, change.before, change.after) for change in effect.days] if effect else []
    return hashlib.sha256(repr((data, plan.pattern, plan.put, plan.removed, days)).encode()).hexdigest()


def _review(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    plan: Plan,
    effect: BranchEffect | None,
    **more: Any,
) -> Response:
    translate = parts.pages.translator(parts.pages.language(request)).gettext

    def spoken(told: tuple[Told, ...]) -> list[tuple[Told, str]]:
        return [(each, each.sentence.spoken(translate)) for each in told[:MOST_TOLD]]

    data: bytes = more.pop("data")
    return show(
        request,
        "hours_import.html",
        me=at.me,
        at=at,
        saved=False,
        status=422 if plan.wrong else 200,
        plan=plan,
        effect=effect,
        wrong=spoken(plan.wrong),
        notes=spoken(plan.notes),
        holiday_names=holiday_names(parts.pages.language(request)),
        content=base64.urlsafe_b64encode(data).decode(),
        **more,
    )
