"""Close everything now, at a place wider than a branch: what it does, doing it, and taking an order back."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.exceptions import Level, OrderKind
from meroppet.wire.enrolment import DeviceKind
from server.devices.service import devices_of_many
from server.schedules.calendar_gate import AtPlace, AtTarget
from server.schedules.exceptions_views import exceptions_page
from server.schedules.orders import orders_at
from server.schedules.quick_choices import REASONS, Quick, Reason
from server.schedules.quick_views import REST_OF_TODAY, UNTIL_REOPENED, reason_said
from server.schedules.refusals import ScheduleRefusal
from server.schedules.service import hours_of_many
from server.schedules.targets import branches_under
from server.schedules.wide import CLOSING, beneath, close_all, last_of_today, open_again, standing_of, wide_closing
from server.staff.service import SERVER, names
from server.web.gate import ALL_BRANCHES, NotFound
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()

UNTILS = (REST_OF_TODAY, UNTIL_REOPENED)


@dataclass(frozen=True, slots=True)
class WideWanted:
    """What the form says: which order, for how long, and why."""

    kind: OrderKind
    until: str
    reason: Reason


async def wide_place(at: AtPlace) -> AtTarget:
    """A dependency: a place where she may decide that is wider than a branch; a branch has its quick actions."""
    if at.place.level is Level.BRANCH:
        raise NotFound
    return at


AtWide = Annotated[AtTarget, Depends(wide_place)]


def _wanted(parts: StaffParts, kind: str, until: str, reason: str = "", typed: str = "") -> WideWanted:
    return WideWanted(
        next((own for own in CLOSING if own.value == kind), CLOSING[0]),
        until if until in UNTILS else UNTILS[0],
        reason_said(parts, Quick.CLOSE, reason, typed),
    )


@router.get("/hours/close")
async def close_page(request: Request, parts: Parts, at: AtWide, kind: str = "", until: str = "") -> Response:
    """Which branches it closes, what is open there now, for how long, why, and the button that does it."""
    return await _confirm(request, parts, at, _wanted(parts, kind, until))


@router.post("/hours/close")
async def close_place(
    request: Request,
    parts: Parts,
    at: AtWide,
    kind: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    typed: Annotated[str, Form()] = "",
) -> Response:
    """Close it."""
    wanted = _wanted(parts, kind, until, reason, typed)
    is_for_today = wanted.until == REST_OF_TODAY
    try:
        async with parts.database.session(at.place.scope) as session:
            by = at.me.account
            change = await close_all(session, at.place, wanted.kind, by, wanted.reason, is_for_today=is_for_today)
    except ScheduleRefusal as refused:
        return await _confirm(request, parts, at, wanted, refused=refused)
    return RedirectResponse(f"/hours/changes/{change.id}", status_code=303)


@router.post("/hours/orders/{key}/take-back")
async def take_order_back(
    request: Request, parts: Parts, at: AtPlace, key: str, revision: Annotated[int, Form()] = 0
) -> Response:
    """Open again what an order closed, if it still stands as she saw it."""
    try:
        async with parts.database.session(at.place.scope) as session:
            change = await open_again(session, at.place, key, revision, at.me.account)
    except ScheduleRefusal as refused:
        return await exceptions_page(request, parts, at.me, refused=refused)
    return RedirectResponse(f"/hours/changes/{change.id}", status_code=303)


async def _confirm(
    request: Request, parts: StaffParts, at: AtTarget, wanted: WideWanted, *, refused: ScheduleRefusal | None = None
) -> Response:
    async with parts.database.reading(ALL_BRANCHES) as session:
        now, under = session.now, await branches_under(session, at.place)
        hours = await hours_of_many(session, under)
        standing = standing_of(await orders_at(session, at.place), now)
        devices = await devices_of_many(session, [branch.id for branch in under])
    async with parts.database.reading(SERVER) as session:
        who = await names(session, {standing.by} if standing else set())
    try:
        # It is told for the shortest choice: the longer one opens when somebody says so.
        order = wide_closing(at.place, wanted.kind, now, last_of_today(hours.values(), now), wanted.reason, standing)
        rows = [beneath(branch, hours.get(branch.id), order, now) for branch in under]
    except ScheduleRefusal as hopeless:
        rows, refused = [], refused or hopeless
    return show(
        request,
        "wide_close.html",
        me=at.me,
        at=at,
        status=422 if refused and request.method == "POST" else 200,
        wanted=wanted,
        refused=refused,
        kinds=CLOSING,
        untils=UNTILS,
        reasons=REASONS[Quick.CLOSE],
        rows=rows,
        first=min((row for row in rows if row.opens), key=lambda row: row.opens or now, default=None),
        doors=sum(view.kind is DeviceKind.DOOR and view.revoked_at is None for view in devices),
        standing=standing,
        who=who,
        now=now.astimezone(HOME_ZONE),
    )
