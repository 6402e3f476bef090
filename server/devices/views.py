"""A branch's devices: the list, inviting a new one by code and QR, and shutting one out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.wire.enrolment import DeviceKind
from server.audit.service import record
from server.devices.service import INVITATION_LASTS, device, invite, report_stolen, revoke
from server.staff.access import Action
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.live import live
from server.web.now import branch_now
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

Devices = Annotated[AtBranch, Depends(at_branch(Action.DEVICES))]


@router.get("/branches/{branch_id}/devices")
async def devices_page(request: Request, parts: Parts, at: Devices) -> Response:
    """The list."""
    return show(request, "devices.html", me=at.me, at=at, invitation=None, wrong=False, **await _now(parts, at))


@router.get("/branches/{branch_id}/devices/live")
async def devices_live(request: Request, parts: Parts, at: Devices) -> Response:
    """The list, whenever a device says something new: the one just invited appears by itself."""
    lang = parts.pages.language(request)

    async def render() -> str:
        return parts.pages.html("parts/devices.html", lang, at=at, **await _now(parts, at))

    return live(request, parts, [f"branch:{at.branch.id}"], render)


async def _now(parts: StaffParts, at: AtBranch) -> dict[str, Any]:
    async with parts.database.reading(at.branch.scope) as session:
        return {"now": await branch_now(session, at.branch)}


@router.post("/branches/{branch_id}/devices/invite")
async def invite_device(
    request: Request, parts: Parts, at: Devices, kind: Annotated[str, Form()] = "", name: Annotated[str, Form()] = ""
) -> Response:
    """A code for one new device, shown once, good for fifteen minutes."""
    if kind not in set(DeviceKind) or not 1 <= len(name.strip()) <= 60 or not name.isprintable():
        page = await _now(parts, at)
        return show(request, "devices.html", me=at.me, at=at, status=422, invitation=None, wrong=True, **page)
    async with parts.database.session(at.branch.scope) as session:
        code = await invite(
            session,
            parts.keys,
            at.branch,
            kind=DeviceKind(kind),
            name=name.strip(),
            by=at.me.account,
            url=parts.device_url,
        )
        scope, branch = at.branch.scope, at.branch.id
        await record(session, "device.invited", at.me.account, scope, {"kind": kind, "name": name}, branch=branch)
        until = (session.now + INVITATION_LASTS).astimezone(at.branch.wall)
    shown = {"code": code.text(), "qr": _qr(code.text()), "until": until, "kind": kind}
    return show(request, "devices.html", me=at.me, at=at, invitation=shown, wrong=False, **await _now(parts, at))


def _qr(text: str) -> str:
    import segno

    drawn: str = segno.make(text, error="m", micro=False).svg_inline(scale=4, border=4, omitsize=True)
    return drawn


@router.get("/branches/{branch_id}/devices/{device_id}/revoke")
async def revoke_page(request: Request, parts: Parts, at: Devices, device_id: str) -> Response:
    """What shutting the device out means, before it is done."""
    async with parts.database.reading(at.branch.scope) as session:
        found = await device(session, device_id)
    if found is None or found.branch != at.branch.id or found.revoked_at is not None:
        raise NotFound
    return show(request, "revoke.html", me=at.me, at=at, device=found)


@router.post("/branches/{branch_id}/devices/{device_id}/revoke")
async def revoke_device(parts: Parts, at: Devices, device_id: str, stolen: Annotated[str, Form()] = "") -> Response:
    """Shut the device out, at once and for good; a stolen one takes the branch's keys with it."""
    async with parts.database.session(at.branch.scope) as session:
        found = await device(session, device_id)
        if found is None or found.branch != at.branch.id:
            raise NotFound
        scope, branch, action = at.branch.scope, at.branch.id, "device.stolen" if stolen else "device.revoked"
        if stolen:
            await report_stolen(session, parts.keys, at.branch, device_id, at.me.account)
        else:
            await revoke(session, device_id, at.me.account)
        await record(session, action, at.me.account, scope, {"device": device_id}, branch=branch)
    return RedirectResponse(f"/branches/{at.branch.id}/devices", status_code=303)
