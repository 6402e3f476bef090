"""Beginning a card's count of wrong PINs anew, and acknowledging that PINs were guessed at a door."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.credentials import card_from_text
from server.attempts.desk import ResetReason, numbers_of, place_at
from server.attempts.doors import acknowledge, troubled
from server.attempts.service import reset
from server.audit.service import Data, record
from server.devices.service import devices_of
from server.patrons.desk import ask, form, look_reason, note, shown
from server.staff.access import Action
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

Resetting = Annotated[AtBranch, Depends(at_branch(Action.RESET))]
Text = Annotated[str, Form()]


class GuessReason(StrEnum):
    """What staff found out about guesses at a door; it is written down."""

    HELPED = "helped"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@router.post("/branches/{branch_id}/patrons/pins")
async def reset_card(
    request: Request, parts: Parts, at: Resetting, card: Text = "", reason: Text = "", because: Text = ""
) -> Response:
    """Begin the count anew; every door knows within a second."""
    number, why = card_from_text(card), look_reason(reason)
    if number is None or why is None or because not in set(ResetReason):
        return form(request, at, wrong="card", card=card)
    asked = await ask(parts, at, number, why)
    place, limit = place_at(at.branch, asked.register), parts.registers.wrong_pins(at.branch.id)
    async with parts.database.session(place.scope) as session:
        stood = await reset(session, parts.keys, place, numbers_of(asked), limit)
        await note(session, parts, at, asked, "pins.reset", {"because": because, "failures": stood.failures})
    return await shown(request, parts, at, asked, told="pins_reset")


@router.get("/branches/{branch_id}/pins")
async def pins_page(request: Request, parts: Parts, at: Resetting) -> Response:
    """The doors and kiosks at which PINs were guessed."""
    return await _page(request, parts, at, wrong=False)


@router.post("/branches/{branch_id}/pins")
async def acknowledge_door(
    request: Request, parts: Parts, at: Resetting, device: Text = "", because: Text = ""
) -> Response:
    """Let a door ask everybody again."""
    if because not in set(GuessReason):
        return await _page(request, parts, at, wrong=True)
    async with parts.database.session(at.branch.scope) as session:
        if not await acknowledge(session, at.branch, device, at.me.account):
            raise NotFound
        told: Data = {"device": device, "because": because}
        await record(session, "door.guesses_seen", at.me.account, at.branch.scope, told, branch=at.branch.id)
    return RedirectResponse(f"/branches/{at.branch.id}/pins", status_code=303)


async def _page(request: Request, parts: StaffParts, at: AtBranch, *, wrong: bool) -> Response:
    async with parts.database.reading(at.branch.scope) as session:
        found = await troubled(session, at.branch.id)
        named = {view.id: view.name for view in await devices_of(session, at.branch.id)}
    return show(
        request,
        "pins.html",
        me=at.me,
        at=at,
        status=422 if wrong else 200,
        doors=found,
        named=named,
        reasons=list(GuessReason),
        wrong=wrong,
    )
