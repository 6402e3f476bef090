"""Why did it not open? A card's last decisions at a branch, each with its reason in words."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from meroppet.rules.credentials import card_from_text
from server.audit.service import record
from server.devices.service import devices_of
from server.journal.service import decisions_of_card
from server.staff.access import Action
from server.web.events import event_lines
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

Person = Annotated[AtBranch, Depends(at_branch(Action.PERSON))]


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
