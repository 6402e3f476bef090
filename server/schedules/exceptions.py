"""Deciding, amending and removing exceptions on any level, as drafts first where staff want to look at them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.exceptions import ScheduleException
from meroppet.wire.schedule_convert import exception_to_wire, in_order
from meroppet.wire.schedules import ExceptionDocument
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.history import ChangeView, Deed, begin_together, change_thing
from server.schedules.holidays import ensure_holidays
from server.schedules.models import ScheduleExceptionRow
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.targets import Target, targets_over
from server.schedules.things import Thing, What, require_own, standing, take_turn


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """An exception, where it was decided, and who wrote it when. A draft holds for no door."""

    exception: ScheduleException
    target: Target
    by: str
    at: datetime
    is_draft: bool
    revision: int
    base: int = 0
    """Of a draft: the revision of the published one it was begun from, 0 if there was none."""

    @property
    def id(self) -> str:
        """The exception's id."""
        return self.exception.id


def new_id() -> str:
    """An id nobody has."""
    return secrets.token_hex(6)


async def put_exception(
    session: Session,
    at: Target,
    exception: ScheduleException,
    by: str,
    *,
    draft: bool = False,
    revision: int | None = None,
    why: str = "",
    action: str = "",
) -> ChangeView:
    """Decide an exception at a target, in place of the one with its id there; its level is the target's.

    `revision` is that of the exception (or draft) she had before her, 0 for a new one, None if it does not matter.
    Raises ScheduleRefusal (TAKEN, STALE) with nothing written.
    """
    await ensure_holidays(session, at.consortium)
    await take_turn(session, at.consortium)
    thing = Thing(at, What.DRAFT if draft else What.EXCEPTION, exception.id)
    await require_own(session, thing)
    before = await standing(session, thing)
    seen = before.revision if before else 0
    if revision is not None and revision != seen:
        raise ScheduleRefusal(Refused.STALE)
    published = await standing(session, replace(thing, what=What.EXCEPTION)) if draft and before is None else None
    base = before.base if before else published.revision if published else 0
    document = await _document(session, at, exception)
    return await change_thing(session, thing, document, Deed(by, action or _ACTIONS[thing.what], why, base=base))


_ACTIONS = {What.DRAFT: "schedule.draft.saved", What.EXCEPTION: "schedule.exception.set"}


async def _document(session: Session, at: Target, exception: ScheduleException) -> ExceptionDocument:
    # Of two on one level the one decided later wins, so every exception needs to know when it was decided.
    published = await standing(session, Thing(at, What.EXCEPTION, exception.id))
    before = published.document if published else None
    known = before.decided_at if isinstance(before, ExceptionDocument) else None
    decided = exception.decided_at or known or session.now
    return exception_to_wire(replace(exception, level=at.level, decided_at=decided))


async def remove_exception(
    session: Session, at: Target, key: str, by: str, *, revision: int | None = None, why: str = ""
) -> ChangeView:
    """Take an exception back; its draft, if there is one, stays. Raises ScheduleRefusal (UNKNOWN, STALE)."""
    return await _remove(session, Thing(at, What.EXCEPTION, key), Deed(by, "schedule.exception.removed", why), revision)


async def discard_draft(session: Session, at: Target, key: str, by: str) -> ChangeView:
    """Throw a draft away; what is published stays. Raises ScheduleRefusal (UNKNOWN)."""
    return await _remove(session, Thing(at, What.DRAFT, key), Deed(by, "schedule.draft.discarded"), None)


async def _remove(session: Session, thing: Thing, deed: Deed, revision: int | None) -> ChangeView:
    await take_turn(session, thing.at.consortium)
    before = await standing(session, thing)
    if before is None:
        raise ScheduleRefusal(Refused.UNKNOWN)
    if revision is not None and revision != before.revision:
        raise ScheduleRefusal(Refused.STALE)
    return await change_thing(session, thing, None, deed)


async def publish_draft(
    session: Session, at: Target, key: str, by: str, *, why: str = "", revision: int | None = None
) -> ChangeView:
    """Let a draft hold, in place of the published exception of its id. Undoing this gives the draft back too.

    Raises ScheduleRefusal: UNKNOWN without a draft, STALE where the draft is not the one she had before her
    (`revision`), or where the published exception has changed since the draft was begun.
    """
    await ensure_holidays(session, at.consortium)
    await take_turn(session, at.consortium)
    thing, beneath = Thing(at, What.DRAFT, key), Thing(at, What.EXCEPTION, key)
    draft, published = await standing(session, thing), await standing(session, beneath)
    if draft is None:
        raise ScheduleRefusal(Refused.UNKNOWN)
    if revision not in {None, draft.revision} or draft.base != (published.revision if published else 0):
        raise ScheduleRefusal(Refused.STALE)
    first = await change_thing(session, beneath, draft.document, Deed(by, "schedule.exception.set", why))
    together = await begin_together(session, first)
    await change_thing(session, thing, None, Deed(by, "schedule.draft.published", together=together))
    return replace(first, together=together)


async def exceptions_at(session: Session, at: Target, *, drafts: bool = False) -> list[ExceptionView]:
    """What was decided at one target, in the order in which it holds; with `drafts`, those too, each after its own."""
    return await exceptions_of(session, [at], drafts=drafts)


async def exceptions_over(session: Session, branch: BranchView, *, drafts: bool = False) -> list[ExceptionView]:
    """What was decided on every level and holds at a branch; with `drafts`, those too."""
    return await exceptions_of(session, await targets_over(session, branch), drafts=drafts)


async def exceptions_of(session: Session, places: Sequence[Target], *, drafts: bool = False) -> list[ExceptionView]:
    """What was decided at some targets, of one consortium or several, in the order in which it holds."""
    known = {place.id: place for place in places}
    statement = select(ScheduleExceptionRow).where(
        col(ScheduleExceptionRow.consortium_id).in_({place.consortium for place in places}),
        col(ScheduleExceptionRow.target_id).in_(known),
    )
    if not drafts:
        statement = statement.where(col(ScheduleExceptionRow.is_draft).is_(False))
    rows = await session.all(statement.order_by(col(ScheduleExceptionRow.is_draft)))
    views = [_view(row, known[row.target_id]) for row in rows]
    place = {id(exception): number for number, exception in enumerate(in_order(view.exception for view in views))}
    return sorted(views, key=lambda view: place[id(view.exception)])


def _view(row: ScheduleExceptionRow, at: Target) -> ExceptionView:
    exception = ExceptionDocument.model_validate_json(row.document).meant()
    return ExceptionView(exception, at, row.by, row.at, row.is_draft, row.revision, row.base)
