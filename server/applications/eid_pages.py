"""An e-ID order while its page is open: a code for each second, then a session, a signature, or why not."""

from dataclasses import dataclass

import segno
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from meroppet.texts.patron import N_
from server.applications.applying import apply
from server.applications.gate import address_of, at_sign_in, visitor_of
from server.applications.identity import Unknown, registered_as
from server.applications.ordering import Purpose, UnderWay, look
from server.applications.visitors import BY_COOKIE, begin, sign_out
from server.eid.ports import Ended, Hint, Identified, Pending
from server.organisations.service import BranchView, branch
from server.web.forms import PATRON_COOKIE, VISIT_COOKIE, drop_cookie, set_cookie
from server.web.gate import ALL_BRANCHES
from server.web.parts import StaffParts
from server.web.show import show

ORDER_COOKIE = "__Host-eid"
STATUS = "/my/status"
TOLD = N_("I sign in to my pages at %(branch)s.")
"""What the app says: who asks for her identity, so that nobody is tricked into signing somebody else in."""
HINTS = {
    Hint.START: N_("Open %(eid)s on your phone and scan the code, or open it on this device."),
    Hint.STARTING: N_("%(eid)s is opening."),
    Hint.CONFIRM: N_("Write your security code in %(eid)s."),
    Hint.WAITING: N_("Waiting for %(eid)s."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the page shows now: a code to scan and the link that starts the app, a sentence; or where to go.

    `session` is the token of the session that has begun.
    """

    go: str = ""
    hint: str = ""
    code: str = ""
    link: str = ""
    title: str = ""
    session: str = ""


def signs_in(parts: StaffParts, request: Request, at: BranchView) -> str:
    """What stands in the app while somebody signs in at a branch."""
    return parts.pages.translator(parts.pages.language(request)).gettext(TOLD) % {"branch": at.name}


async def advance(request: Request, parts: StaffParts) -> Told:
    """Look at this browser's order, and do what follows from its end."""
    token = request.cookies.get(ORDER_COOKIE, "")
    found = await look(parts, token, address_of(request)) if token else None
    if found is None:
        return Told(go="/my")
    order, said = found
    if isinstance(said, Pending):
        return _pending(request, parts, order, said.hint)
    async with parts.database.reading(ALL_BRANCHES) as session:
        at = await branch(session, order.branch)
    if at is None:
        return Told(go="/my")
    if isinstance(said, Ended):
        return Told(go=_back(order, at, said.why.value))
    return await _identified(request, parts, order, at, said)


def _back(order: UnderWay, at: BranchView, why: str) -> str:
    path = at_sign_in(at.id) if order.purpose is Purpose.SIGN_IN else f"/my/apply/{at.id}"
    return f"{path}?why={why}"


def _pending(request: Request, parts: StaffParts, order: UnderWay, hint: Hint) -> Told:
    eid = parts.eids.of(order.eid)
    if eid is None:
        return Told(go="/my")
    sentence = parts.pages.translator(parts.pages.language(request)).gettext(HINTS[hint]) % {"eid": eid.title}
    if hint is not Hint.START:
        return Told(hint=sentence, title=eid.title)
    code = segno.make(eid.qr(order.order, parts.clock.now()), error="l", micro=False).svg_data_uri(border=2)
    return Told(hint=sentence, code=code, link=eid.start_link(order.order), title=eid.title)


async def _identified(request: Request, parts: StaffParts, order: UnderWay, at: BranchView, said: Identified) -> Told:
    number = await registered_as(parts, at, said.number)
    if isinstance(number, Unknown):
        return Told(go=_back(order, at, number.value))
    if order.purpose is Purpose.SIGN:
        return await _signed(request, parts, order, at, number.value, said.proof)
    register = parts.registers.of(at.id) or ""
    async with parts.database.session(BY_COOKIE) as session:
        # Whoever sat here before is signed out: one browser, one patron.
        await sign_out(session, request.cookies.get(PATRON_COOKIE, ""))
        return Told(go=STATUS, session=await begin(session, parts.keys, at, register, number, order.eid))


async def _signed(
    request: Request, parts: StaffParts, order: UnderWay, at: BranchView, number: str, proof: str
) -> Told:
    visitor = await visitor_of(request, parts)
    if visitor is None or visitor.number.value != number:
        # Somebody else's phone: what she signed is not this patron's word.
        return Told(go=_back(order, at, "another"))
    done = await apply(parts, visitor, at, order.about, proof)
    return Told(go=f"{STATUS}?done=applied" if done else _back(order, at, "texts"))


def entered(answer: Response, told: Told) -> Response:
    """The answer, with the cookies of a session that has begun; those used until then are of no use any more."""
    if told.session:
        set_cookie(answer, PATRON_COOKIE, told.session)
        drop_cookie(answer, VISIT_COOKIE)
    if told.go:
        drop_cookie(answer, ORDER_COOKIE)
    return answer


async def shown_order(request: Request, parts: StaffParts) -> Response:
    """The page of this browser's order, or where to go instead."""
    told = await advance(request, parts)
    if told.go:
        return entered(RedirectResponse(told.go, status_code=303), told)
    return show(request, "my_eid.html", told=told)


async def finished(request: Request, parts: StaffParts) -> Response:
    """Look once more, and go on if the order is over."""
    told = await advance(request, parts)
    return entered(RedirectResponse(told.go or "/my/eid", status_code=303), told)
