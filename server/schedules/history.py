"""What became of hours: every change with its author, before and after; and undoing one. Nothing is ever removed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from meroppet.rules.exceptions import Level
from server.audit.service import Data, record
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.models import ScheduleChange
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.targets import Target, target, targets_over
from server.schedules.things import Document, Thing, Value, What, put, read, require_own, standing, take_turn

PAGE = 50
_LARGEST = 2**31 - 1
"""What a database's own numbers go up to; an address may say anything."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change. `before` and `after` are documents; None: the thing was not there, is no more.

    `undoes` is the change it takes back, `undone_by` the one that took it back, `together` the first of several
    changes that were one deed.
    """

    id: int
    at: datetime
    by: str
    target: Target
    what: What
    key: str
    before: Document | None
    after: Document | None
    why: str = ""
    undoes: int | None = None
    undone_by: int | None = None
    together: int | None = None

    @property
    def thing(self) -> Thing:
        """What was changed."""
        return Thing(self.target, self.what, self.key)

    @property
    def was(self) -> Value | None:
        """The value before."""
        return None if self.before is None else self.before.meant()

    @property
    def became(self) -> Value | None:
        """The value after."""
        return None if self.after is None else self.after.meant()


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does what and why: what is said of a change besides the documents. `action` is the audit log's word."""

    by: str
    action: str
    why: str = ""
    undoes: int | None = None
    together: int | None = None
    base: int = 0


async def change_thing(session: Session, thing: Thing, document: Document | None, deed: Deed) -> ChangeView:
    """Put something in place of what stands, say so in the history and the audit log; devices hear of it.

    Take the turn before reading what the decision rests on.
    """
    before = await standing(session, thing)
    row = ScheduleChange(
        consortium_id=thing.at.consortium,
        at=session.now,
        by=deed.by,
        target_id=thing.at.id,
        level=thing.at.level.value,
        what=thing.what.value,
        key=thing.key,
        before=None if before is None else before.document.model_dump_json(),
        after=None if document is None else document.model_dump_json(),
        why=deed.why,
        undoes=deed.undoes,
        together=deed.together,
    )
    session.add(row)
    await session.flush()
    view = _view(row, thing.at)
    await put(session, thing, document, deed.by, revision=view.id, base=deed.base)
    said: Data = {"target": thing.at.name, "id": thing.key, "change": view.id, "why": deed.why}
    await record(session, deed.action, deed.by, thing.at.scope, said, branch=thing.at.branch)
    return view


async def history(
    session: Session, at: BranchView | Target | Sequence[Target], limit: int = PAGE, before: int | None = None
) -> list[ChangeView]:
    """What was changed at a place or several, newest first; of a branch, on every level above it too.

    `before` is the last change of the page before this one.
    """
    known = {place.id: place for place in await _places(session, at)}
    statement = select(ScheduleChange).where(
        col(ScheduleChange.target_id).in_(known),
        col(ScheduleChange.consortium_id).in_({place.consortium for place in known.values()}),
    )
    if before is not None:
        statement = statement.where(col(ScheduleChange.id) < max(0, min(before, _LARGEST)))
    rows = await session.all(statement.order_by(col(ScheduleChange.id).desc()).limit(limit))
    undone = await _undone(session, [row.id for row in rows])
    return [_view(row, known[row.target_id], undone.get(row.id)) for row in rows]


async def _places(session: Session, at: BranchView | Target | Sequence[Target]) -> Sequence[Target]:
    if isinstance(at, BranchView):
        return await targets_over(session, at)
    return [at] if isinstance(at, Target) else at


async def change_of(session: Session, change_id: int) -> ChangeView | None:
    """One change in the session's scope, or None."""
    if not 0 < change_id <= _LARGEST:
        return None
    found = await _changes(session, col(ScheduleChange.id) == change_id)
    return found[0] if found else None


async def undo(session: Session, change_id: int, by: str) -> ChangeView:
    """Put back what was before a change, and before those that were one deed with it; the last of the new changes.

    Raises ScheduleRefusal, with nothing written, if there is no such change, or one of its things has changed since.
    """
    done = await change_of(session, change_id)
    if done is None:
        raise ScheduleRefusal(Refused.UNKNOWN)
    await take_turn(session, done.target.consortium)
    deed = [done] if done.together is None else await _changes(session, col(ScheduleChange.together) == done.together)
    for each in deed:
        now = await standing(session, each.thing)
        if (None if now is None else now.document) != each.after:
            raise ScheduleRefusal(Refused.CHANGED_SINCE)
        if each.before is not None:
            await require_own(session, each.thing)
    return await _undone_all(session, deed, by)


async def _undone_all(session: Session, deed: list[ChangeView], by: str) -> ChangeView:
    first, *later = deed
    view = await _put_back(session, first, by, None)
    together = await begin_together(session, view) if later else None
    for each in later:
        view = await _put_back(session, each, by, together)
    return view


async def _put_back(session: Session, done: ChangeView, by: str, together: int | None) -> ChangeView:
    base = 0
    if done.what is What.DRAFT:
        # The draft that is there knows what it was begun from; one that comes back is as if begun from what is there.
        draft, published = (
            await standing(session, done.thing),
            await standing(session, replace(done.thing, what=What.EXCEPTION)),
        )
        base = draft.base if draft else published.revision if published else 0
    deed = Deed(by, "schedule.undone", undoes=done.id, together=together, base=base)
    return await change_thing(session, done.thing, done.before, deed)


async def begin_together(session: Session, first: ChangeView) -> int:
    """Make a change the first of several that are one deed; the number goes into the others' Deed."""
    same = update(ScheduleChange).where(col(ScheduleChange.id) == first.id)
    await session.execute(same.values(together=first.id))
    return first.id


async def _changes(session: Session, *which: ColumnElement[bool]) -> list[ChangeView]:
    rows = await session.all(select(ScheduleChange).where(*which).order_by(col(ScheduleChange.id)))
    undone = await _undone(session, [row.id for row in rows])
    return [_view(row, await _place(session, row), undone.get(row.id)) for row in rows]


async def _place(session: Session, row: ScheduleChange) -> Target:
    found = await target(session, row.target_id)
    if found is not None:
        return found
    # A branch of another controller, which this session cannot see: its name is not told.
    return Target(Level(row.level), row.target_id, row.target_id, row.consortium_id)


async def _undone(session: Session, ids: Collection[int]) -> dict[int, int]:
    statement = select(col(ScheduleChange.undoes), col(ScheduleChange.id)).where(col(ScheduleChange.undoes).in_(ids))
    pairs: Iterable[tuple[int, int]] = await session.all(statement.order_by(col(ScheduleChange.id)))
    return dict(pairs)


def _view(row: ScheduleChange, at: Target, undone_by: int | None = None) -> ChangeView:
    what = What(row.what)
    return ChangeView(
        id=row.id or 0,
        at=row.at,
        by=row.by,
        target=at,
        what=what,
        key=row.key,
        before=None if row.before is None else read(what, row.before),
        after=None if row.after is None else read(what, row.after),
        why=row.why,
        undoes=row.undoes,
        undone_by=undone_by,
        together=row.together,
    )
