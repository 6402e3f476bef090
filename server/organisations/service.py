"""Adding and finding organisations and branches; what devices are told of a branch goes out from here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, BindParameter, ColumnElement, Date, String, bindparam, literal, or_, select
from sqlmodel import col

from meroppet.wire.changes import BranchDocument
from server.db import Scope, Session
from server.organisations.models import Branch, Membership, Organisation
from server.replication.service import publish

ALWAYS = date(1900, 1, 1)
"""For memberships whose beginning nobody asks about."""
_HIGHEST = 8
"""So many steps up from an organisation are followed; a circle is left."""


class Kind(StrEnum):
    """What an organisation is."""

    CONSORTIUM = "consortium"
    GROUP = "group"
    MUNICIPALITY = "municipality"
    REGION = "region"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation as others see it."""

    id: str
    kind: Kind
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class BranchView:
    """A branch as others see it."""

    id: str
    name: str
    consortium: str
    controller: str
    zone: str
    help_number: str
    live_from: date
    accent: str

    @property
    def scope(self) -> Scope:
        """The scope in which this branch's affairs are done."""
        return Scope.of_controller(self.consortium, self.controller)

    @property
    def wall(self) -> ZoneInfo:
        """The zone of the branch's wall clock."""
        return ZoneInfo(self.zone)


async def add_organisation(
    session: Session,
    organisation_id: str,
    kind: str,
    name: str,
    code: str = "",
    parents: Iterable[str] = (),
    *,
    since: date = ALWAYS,
) -> OrganisationView:
    """A new organisation, member of its parents from a day on. Raises ValueError for a taken id."""
    await _require_free(session, organisation_id)
    session.add(Organisation(id=organisation_id, kind=Kind(kind).value, name=name, code=code))
    await session.flush()
    for parent in parents:
        session.add(Membership(member_id=organisation_id, parent_id=parent, since=since))
    await session.flush()
    return OrganisationView(organisation_id, Kind(kind), name, code)


async def add_branch(
    session: Session,
    branch_id: str,
    name: str,
    controller: str,
    zone: str,
    help_number: str,
    live_from: date,
    *,
    accent: str = "",
) -> BranchView:
    """A new branch of its controller's consortium. Raises ValueError for a taken id, an unknown zone or controller."""
    ZoneInfo(zone)
    await _require_free(session, branch_id)
    consortium = await consortium_of(session, controller)
    branch = Branch(
        id=branch_id,
        consortium_id=consortium,
        controller_id=controller,
        name=name,
        zone=zone,
        help_number=help_number,
        live_from=live_from,
        accent=accent,
    )
    session.add(branch)
    await session.flush()
    view = _view(branch)
    publish(session, consortium, audience=view.id, kind="branch", value=await branch_document(session, view))
    return view


async def branches(session: Session) -> list[BranchView]:
    """The branches in the session's scope, by name."""
    return [_view(row) for row in await session.all(select(Branch).order_by(col(Branch.name)))]


async def branch(session: Session, branch_id: str) -> BranchView | None:
    """The branch, or None if there is none in the session's scope."""
    row = await session.scalar(select(Branch).where(col(Branch.id) == branch_id))
    return None if row is None else _view(row)


async def organisations(session: Session, kind: Kind | None = None) -> list[OrganisationView]:
    """All organisations, or those of one kind, by name."""
    statement = select(Organisation).order_by(col(Organisation.name))
    if kind is not None:
        statement = statement.where(col(Organisation.kind) == kind.value)
    return [_organisation(row) for row in await session.all(statement)]


async def organisation(session: Session, organisation_id: str) -> OrganisationView | None:
    """The organisation, or None."""
    row = await session.scalar(select(Organisation).where(col(Organisation.id) == organisation_id))
    return None if row is None else _organisation(row)


async def parents(session: Session, organisation_id: str, on: date | None = None) -> list[OrganisationView]:
    """Everything an organisation belongs to on a day (today), near and far, each once, nearest first."""
    rows = (await session.execute(_ABOVE, _below(organisation_id, on or session.now.date()))).scalars()
    # Nearest first: whatever is reached by several ways, or stands above itself, counts where it was met first.
    return list({row.id: _organisation(row) for row in rows if row.id != organisation_id}.values())


async def chains(session: Session, on: date | None = None) -> dict[str, tuple[OrganisationView, ...]]:
    """What `parents` says of every organisation, in two queries: for whoever asks about many."""
    day = on or session.now.date()
    known = {view.id: view for view in await organisations(session)}
    statement = select(col(Membership.member_id), col(Membership.parent_id)).where(*_on(day))
    above: dict[str, list[str]] = {}
    for member, parent in await session.all(statement.order_by(col(Membership.parent_id))):
        above.setdefault(member, []).append(parent)
    return {one: tuple(known[each] for each in _upwards(one, above)) for one in known}


def _upwards(member: str, above: dict[str, list[str]]) -> list[str]:
    found: dict[str, None] = {}
    nearest = [member]
    while nearest:
        parents_of = {parent: None for one in nearest for parent in above.get(one, ())}
        nearest = sorted(parent for parent in parents_of if parent not in found and parent != member)
        found.update(dict.fromkeys(nearest))
    return list(found)


async def consortium_of(session: Session, organisation_id: str) -> str:
    """The consortium an organisation belongs to today; itself if it is one. Raises ValueError if there is none."""
    own = await organisation(session, organisation_id)
    if own is None:
        raise ValueError(f"no organisation '{organisation_id}'")
    chain = [own, *await parents(session, organisation_id)]
    found = next((view.id for view in chain if view.kind is Kind.CONSORTIUM), None)
    if found is None:
        raise ValueError(f"'{organisation_id}' belongs to no consortium today; add a membership first")
    return found


async def audiences(session: Session, branch_id: str, controller: str) -> tuple[str, ...]:
    """Whose changes a device of the branch hears: the branch, its controller and all that belongs to, by id."""
    found = (await session.execute(_ABOVE_IDS, _below(controller, session.now.date()))).scalars()
    return tuple(dict.fromkeys((branch_id, controller, *found)))


def _on(day: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    return col(Membership.since) <= day, or_(col(Membership.until).is_(None), col(Membership.until) >= day)


def _below(organisation_id: str, day: date) -> dict[str, object]:
    return {"below": organisation_id, "day": day}


def _chain() -> CTE:
    """Everything above an organisation, and in how many steps: devices ask it with every request."""
    own = bindparam("below", type_=String)
    chain = select(own.label("id"), literal(0).label("steps")).cte("above", recursive=True)
    further = (
        select(col(Membership.parent_id), chain.c.steps + 1)
        .join(chain, col(Membership.member_id) == chain.c.id)
        .where(chain.c.steps < _HIGHEST, *_on(bindparam("day", type_=Date)))
    )
    return chain.union(further)


# Built once: building them takes longer than asking them.
_IN_CHAIN = _chain()
_ABOVE = (
    select(Organisation)
    .join(_IN_CHAIN, col(Organisation.id) == _IN_CHAIN.c.id)
    .order_by(_IN_CHAIN.c.steps, col(Organisation.id))
)
_ABOVE_IDS = select(_IN_CHAIN.c.id).order_by(_IN_CHAIN.c.steps, _IN_CHAIN.c.id)


async def _require_free(session: Session, name: str) -> None:
    # Changes are addressed by these ids, so a branch must not be mistaken for the municipality of the same name.
    taken = await session.scalar(select(col(Organisation.id)).where(col(Organisation.id) == name))
    async with session.within(_everybody()):
        taken = taken or await session.scalar(select(col(Branch.id)).where(col(Branch.id) == name))
    if taken is not None:
        raise ValueError(f"'{name}' is taken; branches and organisations share one list of names")


def _everybody() -> Scope:
    return Scope(why="ids are unique over all consortia")


def _view(row: Branch) -> BranchView:
    return BranchView(
        row.id, row.name, row.consortium_id, row.controller_id, row.zone, row.help_number, row.live_from, row.accent
    )


async def branch_document(session: Session, view: BranchView) -> BranchDocument:
    """What devices tell their surroundings of the branch: controller and consortium by the names people use."""
    known = {found.id: found.name for found in await organisations(session)}
    return BranchDocument(
        id=view.id,
        name=view.name,
        controller=known[view.controller],
        consortium=known[view.consortium],
        zone=view.zone,
        help_number=view.help_number,
        accent=view.accent,
    )


def _organisation(row: Organisation) -> OrganisationView:
    return OrganisationView(row.id, Kind(row.kind), row.name, row.code)
