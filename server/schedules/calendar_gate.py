"""Who may decide hours at the place a page is about: a branch, a municipality, a group or a consortium."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from server.organisations.service import BranchView
from server.schedules.targets import Target, may_decide, target, targets_for
from server.staff.access import Action
from server.staff.service import SignedIn
from server.web.gate import ALL_BRANCHES, NotAllowed, NotFound, Staff, visible_branches
from server.web.parts import Parts, StaffParts


@dataclass(frozen=True, slots=True)
class AtTarget:
    """A member of staff at a place where she may decide hours."""

    me: SignedIn
    place: Target


async def at_place(me: Staff, parts: Parts, target: str) -> AtTarget:
    """A dependency: the place in the address, if she may decide there. NotFound where she sees none of its branches."""
    return AtTarget(me, await decidable(parts, me, target))


AtPlace = Annotated[AtTarget, Depends(at_place)]


async def decidable(parts: StaffParts, me: SignedIn, target_id: str) -> Target:
    """The place, if she may decide there. NotFound where there is none, or where she sees nothing beneath it."""
    found = await place(parts, target_id)
    if found is None:
        raise NotFound
    if not may_decide(me.access, found):
        seen = await visible_branches(parts, me)
        raise NotAllowed if any(target_id in (own.id, own.controller, own.consortium) for own in seen) else NotFound
    return found


async def place(parts: StaffParts, target_id: str) -> Target | None:
    """The place with this id, or None."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        return await target(session, target_id)


async def places(parts: StaffParts, me: SignedIn) -> list[Target]:
    """Where she may decide, the widest first."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        return await targets_for(session, me.access)


async def hours_branches(parts: StaffParts, me: SignedIn) -> list[BranchView]:
    """The branches whose hours she may see to, by name."""
    return [found for found in await visible_branches(parts, me) if me.access.may(Action.HOURS, found)]
