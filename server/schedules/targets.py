"""Where hours are decided: a consortium, a group, a controller or a branch; and who may decide there."""

from dataclasses import dataclass

from meroppet.rules.exceptions import Level
from server.db import Scope, Session
from server.organisations.service import (
    BranchView,
    Kind,
    OrganisationView,
    branch,
    branches,
    chains,
    consortium_of,
    organisation,
    parents,
)
from server.staff.access import Access, Action

_RANKS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Target:
    """A place where hours are decided; what is decided there is heard under its id.

    `controller` is None for a consortium and a group.
    """

    level: Level
    id: str
    name: str
    consortium: str
    controller: str | None = None

    @property
    def scope(self) -> Scope:
        """The scope in which decisions for it are made."""
        if self.controller is None:
            return Scope.of_consortium(self.consortium)
        return Scope.of_controller(self.consortium, self.controller)

    @property
    def branch(self) -> str | None:
        """The branch's id, if it is one."""
        return self.id if self.level is Level.BRANCH else None


def may_decide(access: Access, at: Target) -> bool:
    """Whether a member of staff may decide hours there: for all that is beneath it."""
    return access.may_for_all(Action.HOURS, at.consortium, at.controller or "", at.branch or "")


async def targets_for(session: Session, access: Access) -> list[Target]:
    """Everywhere in the session's scope she may decide, the widest first, each level by name."""
    above = await chains(session)
    known = {view.id: view for above_one in above.values() for view in above_one}
    found: dict[str, Target] = {}
    for view in await branches(session):
        controller = known.get(view.controller) or await organisation(session, view.controller)
        if controller is not None:
            found |= {own.id: own for own in _chain(view, controller, above[view.controller])}
    allowed = [own for own in found.values() if may_decide(access, own)]
    return sorted(allowed, key=lambda own: (_RANKS.index(own.level), own.name))


async def target(session: Session, target_id: str) -> Target | None:
    """The place with this id, or None if there is none where hours are decided."""
    view = await branch(session, target_id)
    if view is not None:
        return of_branch(view)
    body = await organisation(session, target_id)
    if body is None:
        return None
    if body.kind is Kind.CONSORTIUM:
        return Target(Level.CONSORTIUM, body.id, body.name, body.id)
    try:
        consortium = session.scope.consortium or await consortium_of(session, body.id)
    except ValueError:
        return None
    if body.kind is Kind.GROUP:
        return Target(Level.GROUP, body.id, body.name, consortium)
    return Target(Level.MUNICIPALITY, body.id, body.name, consortium, body.id)


async def targets_over(session: Session, at: BranchView) -> list[Target]:
    """Everywhere something can be decided that holds at a branch, the widest first, the branch itself last."""
    controller = await organisation(session, at.controller)
    if controller is None:
        return [of_branch(at)]
    return list(_chain(at, controller, await parents(session, at.controller)))


async def branches_under(session: Session, at: Target) -> list[BranchView]:
    """The branches for which something is decided there, by name."""
    async with session.within(Scope.of_consortium(at.consortium)):
        everywhere = await branches(session)
        if at.level is not Level.GROUP:
            return [view for view in everywhere if at.id in (view.consortium, view.controller, view.id)]
        above = await chains(session)
    return [view for view in everywhere if any(own.id == at.id for own in above[view.controller])]


def of_branch(view: BranchView) -> Target:
    """A branch as a place where hours are decided."""
    return Target(Level.BRANCH, view.id, view.name, view.consortium, view.controller)


def _chain(
    view: BranchView, controller: OrganisationView, above: list[OrganisationView] | tuple[OrganisationView, ...]
) -> list[Target]:
    wide = [
        Target(Level(own.kind.value), own.id, own.name, view.consortium)
        for own in above
        if own.kind is Kind.GROUP or own.id == view.consortium
    ]
    wide.sort(key=lambda own: (_RANKS.index(own.level), own.id))
    return [
        *wide,
        Target(Level.MUNICIPALITY, controller.id, controller.name, view.consortium, controller.id),
        of_branch(view),
    ]
