"""Public pages where patrons choose their library and sign in: with an e-ID, or with card and PIN."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from meroppet.rules.credentials import CardNumber
from meroppet.rules.policy import WeakPins
from server.applications.eid_pages import ORDER_COOKIE, STATUS, Told, advance, entered, finished, shown_order, signs_in
from server.applications.gate import PublicBranch, address_of, at_sign_in, open_pages, throttle_of, visitor_of
from server.applications.identity import Unknown
from server.applications.ordering import Wanted, begin, cancel
from server.applications.pins import Unanswered, proved
from server.applications.throttle import CARDS, ORDERS
from server.applications.visitors import BY_COOKIE, sign_out
from server.applications.visitors import begin as begin_session
from server.eid.ports import Ended, Why
from server.organisations.service import BranchView, branches, organisations
from server.policies.service import policy_of
from server.web.forms import PATRON_COOKIE, drop_cookie, set_cookie
from server.web.gate import ALL_BRANCHES, NotFound
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter(prefix="/my", dependencies=[Depends(open_pages)])

Text = Annotated[str, Form()]
WHY = frozenset({*Why, *Unknown})
"""What an e-ID's order may have ended with, as it stands in an address."""


@router.get("")
async def choose(request: Request, parts: Parts, done: str = "") -> Response:
    """The libraries, by consortium and municipality; whoever is signed in goes to her own page."""
    if await visitor_of(request, parts) is not None:
        return RedirectResponse(STATUS, status_code=303)
    async with parts.database.reading(ALL_BRANCHES) as session:
        found = [branch for branch in await branches(session) if parts.registers.of(branch.id) is not None]
        names = {view.id: view.name for view in await organisations(session)}
    places: dict[str, list[BranchView]] = {}
    for branch in found:
        places.setdefault(names.get(branch.controller, branch.controller), []).append(branch)
    return show(request, "my_libraries.html", places=dict(sorted(places.items())), at_sign_in=at_sign_in, done=done)


@router.get("/at/{branch_id}")
async def sign_in_page(request: Request, parts: Parts, branch: PublicBranch, why: str = "") -> Response:
    """The ways to sign in; `why` an e-ID's order ended without."""
    return _form(request, parts, branch, f"eid_{why}" if why in WHY else "")


def _form(request: Request, parts: StaffParts, branch: BranchView, wrong: str = "", status: int = 200) -> Response:
    return show(
        request,
        "my_sign_in.html",
        status=status,
        branch=branch,
        at=at_sign_in(branch.id),
        eids=parts.eids.offered,
        has_cards=parts.check_pin is not None,
        wrong=wrong,
    )


@router.post("/at/{branch_id}/card")
async def with_card(request: Request, parts: Parts, branch: PublicBranch, card: Text = "", pin: Text = "") -> Response:
    """Card and PIN. An unknown card, a wrong PIN and a card that was tried too often look alike."""
    if not throttle_of(request).allows(address_of(request), CARDS):
        return _form(request, parts, branch, "often", 429)
    found = await proved(parts, branch, card, pin)
    if isinstance(found, Unanswered):
        return _form(request, parts, branch, "silent", 503)
    if found is None:
        return _form(request, parts, branch, "wrong", 403)
    told = Told(go=STATUS, session=await _begun(request, parts, branch, found.number))
    if found.is_weak and await _refuses_weak(parts, branch):
        # A page and no address: what stands in a browser's history says nothing of a PIN.
        return entered(show(request, "my_weak_pin.html", branch=branch), told)
    return entered(RedirectResponse(STATUS, status_code=303), told)


async def _refuses_weak(parts: StaffParts, at: BranchView) -> bool:
    async with parts.database.reading(ALL_BRANCHES) as session:
        view = await policy_of(session, at.id)
    return view is None or view.policy.weak_pins is WeakPins.REFUSE


async def _begun(request: Request, parts: StaffParts, branch: BranchView, number: CardNumber) -> str:
    async with parts.database.session(BY_COOKIE) as session:
        # Whoever sat here before is signed out: one browser, one patron.
        await sign_out(session, request.cookies.get(PATRON_COOKIE, ""))
        register = parts.registers.of(branch.id) or ""
        return await begin_session(session, parts.keys, branch, register, number, "card")


@router.post("/at/{branch_id}/eid/{eid}")
async def with_eid(request: Request, parts: Parts, branch: PublicBranch, eid: str) -> Response:
    """Begin an order; the page that follows it belongs to this browser."""
    if parts.eids.of(eid) is None:
        raise NotFound
    if not throttle_of(request).allows(address_of(request), ORDERS):
        return _form(request, parts, branch, "often", 429)
    begun = await begin(parts, Wanted(branch, eid, address_of(request), signs_in(parts, request, branch)))
    if isinstance(begun, Ended):
        return _form(request, parts, branch, f"eid_{begun.why.value}", 503)
    answer = RedirectResponse("/my/eid", status_code=303)
    set_cookie(answer, ORDER_COOKIE, begun)
    return answer


@router.get("/eid")
async def eid_page(request: Request, parts: Parts) -> Response:
    """The code to scan, the link to the app on this device, and what to do now."""
    return await shown_order(request, parts)


@router.get("/eid/live")
async def eid_live(request: Request, parts: Parts) -> Response:
    """Once a second: this second's code, what to do now, and where to go when it is over."""
    told = await advance(request, parts)
    return entered(JSONResponse({"code": told.code, "hint": told.hint, "go": told.go}), told)


@router.post("/eid/go")
async def eid_go(request: Request, parts: Parts) -> Response:
    """She has signed: look once, and let her in. Also for browsers without scripts."""
    return await finished(request, parts)


@router.post("/eid/cancel")
async def eid_cancel(request: Request, parts: Parts) -> Response:
    """Another way, then."""
    await cancel(parts, request.cookies.get(ORDER_COOKIE, ""))
    answer = RedirectResponse("/my", status_code=303)
    drop_cookie(answer, ORDER_COOKIE)
    return answer


@router.post("/sign-out")
async def sign_out_here(request: Request, parts: Parts) -> Response:
    """End the session on the server, and forget the cookie."""
    async with parts.database.session(BY_COOKIE) as session:
        await sign_out(session, request.cookies.get(PATRON_COOKIE, ""))
    answer = RedirectResponse("/my?done=out", status_code=303)
    drop_cookie(answer, PATRON_COOKIE)
    return answer
