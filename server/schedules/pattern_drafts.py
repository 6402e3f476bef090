"""A branch's pattern as somebody is about to make it; one draft a branch, and no door hears of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import col

from meroppet.rules.schedule import Schedule
from meroppet.wire.schedule_convert import pattern_to_wire
from meroppet.wire.schedules import PatternDocument
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.models import PatternDraft
from server.schedules.things import newest_version


@dataclass(frozen=True, slots=True)
class PatternDraftView:
    """The pattern as it is drafted, by whom and when; `base` is the version it was begun from, 0 if there was none."""

    schedule: Schedule
    by: str
    at: datetime
    base: int


async def put_pattern_draft(session: Session, branch: BranchView, schedule: Schedule, by: str) -> PatternDraftView:
    """Keep this as the branch's draft, in place of the one there is; that one's base stays."""
    before = await pattern_draft(session, branch)
    newest = await newest_version(session, branch.id)
    base = before.base if before else newest.version if newest else 0
    await discard_pattern_draft(session, branch)
    document = pattern_to_wire(schedule)
    row = PatternDraft(
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        branch_id=branch.id,
        document=document.model_dump_json(),
        base=base,
        by=by,
        at=session.now,
    )
    session.add(row)
    await session.flush()
    session.wake(f"branch:{branch.id}")
    return PatternDraftView(document.meant(), by, row.at, base)


async def pattern_draft(session: Session, branch: BranchView) -> PatternDraftView | None:
    """The branch's draft, or None. Saving it is `set_pattern` with `version=base`, then discarding it."""
    row = await session.scalar(select(PatternDraft).where(col(PatternDraft.branch_id) == branch.id))
    if row is None:
        return None
    return PatternDraftView(PatternDocument.model_validate_json(row.document).meant(), row.by, row.at, row.base)


async def discard_pattern_draft(session: Session, branch: BranchView) -> None:
    """No draft any more, if there was one."""
    await session.execute(delete(PatternDraft).where(col(PatternDraft.branch_id) == branch.id))
    session.wake(f"branch:{branch.id}")
