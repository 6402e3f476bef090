"""Reading what a branch's hours are, put together from every level, and setting what the branch itself says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from meroppet.rules.exceptions import ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.schedule import Schedule
from meroppet.wire.schedule_convert import holidays_from_wire, in_order, pattern_to_wire, schedule_from_wire
from meroppet.wire.schedules import ExceptionDocument, HolidaysDocument, OrderDocument, PatternDocument
from server.db import Session
from server.organisations.service import BranchView, branch, chains, parents
from server.schedules.history import ChangeView, Deed, change_thing
from server.schedules.holidays import COUNTRY, document_for, ensure_holidays, holidays_of
from server.schedules.models import ScheduleExceptionRow, ScheduleHolidays, ScheduleOrderRow, ScheduleVersion
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.targets import of_branch
from server.schedules.things import NOTHING, Thing, What, newest_version, standing, take_turn


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A branch's hours with everything that is decided for it, and who last said its pattern when."""

    hours: Hours
    version: int
    by: str
    at: datetime
    change: ChangeView | None = None
    """Just after setting: the change, which can be undone."""

    @property
    def schedule(self) -> Schedule:
        """The hours as they are written down."""
        return self.hours.schedule


async def set_pattern(
    session: Session, at: BranchView, schedule: Schedule, by: str, *, version: int | None = None, why: str = ""
) -> ScheduleView:
    """A new version of what the branch itself says; exceptions, orders and holidays in `schedule` are not looked at.

    `version` is the one she had before her, 0 if there was none, None if it does not matter. Its devices have the new
    one within a second of the commit. Raises ScheduleRefusal (STALE) with nothing written.
    """
    await ensure_holidays(session, at.consortium)
    await take_turn(session, at.consortium)
    thing = Thing(of_branch(at), What.PATTERN)
    if version is not None:
        before = await standing(session, thing)
        if version != (before.revision if before else 0):
            raise ScheduleRefusal(Refused.STALE)
    change = await change_thing(session, thing, pattern_to_wire(schedule), Deed(by, "schedule.pattern.set", why))
    view = await _of(session, at)
    if view is None:
        raise LookupError(f"branch {at.id} is outside the session's scope")
    return replace(view, change=change)


async def schedule_of(session: Session, branch_id: str) -> ScheduleView | None:
    """The branch's hours, or None: then it is closed."""
    view = await branch(session, branch_id)
    return None if view is None else await _of(session, view)


async def nothing_yet(session: Session, at: BranchView) -> Schedule:
    """What is known of a branch before it has hours: which days are holidays, or will be with its first hours."""
    document = await holidays_of(session, at.consortium) or document_for(COUNTRY, session.now.date())
    return Schedule(at.zone, holidays=holidays_from_wire(document), known_until=document.known_until)


async def _of(session: Session, view: BranchView) -> ScheduleView | None:
    newest = await newest_version(session, view.id)
    if newest is None or newest.document == NOTHING:
        return None
    above = [own.id for own in await parents(session, view.controller)]
    said = await _said(session, [view.consortium], [view.id, view.controller, *above])
    return ScheduleView(Hours(said.schedule(newest, view, above)), newest.version, newest.by, newest.at)


async def hours_of_many(session: Session, many: Sequence[BranchView]) -> dict[str, Hours]:
    """The hours of each branch that has any, in a few queries however many branches there are."""
    if not many:
        return {}
    above = {one: [own.id for own in chain] for one, chain in (await chains(session)).items()}
    heard = {place for view in many for place in (view.id, view.controller, *above[view.controller])}
    said = await _said(session, {view.consortium for view in many}, heard)
    newest = await _newest(session, [view.id for view in many])
    return {
        view.id: Hours(said.schedule(newest[view.id], view, above[view.controller]))
        for view in many
        if view.id in newest and newest[view.id].document != NOTHING
    }


async def _newest(session: Session, ids: Sequence[str]) -> dict[str, ScheduleVersion]:
    last = (
        select(col(ScheduleVersion.branch_id).label("branch"), func.max(col(ScheduleVersion.version)).label("last"))
        .where(col(ScheduleVersion.branch_id).in_(ids))
        .group_by(col(ScheduleVersion.branch_id))
        .subquery()
    )
    statement = select(ScheduleVersion).join(
        last, (last.c.branch == col(ScheduleVersion.branch_id)) & (last.c.last == col(ScheduleVersion.version))
    )
    return {row.branch_id: row for row in await session.all(statement)}


@dataclass(frozen=True, slots=True)
class _Said:
    """What was decided at some places, by consortium and place; each document is read once."""

    holidays: dict[str, HolidaysDocument]
    exceptions: dict[tuple[str, str], list[ExceptionDocument]]
    orders: dict[tuple[str, str], list[OrderDocument]]

    def schedule(self, newest: ScheduleVersion, view: BranchView, above: Iterable[str]) -> Schedule:
        """What all this comes to at one branch."""
        places = [(view.consortium, place) for place in dict.fromkeys((view.id, view.controller, *above))]
        return schedule_from_wire(
            PatternDocument.model_validate_json(newest.document),
            self.holidays.get(view.consortium),
            (document for place in places for document in self.exceptions.get(place, ())),
            (document for place in places for document in self.orders.get(place, ())),
        )


async def _said(session: Session, consortia: Iterable[str], heard: Iterable[str]) -> _Said:
    said, consortia, heard = _Said({}, {}, {}), list(consortia), list(heard)
    holidays = select(ScheduleHolidays).where(col(ScheduleHolidays.consortium_id).in_(consortia))
    for row in await session.all(holidays):
        said.holidays[row.consortium_id] = HolidaysDocument.model_validate_json(row.document)
    exceptions = select(ScheduleExceptionRow).where(
        col(ScheduleExceptionRow.consortium_id).in_(consortia),
        col(ScheduleExceptionRow.target_id).in_(heard),
        col(ScheduleExceptionRow.is_draft).is_(False),
    )
    for row in await session.all(exceptions):
        own = said.exceptions.setdefault((row.consortium_id, row.target_id), [])
        own.append(ExceptionDocument.model_validate_json(row.document))
    orders = select(ScheduleOrderRow).where(
        col(ScheduleOrderRow.consortium_id).in_(consortia), col(ScheduleOrderRow.target_id).in_(heard)
    )
    for row in await session.all(orders):
        given = said.orders.setdefault((row.consortium_id, row.target_id), [])
        given.append(OrderDocument.model_validate_json(row.document))
    return said


def as_if(schedule: Schedule, exception: ScheduleException, *, without: bool = False) -> Schedule:
    """The schedule as it would be with an exception decided (in place of the one with its id), or `without` it."""
    others = [own for own in schedule.exceptions if (own.level, own.id) != (exception.level, exception.id)]
    return replace(schedule, exceptions=in_order(others if without else [*others, exception]))
