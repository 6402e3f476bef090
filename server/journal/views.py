"""Rows of a journal that never came."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from server.audit.service import Data, record
from server.journal.service import accept_gap, gaps
from server.staff.access import Action
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts

router = APIRouter()

Devices = Annotated[AtBranch, Depends(at_branch(Action.DEVICES))]


@router.post("/branches/{branch_id}/gaps")
async def gaps_accepted(parts: Parts, at: Devices) -> Response:
    """Stop waiting for events that a device has lost; how many is written down."""
    async with parts.database.session(at.branch.scope) as session:
        for gap in await gaps(session, at.branch.id):
            await accept_gap(session, gap)
            lost: Data = {"device": gap.device, "first": gap.first, "last": gap.last}
            await record(session, "journal.gap_accepted", at.me.account, at.branch.scope, lost, branch=at.branch.id)
    return RedirectResponse(f"/branches/{at.branch.id}", status_code=303)
