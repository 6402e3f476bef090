"""The passes of a branch: who else has a key to it, a new tag at a reader, a code for a visitor."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.passes import BY_CODE
from server.audit.service import Data, record
from server.db import Session
from server.devices.service import DeviceView, device, devices_of
from server.passes.forms import CODE_KINDS, FIELD_OF, TAG_KINDS, Field, Written, wanted_of
from server.passes.handouts import HandoutView, Target, handout, order_tag
from server.passes.service import Approved, Made, PassView, approve, end_pass, make_pass, pass_with, passes_of
from server.policies.service import policy_of
from server.staff.access import Action
from server.staff.service import SERVER, names
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.live import live
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

Passes = Annotated[AtBranch, Depends(at_branch(Action.PASSES))]
KINDS = {"tag": TAG_KINDS, "code": CODE_KINDS}
CONFIRMS = Action.RIGHT_MUNICIPALITY
"""Who may confirm that a pass opens at every hour: who decides for all branches of the municipality."""
Confirming = Annotated[AtBranch, Depends(at_branch(CONFIRMS))]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page about passes shows: the passes, the readers where a tag can be held, and who is who."""

    passes: list[PassView]
    readers: list[DeviceView]
    who: dict[str, str]
    now: datetime
    handout: HandoutView | None = field(default=None)


@router.get("/branches/{branch_id}/passes")
async def passes_page(request: Request, parts: Parts, at: Passes) -> Response:
    """The list."""
    async with parts.database.reading(at.branch.scope) as session:
        shown = await _shown(session, at, await passes_of(session, at.branch.id))
    return _page(request, at, "passes.html", shown, told=request.query_params.get("told", ""))


@router.get("/branches/{branch_id}/passes/new/{what}")
async def new_page(request: Request, parts: Parts, at: Passes, what: str) -> Response:
    """The form for a tag's pass or a code."""
    if what not in KINDS:
        raise NotFound
    today = parts.clock.now().astimezone(at.branch.wall).date().isoformat()
    written = Written(kind=KINDS[what][0], last=today if what == "code" else "", once=what == "code")
    return await _form(request, parts, at, what, written)


@router.post("/branches/{branch_id}/passes/new/{what}")
async def make(
    request: Request,
    parts: Parts,
    at: Passes,
    what: str,
    days: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:
    """Make it. A code is shown now and never again; a tag is handed out next."""
    if what not in KINDS:
        raise NotFound
    form = await request.form()
    written = Written.of({name: value for name, value in form.items() if isinstance(value, str)}, days)
    wanted = wanted_of(written, KINDS[what], at.branch.wall)
    if isinstance(wanted, Field):
        return await _form(
            request, parts, at, what, written, wrong=wanted.value, at_field=wanted.value.partition("_")[0]
        )
    async with parts.database.session(at.branch.scope) as session:
        made = await make_pass(session, parts.keys, at.branch, wanted, at.me.account)
    if not isinstance(made, Made):
        return await _form(request, parts, at, what, written, wrong=made.value, at_field=FIELD_OF[made])
    if wanted.kind in BY_CODE:
        async with parts.database.reading(at.branch.scope) as session:
            view = await pass_with(session, at.branch.id, made.id)
        last = view.last_day(at.branch.wall) if view else None
        return show(request, "pass_code.html", me=at.me, at=at, code=made.code, wanted=wanted, last=last)
    return RedirectResponse(f"/branches/{at.branch.id}/passes/{made.id}?told=made", status_code=303)


@router.get("/branches/{branch_id}/passes/{pass_id}")
async def pass_page(request: Request, parts: Parts, at: Passes, pass_id: str) -> Response:
    """One pass: what it opens when, and what can be done about it."""
    return await _one(request, parts, at, pass_id, told=request.query_params.get("told", ""))


@router.post("/branches/{branch_id}/passes/{pass_id}/approve")
async def approve_pass(request: Request, parts: Parts, at: Confirming, pass_id: str) -> Response:
    """Confirm that it may open at every hour."""
    async with parts.database.session(at.branch.scope) as session:
        done = await approve(session, at.branch, pass_id, at.me.account)
    if done is Approved.OWN:
        return await _one(request, parts, at, pass_id, told=done.value, status=422)
    return _to(at, f"passes/{pass_id}?told=approved" if done is Approved.GIVEN else f"passes/{pass_id}")


@router.post("/branches/{branch_id}/passes/{pass_id}/end")
async def end(parts: Parts, at: Passes, pass_id: str) -> Response:
    """End it now; ended already is as good."""
    async with parts.database.session(at.branch.scope) as session:
        await end_pass(session, at.branch, pass_id, at.me.account)
    return _to(at, "passes?told=ended")


@router.post("/branches/{branch_id}/passes/{pass_id}/tag")
async def new_tag(parts: Parts, at: Passes, pass_id: str, reader: Annotated[str, Form()] = "") -> Response:
    """Have a reader of the branch wait for the new tag."""
    async with parts.database.session(at.branch.scope) as session:
        view = await pass_with(session, at.branch.id, pass_id)
        if view is None or view.by_code or view.ended_at is not None:
            raise NotFound
        chosen = await reader_of(session, at, reader)
        given = await order_tag(session, at.branch, chosen, Target(pass_id=pass_id), at.me.account)
        said: Data = {"device": chosen.id, "pass": pass_id}
        await record(session, "tag.ordered", at.me.account, at.branch.scope, said, branch=at.branch.id)
    return _to(at, f"tags/{given}")


@router.get("/branches/{branch_id}/tags/{handout_id}")
async def tag_page(request: Request, parts: Parts, at: Passes, handout_id: str) -> Response:
    """What becomes of a tag being handed out."""
    context = await _progress(parts, at, handout_id)
    return show(request, "tag.html", me=at.me, at=at, **context)


@router.get("/branches/{branch_id}/tags/{handout_id}/live")
async def tag_live(request: Request, parts: Parts, at: Passes, handout_id: str) -> Response:
    """The same, as it happens."""
    await _progress(parts, at, handout_id)
    lang = parts.pages.language(request)

    async def render() -> str:
        return parts.pages.html("parts/tag.html", lang, at=at, **await _progress(parts, at, handout_id))

    return live(request, parts, [f"branch:{at.branch.id}"], render)


async def reader_of(session: Session, at: AtBranch, device_id: str) -> DeviceView:
    """The branch's own device with this id, in use; NotFound otherwise."""
    found = await device(session, device_id)
    if found is None or found.branch != at.branch.id or found.revoked_at is not None:
        raise NotFound
    return found


async def readers_at(session: Session, branch_id: str) -> list[DeviceView]:
    """Where a tag can be held at a branch: its doors and kiosks in use, by name."""
    return [view for view in await devices_of(session, branch_id) if view.revoked_at is None]


async def _progress(parts: StaffParts, at: AtBranch, handout_id: str) -> dict[str, Any]:
    async with parts.database.reading(at.branch.scope) as session:
        view = await handout(session, at.branch.id, handout_id)
        if view is None:
            raise NotFound
        held = await pass_with(session, at.branch.id, view.target.pass_id or "")
        reader = await device(session, view.device)
        return {"handout": view, "held": held, "reader": reader, "now": session.now}


async def _shown(session: Session, at: AtBranch, passes: list[PassView]) -> Shown:
    readers = await readers_at(session, at.branch.id)
    people = [one for view in passes for one in (view.made_by, view.approved_by or "", view.ended_by) if one]
    async with session.within(SERVER):
        who = await names(session, people)
    return Shown(passes, readers, who, session.now.astimezone(at.branch.wall))


async def _one(
    request: Request, parts: StaffParts, at: AtBranch, pass_id: str, *, told: str = "", status: int = 200
) -> Response:
    async with parts.database.reading(at.branch.scope) as session:
        view = await pass_with(session, at.branch.id, pass_id)
        if view is None:
            raise NotFound
        shown = await _shown(session, at, [view])
    return _page(request, at, "pass.html", shown, held=view, told=told, status=status)


async def _form(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    what: str,
    written: Written,
    *,
    wrong: str = "",
    at_field: str = "",
) -> Response:
    async with parts.database.reading(at.branch.scope) as session:
        policy = await policy_of(session, at.branch.id)
    return show(
        request,
        "pass_new.html",
        me=at.me,
        at=at,
        status=422 if wrong else 200,
        what=what,
        kinds=KINDS[what],
        written=written,
        wrong=wrong,
        at_field=at_field,
        pin_length=policy.policy.pin_length if policy else 4,
        takes_codes=policy is not None and policy.policy.number_entry,
    )


def _page(
    request: Request, at: AtBranch, template: str, shown: Shown, *, status: int = 200, **context: Any
) -> Response:
    context |= {"shown": shown, "may_confirm": at.may(CONFIRMS), "clock": _time}
    return show(request, template, me=at.me, at=at, status=status, **context)


def _to(at: AtBranch, path: str) -> Response:
    return RedirectResponse(f"/branches/{at.branch.id}/{path}", status_code=303)


def _time(minute: int) -> time:
    """A minute of a day, of the next one where it is past midnight, as a time to be shown."""
    return time(minute // 60 % 24, minute % 60)
