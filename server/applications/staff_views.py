"""Applications at a branch, for staff: the list, a look at one applicant, approving and refusing, many at once."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from meroppet.rules.eligibility import Right
from server.applications.service import (
    ApplicationView,
    Refused,
    answered_at,
    approve,
    refuse,
    waiting_at,
)
from server.audit.service import Data, record
from server.db import Session
from server.patrons.desk import REACHES, LookReason, ask, look_reason, note, person, shown
from server.patrons.reach import Reach
from server.staff.access import Action
from server.staff.service import SERVER, names
from server.web.gate import AtBranch, NotAllowed, NotFound, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

Deciding = Annotated[AtBranch, Depends(at_branch(Action.APPLICATIONS))]
Text = Annotated[str, Form()]
MOST = 200
"""Applications on one page, oldest first; the others follow when these are answered."""


class Decision(BaseModel):
    """The form of a decision about the applications that were ticked, as it was sent."""

    application: list[str] = []
    decision: str = ""
    reach: str = ""
    valid_until: str = ""
    introduced: str = ""
    refusal: str = ""


@router.get("/branches/{branch_id}/applications")
async def applications_page(request: Request, parts: Parts, at: Deciding, done: str = "", many: int = 0) -> Response:
    """Who asks to come in, and what was answered lately."""
    return await _page(request, parts, at, done=done if done in {"approved", "refused"} else "", many=many)


async def _page(
    request: Request, parts: StaffParts, at: AtBranch, *, wrong: str = "", done: str = "", many: int = 0
) -> Response:
    async with parts.database.reading(at.branch.scope) as session:
        waiting = await waiting_at(session, parts.keys, at.branch)
        answered = await answered_at(session, parts.keys, at.branch)
    return show(
        request,
        "applications.html",
        me=at.me,
        at=at,
        status=422 if wrong else 200,
        waiting=waiting[:MOST],
        more=max(0, len(waiting) - MOST),
        answered=answered,
        deciders=await _deciders(parts, answered),
        reaches=[reach for reach, action in REACHES.items() if at.may(action)],
        refusals=list(Refused),
        looks=list(LookReason),
        eids=dict(parts.eids.offered),
        wrong=wrong,
        done=done,
        many=many,
    )


async def _deciders(parts: StaffParts, answered: tuple[ApplicationView, ...]) -> dict[str, str]:
    async with parts.database.reading(SERVER) as session:
        return await names(session, [view.decided_by for view in answered])


@router.post("/branches/{branch_id}/applications/decide")
async def decide(request: Request, parts: Parts, at: Deciding, wanted: Annotated[Decision, Form()]) -> Response:
    """Approve or refuse what was ticked; each answer is written down, and doors know within a second."""
    if not wanted.application:
        return await _page(request, parts, at, wrong="none")
    if wanted.decision == "approve":
        return await _approved(request, parts, at, wanted)
    if wanted.decision == "refuse" and wanted.refusal in set(Refused):
        return await _refused(parts, at, wanted, Refused(wanted.refusal))
    return await _page(request, parts, at, wrong="reason" if wanted.decision == "refuse" else "none")


async def _approved(request: Request, parts: StaffParts, at: AtBranch, wanted: Decision) -> Response:
    if wanted.reach not in set(Reach):
        return await _page(request, parts, at, wrong="reach")
    reach = Reach(wanted.reach)
    if not at.may(REACHES[reach]):
        raise NotAllowed
    try:
        until = date.fromisoformat(wanted.valid_until) if wanted.valid_until.strip() else None
    except ValueError:
        return await _page(request, parts, at, wrong="date")
    right = Right(permitted=True, valid_until=until, introduced=bool(wanted.introduced))
    async with parts.database.session(at.branch.scope) as session:
        waiting = await waiting_at(session, parts.keys, at.branch)
        given_by, ids = at.me.account, wanted.application
        done = await approve(session, parts.keys, at.branch, ids, right, by=given_by, reach=reach)
        given: Data = {"reach": reach.value, "until": wanted.valid_until, "introduced": right.introduced}
        for view in _answered(waiting, done):
            await _note(session, parts, at, view, "application.approved", given)
    return _back(at, "approved", len(done))


async def _refused(parts: StaffParts, at: AtBranch, wanted: Decision, reason: Refused) -> Response:
    async with parts.database.session(at.branch.scope) as session:
        waiting = await waiting_at(session, parts.keys, at.branch)
        done = await refuse(session, at.branch, wanted.application, reason, by=at.me.account)
        for view in _answered(waiting, done):
            await _note(session, parts, at, view, "application.refused", {"reason": reason.value})
    return _back(at, "refused", len(done))


def _answered(waiting: tuple[ApplicationView, ...], done: frozenset[str]) -> list[ApplicationView]:
    # A colleague may have answered one between the look at the list and this.
    return [view for view in waiting if view.id in done]


async def _note(
    session: Session, parts: StaffParts, at: AtBranch, view: ApplicationView, action: str, data: Data
) -> None:
    register = parts.registers.of(at.branch.id) or ""
    told: Data = {**data, "application": view.id, "person": person(parts, register, view.number)}
    await record(session, action, at.me.account, at.branch.scope, told, branch=at.branch.id)


def _back(at: AtBranch, done: str, many: int) -> Response:
    return RedirectResponse(f"/branches/{at.branch.id}/applications?done={done}&many={many}", status_code=303)


@router.post("/branches/{branch_id}/applications/{application_id}/look")
async def look(request: Request, parts: Parts, at: Deciding, application_id: str, reason: Text = "") -> Response:
    """Who applied: the desk's page of her, once it is said why; the look is written down."""
    if not at.may(Action.PERSON):
        raise NotAllowed
    async with parts.database.reading(at.branch.scope) as session:
        waiting = await waiting_at(session, parts.keys, at.branch)
    view = next((each for each in waiting if each.id == application_id), None)
    if view is None:
        raise NotFound
    why = look_reason(reason)
    if why is None:
        return await _page(request, parts, at, wrong="look")
    asked = await ask(parts, at, view.number, why)
    async with parts.database.session(at.branch.scope) as session:
        await note(session, parts, at, asked, "patron.looked_up", {"application": view.id})
    return await shown(request, parts, at, asked)
