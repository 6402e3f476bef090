"""Who is asking, and whether she may: every staff page passes here, and nowhere else is it decided."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from server.db import unscoped
from server.organisations.service import BranchView, branch, branches
from server.staff.access import Action
from server.staff.service import SERVER, SignedIn, signed_in, touch
from server.web.forms import SESSION_COOKIE
from server.web.parts import Parts, StaffParts

ALL_BRANCHES = unscoped("which branches a member of staff may see is decided by her role")


class NeedsSignIn(Exception):
    """Nobody is signed in, or not any more."""


class NotAllowed(Exception):
    """Somebody is signed in who may not do this."""


class NotFound(Exception):
    """There is no such thing, or none that may be seen: the two look the same."""


async def _visitor(request: Request, parts: Parts) -> SignedIn:
    found = await visitor(request, parts)
    if found is None:
        raise NeedsSignIn
    async with parts.database.session(SERVER) as session:
        await touch(session, request.cookies[SESSION_COOKIE])
    return found


async def visitor(request: Request, parts: StaffParts) -> SignedIn | None:
    """Whoever is signed in, without prolonging the session: a page left open must not keep it alive."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    async with parts.database.reading(SERVER) as session:
        return await signed_in(session, token)


Staff = Annotated[SignedIn, Depends(_visitor)]
"""A signed-in member of staff; NeedsSignIn otherwise."""


@dataclass(frozen=True, slots=True)
class AtBranch:
    """A member of staff at a branch where she may do what the route is for."""

    me: SignedIn
    branch: BranchView

    def may(self, action: Action) -> bool:
        """Whether she may do something else here too."""
        return self.me.access.may(action, self.branch)


def at_branch(action: Action) -> Callable[[Staff, Parts, str], Awaitable[AtBranch]]:
    """A dependency: the branch in the path, if she may do this there. NotFound where she may not even see it."""

    async def find(me: Staff, parts: Parts, branch_id: str) -> AtBranch:
        async with parts.database.reading(ALL_BRANCHES) as session:
            found = await branch(session, branch_id)
        if found is None or not me.access.may(Action.SEE, found):
            raise NotFound
        if not me.access.may(action, found):
            raise NotAllowed
        return AtBranch(me, found)

    return find


async def visible_branches(parts: StaffParts, me: SignedIn) -> list[BranchView]:
    """The branches she may see, by name."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        return [found for found in await branches(session) if me.access.may(Action.SEE, found)]
