"""Why did it not open? A card's last decisions at a branch, each with its reason in words; and rows that never came."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.credentials import card_from_text
from server.audit.service import Data, record
from server.devices.service import devices_of
from server.journal.service import accept_gap, decisions_of_card, gaps
from server.staff.access import Action
from server.web.events import event_lines
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

Person = Annotated[AtBranch, Depends(at_branch(Action.PERSON))]
Devices = Annotated[AtBranch, Depends(at_branch(Action.DEVICES))]


@router.get("/branches/{branch_id}/why")
async def why_page(request: Request, at: Person) -> Response:
    """The form for a card number."""
    return show(request, "why.html", me=at.me, at=at, lines=None, wrong=False, card="")


@router.post("/branches/{branch_id}/why")
async def why(request: Request, parts: Parts, at: Person, card: Annotated[str, Form()] = "") -> Response:
    """The card's decisions; the look is written down."""
    number = card_from_text(card)
    if number is None:
        return show(request, "why.html", me=at.me, at=at, status=422, lines=None, wrong=True, card=card[:40])
    register = parts.registers.of(at.branch.id) or ""
    async with parts.database.session(at.branch.scope) as session:
        events = await decisions_of_card(session, parts.keys, at.branch, number, register=register)
        devices = {view.id: view.name for view in await devices_of(session, at.branch.id)}
        person = parts.keys.lookup("audit", f"{register}\n{number.value}")[:32]
        scope, branch = at.branch.scope, at.branch.id
        await record(session, "patron.decisions_read", at.me.account, scope, {"person": person}, branch=branch)
    lines = event_lines(events, at.branch, devices, parts.pages.language(request))
    return show(request, "why.html", me=at.me, at=at, lines=lines, wrong=False, card=number.value)


@router.post("/branches/{branch_id}/gaps")
async def gaps_accepted(parts: Parts, at: Devices) -> Response:
    """Stop waiting for events that a device has lost; how many is written down."""
    async with parts.database.session(at.branch.scope) as session:
        for gap in await gaps(session, at.branch.id):
            await accept_gap(session, gap)
            lost: Data = {"device": gap.device, "first": gap.first, "last": gap.last}
            await record(session, "journal.gap_accepted", at.me.account, at.branch.scope, lost, branch=at.branch.id)
    return RedirectResponse(f"/branches/{at.branch.id}", status_code=303)
