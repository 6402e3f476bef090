"""Where texts are written: a municipality or a consortium; and who may write there."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from server.db import Scope, Session
from server.organisations.service import Kind, branches, organisation
from server.staff.access import Access, Action
from server.staff.service import SignedIn
from server.web.gate import ALL_BRANCHES, NotAllowed, NotFound, Staff
from server.web.parts import Parts


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality or (without `controller`) a consortium, with the branches under its text."""

    id: str
    name: str
    consortium: str
    controller: str | None
    branches: tuple[str, ...]

    @property
    def scope(self) -> Scope:
        """The scope its texts lie in: they are the consortium's in common."""
        return Scope.of_consortium(self.consortium)

    @property
    def concerns(self) -> Scope:
        """Whom a change of its text concerns."""
        if self.controller is None:
            return self.scope
        return Scope.of_controller(self.consortium, self.controller)


async def places_for(session: Session, access: Access, action: Action = Action.TERMS) -> list[Place]:
    """Every place whose text she may write, consortia first, each kind by name. Needs an unscoped session."""
    found: dict[str, Place] = {}
    everywhere = await branches(session)
    for view in everywhere:
        for place_id, controller in ((view.consortium, None), (view.controller, view.controller)):
            if place_id not in found and access.may_for_all(action, view.consortium, controller or ""):
                own = await organisation(session, place_id)
                under = tuple(one.name for one in everywhere if place_id in {one.consortium, one.controller})
                found[place_id] = Place(place_id, own.name if own else place_id, view.consortium, controller, under)
    return sorted(found.values(), key=lambda place: (place.controller is not None, place.name))


@dataclass(frozen=True, slots=True)
class AtTextPlace:
    """A member of staff at a place whose text she may write."""

    me: SignedIn
    place: Place


async def _at_place(me: Staff, parts: Parts, place_id: str) -> AtTextPlace:
    async with parts.database.reading(ALL_BRANCHES) as session:
        allowed = await places_for(session, me.access)
        seen = await places_for(session, me.access, Action.SEE)
        own = await organisation(session, place_id)
    found = next((place for place in allowed if place.id == place_id), None)
    if found is not None:
        return AtTextPlace(me, found)
    is_seen = any(place.id == place_id for place in seen)
    raise NotAllowed if is_seen and own is not None and own.kind is not Kind.GROUP else NotFound


AtPlace = Annotated[AtTextPlace, Depends(_at_place)]
