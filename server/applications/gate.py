"""Who asks on a patron's own pages, from where, and at which branch."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request

from server.applications.throttle import Throttle
from server.applications.visitors import BY_COOKIE, Visitor, signed_in, touch
from server.organisations.service import BranchView, branch
from server.web.forms import PATRON_COOKIE
from server.web.gate import ALL_BRANCHES, NotFound
from server.web.parts import Parts, StaffParts

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_LONGEST_ADDRESS = 45


async def visitor_of(request: Request, parts: StaffParts) -> Visitor | None:
    """The patron who is signed in, or None."""
    token = request.cookies.get(PATRON_COOKIE)
    if not token:
        return None
    async with parts.database.reading(BY_COOKIE) as session:
        return await signed_in(session, parts.keys, token)


def open_pages(parts: Parts) -> None:
    """Where the installer wants no patrons' pages there are none."""
    if not parts.public.patrons:
        raise NotFound


async def _patron(request: Request, parts: Parts) -> Visitor:
    found = await visitor_of(request, parts)
    if found is None:
        # Not a refusal: she signs in and goes on from there.
        raise HTTPException(303, headers={"Location": "/my"})
    async with parts.database.session(BY_COOKIE) as session:
        await touch(session, request.cookies[PATRON_COOKIE])
    return found


Patron = Annotated[Visitor, Depends(_patron)]
"""A patron who is signed in; whoever is not is sent to do so."""


async def _public_branch(parts: Parts, branch_id: str) -> BranchView:
    async with parts.database.reading(ALL_BRANCHES) as session:
        found = await branch(session, branch_id)
    if found is None or parts.registers.of(found.id) is None:
        raise NotFound
    return found


PublicBranch = Annotated[BranchView, Depends(_public_branch)]
"""A branch that has a register to ask about patrons."""


async def _own_branch(parts: Parts, patron: Patron, branch_id: str) -> BranchView:
    async with parts.database.reading(patron.scope) as session:
        found = await branch(session, branch_id)
    # Another consortium's branch, or another register's, looks like none.
    if found is None or found.consortium != patron.consortium or parts.registers.of(found.id) != patron.register:
        raise NotFound
    return found


OwnBranch = Annotated[BranchView, Depends(_own_branch)]
"""A branch whose register is the one that knows the patron."""


def address_of(request: Request) -> str:
    """Where the request came from: what a proxy on this very machine says, else the other end of the connection."""
    peer = request.client.host if request.client else ""
    told = request.headers.get("x-forwarded-for", "").rsplit(",", 1)[-1].strip()
    return told if peer in _LOOPBACK and 0 < len(told) <= _LONGEST_ADDRESS else peer


def throttle_of(request: Request) -> Throttle:
    """This process's throttle."""
    found = request.app.state.throttle
    assert isinstance(found, Throttle)  # noqa: S101 (narrowing: staff_pages sets it)
    return found


def at_sign_in(branch_id: str) -> str:
    """The address of a branch's sign-in page."""
    return f"/my/at/{quote(branch_id, safe='')}"
