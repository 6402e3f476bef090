"""Where something is said of who may come in: a consortium, a controller or a branch; and what lies over and under."""

from dataclasses import dataclass

from server.db import Scope, Session
from server.organisations.service import BranchView, Kind, branch, branches, consortium_of, organisation, organisations
from server.policies.layers import Level
from server.staff.access import Access, Action


@dataclass(frozen=True, slots=True)
class Place:
    """A place with a policy of its own. `controller` is empty for a consortium, `branch` for all but a branch."""

    level: Level
    id: str
    name: str
    consortium: str
    controller: str = ""
    branch: str = ""

    @property
    def scope(self) -> Scope:
        """Whose affair it is."""
        if not self.controller:
            return Scope.of_consortium(self.consortium)
        return Scope.of_controller(self.consortium, self.controller)


def may_decide(access: Access, at: Place) -> bool:
    """Whether a member of staff may change what is said there: for all that is beneath it."""
    if access.may_for_all(Action.POLICY, at.consortium, at.controller):
        return True
    return access.may_for_all(Action.POLICY, at.consortium, at.controller, at.branch)


async def place(session: Session, place_id: str) -> Place | None:
    """The place with this id, or None if there is none where policies are decided."""
    view = await branch(session, place_id)
    if view is not None:
        return of_branch(view)
    body = await organisation(session, place_id)
    if body is None or body.kind is Kind.GROUP:
        return None
    if body.kind is Kind.CONSORTIUM:
        return Place(Level.CONSORTIUM, body.id, body.name, body.id)
    try:
        consortium = await consortium_of(session, body.id)
    except ValueError:
        return None
    return Place(Level.MUNICIPALITY, body.id, body.name, consortium, body.id)


async def places_over(session: Session, at: BranchView) -> list[Place]:
    """The levels whose word counts at a branch, the widest first, the branch itself last."""
    names = {view.id: view.name for view in await organisations(session)}
    return [
        Place(Level.CONSORTIUM, at.consortium, names.get(at.consortium, at.consortium), at.consortium),
        Place(Level.MUNICIPALITY, at.controller, names.get(at.controller, at.controller), at.consortium, at.controller),
        of_branch(at),
    ]


async def above(session: Session, at: Place) -> list[Place]:
    """The levels over a place, the widest first."""
    if at.level is Level.CONSORTIUM:
        return []
    names = {view.id: view.name for view in await organisations(session)}
    own = Place(Level.CONSORTIUM, at.consortium, names.get(at.consortium, at.consortium), at.consortium)
    if at.level is Level.MUNICIPALITY:
        return [own]
    name = names.get(at.controller, at.controller)
    return [own, Place(Level.MUNICIPALITY, at.controller, name, at.consortium, at.controller)]


async def branches_under(session: Session, at: Place) -> list[BranchView]:
    """The branches for which something is said there, by name."""
    async with session.within(Scope.of_consortium(at.consortium)):
        return [view for view in await branches(session) if at.id in (view.consortium, view.controller, view.id)]


def of_branch(view: BranchView) -> Place:
    """A branch as a place."""
    return Place(Level.BRANCH, view.id, view.name, view.consortium, view.controller, view.id)
