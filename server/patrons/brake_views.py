"""What waits for a person because it would take too many rights at once: read it, release it, or throw it away."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from server.db import Session
from server.keys import KeyRing
from server.organisations.service import branches, organisations
from server.patrons import bulk, rekey
from server.patrons.brake import HeldKind, HeldState, HeldView, decide, decided, one, waiting
from server.patrons.judging import do_facts, do_missing
from server.patrons.walk import walks
from server.staff.access import Action
from server.staff.service import SERVER, SignedIn, names
from server.web.gate import ALL_BRANCHES, NotAllowed, NotFound, Staff
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()

Doer = Callable[[Session, KeyRing, HeldView], Awaitable[int]]
Text = Annotated[str, Form()]

DOERS: Mapping[HeldKind, Doer] = MappingProxyType(
    {
        HeldKind.MISSING: do_missing,
        HeldKind.FACTS: do_facts,
        HeldKind.BULK: bulk.do_held,
        HeldKind.REKEY: rekey.do_held,
    }
)
"""What does what was held once somebody releases it; how many patrons it changed something for."""
SHORTEST_WHY = 5


async def controllers_of(parts: StaffParts, me: SignedIn) -> dict[str, str]:
    """The controllers whose held changes she decides about, and their consortia."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        places = {(view.consortium, view.controller) for view in await branches(session)}
    return {own: wide for wide, own in places if me.access.may_for_all(Action.BRAKE, wide, own)}


@router.get("/held")
async def held_page(request: Request, parts: Parts, me: Staff) -> Response:
    """What waits, what was decided lately, and how the walks over the registers went."""
    return await _page(request, parts, me)


@router.post("/held/{held_id}/release")
async def release(request: Request, parts: Parts, me: Staff, held_id: str, why: Text = "") -> Response:
    """Do it after all."""
    return await _decide(request, parts, me, held_id, HeldState.RELEASED, why)


@router.post("/held/{held_id}/discard")
async def discard(request: Request, parts: Parts, me: Staff, held_id: str, why: Text = "") -> Response:
    """Do nothing of it."""
    return await _decide(request, parts, me, held_id, HeldState.DISCARDED, why)


async def _decide(
    request: Request, parts: StaffParts, me: SignedIn, held_id: str, state: HeldState, why: str
) -> Response:
    mine = await _mine(parts, me)
    async with parts.database.reading(ALL_BRANCHES) as session:
        view = await one(session, held_id)
    if view is None or view.controller not in mine:
        raise NotFound
    if len(why.strip()) < SHORTEST_WHY:
        return await _page(request, parts, me, wrong=view.id)
    async with parts.database.session(view.scope) as session:
        first = await decide(session, view, state, me.account, why.strip()[:500])
        if first and state is HeldState.RELEASED:
            await DOERS[view.kind](session, parts.keys, view)
    return RedirectResponse("/held", status_code=303)


async def _mine(parts: StaffParts, me: SignedIn) -> dict[str, str]:
    if not me.access.may_anywhere(Action.BRAKE):
        raise NotAllowed
    return await controllers_of(parts, me)


async def _page(request: Request, parts: StaffParts, me: SignedIn, *, wrong: str = "") -> Response:
    mine = await _mine(parts, me)
    async with parts.database.reading(ALL_BRANCHES) as session:
        now, done = await waiting(session, mine), await decided(session, mine)
        rounds = [view for view in await walks(session) if view.consortium in set(mine.values())]
        places = {view.id: view.name for view in await organisations(session)}
    async with parts.database.reading(SERVER) as session:
        who = await names(session, {view.decided_by or "" for view in done} | {view.by for view in [*now, *done]})
    return show(
        request, "held.html", me=me, status=422 if wrong else 200, waiting=now, decided=done, walks=rounds,
        places=places, who=who, wrong=wrong, zone=HOME_ZONE,
    )  # fmt: skip
