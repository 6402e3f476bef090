"""A patron's own pages: where she may come in, applying, her visits, everything held about her, withdrawing."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.pages.prose import pieces
from meroppet.texts import reason_text
from server.applications import service
from server.applications.applying import Offer, apply, decline, offer
from server.applications.eid_pages import ORDER_COOKIE
from server.applications.gate import OwnBranch, Patron, address_of, open_pages, throttle_of
from server.applications.holdings import everything, own_visits
from server.applications.identity import Unknown
from server.applications.ordering import Purpose, Wanted, begin
from server.applications.throttle import ORDERS
from server.applications.visitors import Visitor, end_all
from server.audit.service import record
from server.eid.ports import Ended, Why
from server.organisations.service import BranchView
from server.visits.own import KEPT_DAYS
from server.web.forms import PATRON_COOKIE, drop_cookie, set_cookie
from server.web.gate import NotFound
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter(prefix="/my", dependencies=[Depends(open_pages)])

Text = Annotated[str, Form()]
DONE = frozenset({"applied", "accepted", "declined", "taken_back", "withdrew"})
WHY = frozenset({*Why, *Unknown, "another", "texts", "often"})


@router.get("/status")
async def status(request: Request, parts: Parts, me: Patron, done: str = "") -> Response:
    """Every branch, and what she would have to do."""
    async with parts.database.reading(me.scope) as session:
        found = await service.standing_everywhere(session, parts.keys, parts.registers, me)
    here = sorted(found, key=lambda each: (each.branch.id != me.branch, each.branch.name))
    return show(request, "my_status.html", patron=me, standings=here, done=done if done in DONE else "")


@router.get("/apply/{branch_id}")
async def apply_page(request: Request, parts: Parts, me: Patron, branch: OwnBranch, why: str = "") -> Response:
    """The texts to accept, whole, and the buttons beneath them."""
    made = await offer(parts, me, branch, parts.pages.language(request))
    if made is None:
        return RedirectResponse("/my/status", status_code=303)
    return _apply_form(request, parts, me, branch, made, why if why in WHY else "")


def _apply_form(
    request: Request, parts: StaffParts, me: Visitor, branch: BranchView, made: Offer, why: str, status: int = 200
) -> Response:
    return show(
        request,
        "my_apply.html",
        status=status,
        patron=me,
        branch=branch,
        offer=made,
        texts=[made_version.shown(made.lang) for made_version in made.versions],
        prose=pieces,
        eids=parts.eids.offered,
        why=why,
    )


@router.post("/apply/{branch_id}")
async def apply_here(
    request: Request, parts: Parts, me: Patron, branch: OwnBranch, shown: Text = "", answer: Text = ""
) -> Response:
    """Accept what was shown, and apply; or decline."""
    made = await offer(parts, me, branch, shown.split(" ", 1)[0])
    if made is None:
        return RedirectResponse("/my/status", status_code=303)
    if answer == "no" and made.digests == shown:
        await decline(parts, me, branch, made.versions, made.lang)
        return RedirectResponse("/my/status?done=declined", status_code=303)
    if answer != "yes" or not await apply(parts, me, branch, shown):
        again = await offer(parts, me, branch, parts.pages.language(request))
        return _apply_form(request, parts, me, branch, again or made, "texts", 422)
    return RedirectResponse(f"/my/status?done={'applied' if made.is_asking else 'accepted'}", status_code=303)


@router.post("/apply/{branch_id}/sign/{eid}")
async def sign(request: Request, parts: Parts, me: Patron, branch: OwnBranch, eid: str, shown: Text = "") -> Response:
    """Accept by signing the texts with an e-ID."""
    made = await offer(parts, me, branch, shown.split(" ", 1)[0])
    if made is None or parts.eids.of(eid) is None:
        raise NotFound
    if made.digests != shown or not made.versions:
        return _apply_form(request, parts, me, branch, made, "texts", 422)
    if not throttle_of(request).allows(address_of(request), ORDERS):
        return _apply_form(request, parts, me, branch, made, "often", 429)
    translate = parts.pages.translator(made.lang).gettext
    text = made.to_sign(translate("I accept this at %(branch)s.") % {"branch": branch.name})
    begun = await begin(parts, Wanted(branch, eid, address_of(request), text, Purpose.SIGN, shown))
    if isinstance(begun, Ended):
        return _apply_form(request, parts, me, branch, made, begun.why.value, 503)
    going = RedirectResponse("/my/eid", status_code=303)
    set_cookie(going, ORDER_COOKIE, begun)
    return going


@router.post("/apply/{branch_id}/take-back")
async def take_back(parts: Parts, me: Patron, branch: OwnBranch) -> Response:
    """She does not want to be answered any more."""
    async with parts.database.session(me.scope) as session:
        await service.take_back(session, parts.keys, me, branch)
    return RedirectResponse("/my/status?done=taken_back", status_code=303)


@router.get("/visits")
async def visits(request: Request, parts: Parts, me: Patron) -> Response:
    """When she came in, and when not and why."""
    lang = parts.pages.language(request)
    async with parts.database.reading(me.scope) as session:
        found = await own_visits(session, parts.keys, parts.registers, me)
    places = {branch.id: branch for branch in found.places}
    rows = [
        (visit.at.astimezone(places[visit.branch].wall), places[visit.branch].name, _why(visit.reason, lang))
        for visit in found.rows
    ]
    return show(request, "my_visits.html", patron=me, rows=rows, kept_days=KEPT_DAYS)


def _why(reason: str, lang: str) -> str:
    return reason_text(reason, lang) if reason else ""


@router.get("/data.json")
async def data(parts: Parts, me: Patron) -> Response:
    """Everything held about her, as a file; that it was fetched is written down."""
    async with parts.database.session(me.scope) as session:
        held = await everything(session, parts.keys, parts.registers, me)
        await record(session, "patron.exported", "", me.scope, {"person": me.person(parts.keys)})
    body = json.dumps(held, ensure_ascii=False, indent=2, sort_keys=True).encode("utf-8")
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(body, media_type="application/json", headers=headers)


@router.get("/withdraw")
async def withdraw_page(request: Request, me: Patron) -> Response:
    """What it means, before it is done."""
    return show(request, "my_withdraw.html", patron=me)


@router.post("/withdraw")
async def withdraw(request: Request, parts: Parts, me: Patron) -> Response:
    """End her right at every door, and every session of hers."""
    async with parts.database.session(me.scope) as session:
        await service.withdraw(session, parts.keys, parts.registers, me, parts.pages.language(request))
        await end_all(session, parts.keys, me)
    answer = RedirectResponse("/my?done=withdrew", status_code=303)
    drop_cookie(answer, PATRON_COOKIE)
    return answer
