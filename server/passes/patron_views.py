"""A new tag for a patron: ordered from her page at the desk, read at a door or kiosk of the branch."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.credentials import card_from_text
from meroppet.rules.eligibility import Right
from server.audit.service import Data
from server.db import Session
from server.passes.handouts import Target, order_tag
from server.passes.views import reader_of
from server.patrons.desk import Asked, ask, form, holder, look_reason, note
from server.patrons.service import Holder, known_or_new, set_known, with_rights
from server.staff.access import Action
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts, StaffParts

router = APIRouter()

Giving = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]
Text = Annotated[str, Form()]


@router.post("/branches/{branch_id}/patrons/tag")
async def new_tag(
    request: Request, parts: Parts, at: Giving, card: Text = "", reason: Text = "", reader: Text = ""
) -> Response:
    """Have a reader of the branch wait for a tag for the patron who has this card."""
    number, why = card_from_text(card), look_reason(reason)
    if number is None or why is None:
        return form(request, at, wrong="card", card=card)
    if parts.registers.of(at.branch.id) is None:
        return form(request, at, wrong="no_register", card=card)
    asked = await ask(parts, at, number, why)
    async with parts.database.session(at.branch.scope) as session:
        found = await holder(session, parts, at, asked)
        if found is None:
            return form(request, at, wrong="unknown", card=card)
        given = await _order(session, parts, at, asked, found, reader)
    return RedirectResponse(f"/branches/{at.branch.id}/tags/{given}", status_code=303)


async def _order(session: Session, parts: StaffParts, at: AtBranch, asked: Asked, found: Holder, reader: str) -> str:
    chosen = await reader_of(session, at, reader)
    patron = await known_or_new(session, parts.keys, at.branch.consortium, found)
    if patron not in await with_rights(session, [patron]):
        # Where nobody needs a permission she may have no row; without one her number, and the tag, would be dropped.
        await set_known(session, parts.keys, at.branch, [patron], Right(permitted=None), by=at.me.account)
    given = await order_tag(session, at.branch, chosen, Target(patron=patron), at.me.account)
    said: Data = {"device": chosen.id}
    await note(session, parts, at, asked, "tag.ordered", said)
    return given
