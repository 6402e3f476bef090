"""The page of the closing that comes or goes on, and leaving something out of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.closing import StepKind
from server.audit.service import record
from server.closings.service import LEAVABLE, leave_out, tonight
from server.staff.access import Action
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

AtHours = Annotated[AtBranch, Depends(at_branch(Action.HOURS))]


@router.get("/branches/{branch_id}/hours/tonight")
async def closing_page(request: Request, parts: Parts, at: AtHours) -> Response:
    """What comes, what was done, and what is left out."""
    async with parts.database.reading(at.branch.scope) as session:
        found = await tonight(session, at.branch.id)
    return show(request, "closing_tonight.html", me=at.me, at=at, tonight=found)


@router.post("/branches/{branch_id}/hours/tonight")
async def leave_out_of_closing(parts: Parts, at: AtHours, step: Annotated[str, Form()] = "") -> Response:
    """Leave a kind of step out of the coming closing, at every door of the branch."""
    kind = next((kind for kind in LEAVABLE if kind.value == step), None)
    if kind is None:
        raise NotFound
    await _leave_out(parts, at, kind)
    return RedirectResponse(f"/branches/{at.branch.id}/hours/tonight", status_code=303)


async def _leave_out(parts: Parts, at: AtBranch, kind: StepKind) -> None:
    async with parts.database.session(at.branch.scope) as session:
        given = await leave_out(session, at.branch.id, kind, at.me.account)
        await record(
            session,
            "closing.left_out",
            at.me.account,
            at.branch.scope,
            {"step": kind.value, "orders": ", ".join(given)},
            branch=at.branch.id,
        )
