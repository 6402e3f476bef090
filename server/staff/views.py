"""Pages for signing in and out, for one-time links, and the list of staff."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from server.db import Session
from server.organisations.service import BranchView, branches, organisation, organisations
from server.staff.access import Access, Grant, Role
from server.staff.service import (
    SERVER,
    AccountView,
    LinkRefusal,
    NewAccount,
    SignInRefusal,
    accounts,
    close_account,
    link,
    make_link,
    sign_in,
    sign_out,
    use_link,
)
from server.web.forms import SESSION_COOKIE, VISIT_COOKIE, drop_cookie, set_cookie
from server.web.gate import ALL_BRANCHES, NotAllowed, NotFound, Staff
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

Text = Annotated[str, Form()]

LONGEST_USERNAME = 64
"""What is shown again after a wrong password; nobody has a longer one."""


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    """The form."""
    return show(request, "sign_in.html", wrong=None, next="/", username="")


@router.post("/sign-in")
async def sign_in_with(
    request: Request,
    parts: Parts,
    username: Text = "",
    password: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """Sign in; a wrong name and a wrong password get the same answer."""
    result = await sign_in(parts.database, parts.passwords, username, password)
    if isinstance(result, SignInRefusal):
        return show(
            request, "sign_in.html", status=403, wrong=result, next=_safe(next), username=username[:LONGEST_USERNAME]
        )
    return _enter(result, _safe(next))


def _safe(target: str) -> str:
    """A path of our own: a form must not send a freshly signed-in person elsewhere."""
    is_own = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_own else "/"


def _enter(token: str, target: str) -> Response:
    answer = RedirectResponse(target, status_code=303)
    set_cookie(answer, SESSION_COOKIE, token)
    drop_cookie(answer, VISIT_COOKIE)
    return answer


@router.post("/sign-out")
async def sign_out_here(request: Request, parts: Parts) -> Response:
    """End the session on the server; the cookie goes too, but does not matter any more."""
    async with parts.database.session(SERVER) as session:
        await sign_out(session, request.cookies.get(SESSION_COOKIE, ""))
    answer = RedirectResponse("/sign-in", status_code=303)
    drop_cookie(answer, SESSION_COOKIE)
    return answer


@router.get("/welcome/{token}")
async def welcome_page(request: Request, parts: Parts, token: str) -> Response:
    """The form behind a one-time link."""
    async with parts.database.reading(SERVER) as session:
        grant = await link(session, token)
        place = await _place(session, grant) if grant else ""
    status = 200 if grant else 410
    return show(request, "welcome.html", status=status, grant=grant, place=place, wrong=None, name="", username="")


@router.post("/welcome/{token}")
async def welcome(
    request: Request, parts: Parts, token: str, name: Text = "", username: Text = "", password: Text = ""
) -> Response:
    """Make the account and sign it in."""
    result = await use_link(parts.database, parts.passwords, token, NewAccount(name, username, password))
    if not isinstance(result, LinkRefusal):
        return _enter(result, "/")
    async with parts.database.reading(SERVER) as session:
        grant = await link(session, token)
        place = await _place(session, grant) if grant else ""
    status = 422 if grant else 410
    return show(
        request, "welcome.html", status=status, grant=grant, place=place, wrong=result, name=name, username=username
    )


async def _place(session: Session, grant: Grant) -> str:
    async with session.within(ALL_BRANCHES):
        found = {view.id: view.name for view in await branches(session)}
    named = await organisation(session, grant.place)
    return named.name if named else found.get(grant.place, "")


@router.get("/staff")
async def staff_page(request: Request, parts: Parts, me: Staff) -> Response:
    """Who works here, as far as one's own reach goes, and a form to invite more."""
    return await _staff_page(request, parts, me, invited=None)


async def _staff_page(request: Request, parts: Parts, me: Staff, *, invited: str | None) -> Response:
    async with parts.database.reading(ALL_BRANCHES) as session:
        everywhere = await branches(session)
        offers = _offers(me.access, everywhere, {view.id: view.name for view in await organisations(session)})
        if not offers:
            raise NotAllowed
        known = [view for view in await accounts(session) if _reaches(me.access, view, everywhere)]
    return show(request, "staff.html", me=me, offers=offers, accounts=known, invited=invited)


def _offers(access: Access, everywhere: list[BranchView], names: dict[str, str]) -> dict[Grant, str]:
    """What she may give others, with the place's name, widest first."""
    offers: dict[Grant, str] = {Grant(Role.SERVER): ""} if access.runs_the_server() else {}
    for branch in everywhere:
        for grant in _grants_at(branch):
            if access.may_grant(grant, branch):
                offers.setdefault(grant, names.get(grant.place, branch.name))
    return offers


def _grants_at(branch: BranchView) -> tuple[Grant, ...]:
    return (
        Grant(Role.CONSORTIUM, branch.consortium),
        Grant(Role.MUNICIPALITY, branch.controller),
        Grant(Role.BRANCH, branch.id),
    )


def _reaches(access: Access, account: AccountView, everywhere: list[BranchView]) -> bool:
    covered = ((grant, branch) for grant in account.grants for branch in everywhere if grant.covers(branch))
    return access.runs_the_server() or any(access.may_grant(grant, branch) for grant, branch in covered)


@router.post("/staff/invite")
async def invite(request: Request, parts: Parts, me: Staff, grant: Text = "") -> Response:
    """A one-time link for a colleague, shown once. `grant` is ROLE:PLACE."""
    role, _, place = grant.partition(":")
    if role not in set(Role):
        raise NotFound
    wanted = Grant(Role(role), place)
    async with parts.database.session(ALL_BRANCHES) as session:
        covered = next((branch for branch in await branches(session) if wanted.covers(branch)), None)
        if not me.access.may_grant(wanted, covered):
            raise NotAllowed
        token = await make_link(session, wanted, me.account)
    return await _staff_page(request, parts, me, invited=f"{parts.staff_url}/welcome/{token}")


@router.post("/staff/{account}/close")
async def close(parts: Parts, me: Staff, account: str) -> Response:
    """Close a colleague's account; nobody closes her own."""
    async with parts.database.session(ALL_BRANCHES) as session:
        everywhere = await branches(session)
        found = next((view for view in await accounts(session) if view.id == account), None)
        if found is None or found.id == me.account or not me.access.may_close(found.grants, everywhere):
            raise NotAllowed
        await close_account(session, account, me.account)
    return RedirectResponse("/staff", status_code=303)
