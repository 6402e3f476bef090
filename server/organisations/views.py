"""The first page (all branches now), a branch's page, and opening its door once."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.wire.commands import Action as OrderAction
from meroppet.wire.enrolment import DeviceKind
from server.audit.service import record
from server.db import Session
from server.devices.orders import order, orders_of
from server.devices.service import DeviceView, device
from server.journal.service import recent, seen
from server.organisations.service import BranchView, organisation, organisations
from server.patrons.brake import waiting
from server.patrons.walk import walks
from server.schedules.quick_state import QuickNow, quick_now
from server.schedules.service import hours_of_many
from server.staff.access import Action
from server.staff.service import SignedIn
from server.web.events import event_lines
from server.web.forms import token_of
from server.web.gate import ALL_BRANCHES, AtBranch, NotFound, Staff, at_branch, visible_branches
from server.web.live import live
from server.web.now import BranchNow, branch_now, branch_with
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

SHOWN_EVENTS = 30
Seeing = Annotated[AtBranch, Depends(at_branch(Action.SEE))]
Opening = Annotated[AtBranch, Depends(at_branch(Action.OPEN_DOOR))]


@router.get("/")
async def overview(request: Request, parts: Parts, me: Staff) -> Response:
    """All branches now."""
    return show(request, "overview.html", me=me, **await _overview(parts, me))


@router.get("/live")
async def overview_live(request: Request, parts: Parts, me: Staff) -> Response:
    """The list, whenever something in it changes."""
    lang = parts.pages.language(request)

    async def render() -> str:
        return parts.pages.html("parts/branches.html", lang, **await _overview(parts, me))

    topics = {topic for view in await visible_branches(parts, me) for topic in _topics(view)}
    return live(request, parts, sorted(topics), render)


def _topics(view: BranchView) -> tuple[str, ...]:
    """What wakes whoever looks at a branch: what happens there, and what is decided above it."""
    return f"branch:{view.id}", view.consortium


async def _overview(parts: StaffParts, me: SignedIn) -> dict[str, Any]:
    rows = []
    mine = await visible_branches(parts, me)
    async with parts.database.reading(ALL_BRANCHES) as session:
        names = {view.id: view.name for view in await organisations(session)}
        held = await waiting(session, {own.controller for own in mine if me.access.may(Action.BRAKE, own)})
        minding = {own.consortium for own in mine if me.access.may(Action.BRAKE, own)}
        odd = [walk.register for walk in await walks(session) if walk.is_odd and walk.consortium in minding]
        hours = await hours_of_many(session, mine)
        for view in mine:
            async with session.within(view.scope):
                rows.append(await branch_with(session, view, hours.get(view.id)))
    consortia = sorted({row.branch.consortium for row in rows}, key=lambda name: names.get(name, name))
    return {
        "groups": [(names.get(own, own), [row for row in rows if row.branch.consortium == own]) for own in consortia],
        "names": names,
        "held": held,
        "odd_registers": odd,
        "needing": sum(1 for row in rows if row.needs),
    }


@router.get("/branches/{branch_id}")
async def branch_page(request: Request, parts: Parts, at: Seeing) -> Response:
    """One branch: state, door, last events."""
    lang = parts.pages.language(request)
    return show(
        request, "branch.html", me=at.me, at=at, quick=await _quick(parts, at), **await _branch(parts, at, lang)
    )


async def _quick(parts: StaffParts, at: AtBranch) -> QuickNow | None:
    """What can be done to its hours at once, for whoever may."""
    if not at.may(Action.HOURS):
        return None
    async with parts.database.reading(at.branch.scope) as session:
        return await quick_now(session, at.branch)


@router.get("/branches/{branch_id}/live")
async def branch_live(request: Request, parts: Parts, at: Seeing) -> Response:
    """What moves on the branch's page, whenever it changes."""
    lang, token = parts.pages.language(request), token_of(request)

    async def render() -> str:
        page = await _branch(parts, at, lang)
        return parts.pages.html("parts/branch_now.html", lang, at=at, form_token=token, **page)

    return live(request, parts, _topics(at.branch), render)


async def _branch(parts: StaffParts, at: AtBranch, lang: str) -> dict[str, Any]:
    async with parts.database.reading(at.branch.scope) as session:
        now = await branch_now(session, at.branch)
        events = await recent(session, at.branch.id, SHOWN_EVENTS)
        controller = await organisation(session, at.branch.controller)
    return {
        "now": now,
        "controller": controller.name if controller else "",
        "events": event_lines(events, at.branch, _names(now), lang),
    }


def _names(now: BranchNow) -> dict[str, str]:
    return {view.id: view.name for view in now.devices}


@router.post("/branches/{branch_id}/seen")
async def alarms_seen(parts: Parts, at: Seeing) -> Response:
    """Somebody has looked at the alarms."""
    async with parts.database.session(at.branch.scope) as session:
        await seen(session, at.branch.id, at.me.account)
        await record(session, "alarms.seen", at.me.account, at.branch.scope, branch=at.branch.id)
    return RedirectResponse(f"/branches/{at.branch.id}", status_code=303)


@router.post("/branches/{branch_id}/open")
async def open_once(request: Request, parts: Parts, at: Opening, device_id: Annotated[str, Form()] = "") -> Response:
    """Order a door to open once, within ten seconds or not at all."""
    async with parts.database.session(at.branch.scope) as session:
        found = await _door(session, at, device_id)
        given = await order(session, found, OrderAction.OPEN_ONCE, at.me.account)
        scope, name = at.branch.scope, at.branch.id
        await record(session, "door.open_once", at.me.account, scope, {"order": given.order}, branch=name)
    return show(request, "opening.html", me=at.me, at=at, order=given.order, device=found)


@router.get("/branches/{branch_id}/orders/{device_id}/{order_id}/live")
async def order_live(request: Request, parts: Parts, at: Opening, device_id: str, order_id: str) -> Response:
    """What became of an order."""
    lang = parts.pages.language(request)
    async with parts.database.reading(at.branch.scope) as session:
        await _door(session, at, device_id)

    async def render() -> str:
        async with parts.database.reading(at.branch.scope) as session:
            known = {view.id: view for view in await orders_of(session, device_id)}
            now = session.now
        return parts.pages.html("parts/order.html", lang, order=known.get(order_id), now=now)

    return live(request, parts, [f"branch:{at.branch.id}", f"device:{device_id}"], render)


async def _door(session: Session, at: AtBranch, device_id: str) -> DeviceView:
    """The branch's own door with this id; NotFound otherwise: the controller's other branches are in scope too."""
    found = await device(session, device_id)
    if found is None or found.branch != at.branch.id or found.kind is not DeviceKind.DOOR:
        raise NotFound
    return found
