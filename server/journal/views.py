"""Rows of a journal that never came, and those that could not be read."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from server.audit.service import Data, record
from server.devices.service import devices_of
from server.journal.service import ParkedView, accept_gap, gaps, parked, read_again
from server.staff.access import Action
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts
from server.web.show import show

_NOT_SHOWN = {"subject", "prev", "hash", "seq", "kind"}
"""What says who it was, even by a digest, and what is said beside it."""
_LONGEST = 2000

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


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that could not be read, as staff see it."""

    device: str
    seq: int
    at: datetime
    why: str
    kind: str
    rest: str


@router.get("/branches/{branch_id}/parked")
async def parked_page(request: Request, parts: Parts, at: Devices) -> Response:
    """What devices told and the server could not read: kept as it came, and tried again on request."""
    async with parts.database.reading(at.branch.scope) as session:
        named = {view.id: view.name for view in await devices_of(session, at.branch.id)}
        rows = [_aside(view, named, at) for view in await parked(session, at.branch.id)]
    return show(request, "parked.html", me=at.me, at=at, rows=rows, told=request.query_params.get("told", ""))


@router.post("/branches/{branch_id}/parked")
async def parked_again(parts: Parts, at: Devices) -> Response:
    """Try once more to read them; how many could be is written down."""
    async with parts.database.session(at.branch.scope) as session:
        read = await read_again(session, at.branch.id)
        data: Data = {"read": read}
        await record(session, "journal.read_again", at.me.account, at.branch.scope, data, branch=at.branch.id)
    told = "read" if read else "none"
    return RedirectResponse(f"/branches/{at.branch.id}/parked?told={told}", status_code=303)


def _aside(view: ParkedView, named: dict[str, str], at: AtBranch) -> Aside:
    said = json.loads(view.raw)
    rest = {name: value for name, value in said.items() if name not in _NOT_SHOWN}
    return Aside(
        named.get(view.device, view.device),
        view.seq,
        view.received_at.astimezone(at.branch.wall),
        view.why,
        str(said.get("kind", ""))[:80],
        json.dumps(rest, indent=1, ensure_ascii=False)[:_LONGEST],
    )
