"""Lists of cards at a branch: who may come in while it is shut (staff, cleaning, the members of a group at the
group's own hours), and who is invited to an event.

A card is kept as its digest under the branch's own key and in no other way; what staff know it by is a label.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.exceptions import Event, ExceptionDay
from meroppet.rules.intervals import MINUTES_A_DAY
from meroppet.wire.schedules import ExceptionDocument, ListDocument
from server.audit.service import record
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.patrons.telling import ready_branch
from server.policies.service import policy_of
from server.replication.service import publish
from server.schedules.exceptions import exceptions_over
from server.schedules.models import ListedCard, ScheduleExceptionRow
from server.schedules.refusals import Refused, ScheduleRefusal

GROUP = "group:"
"""How the key of a group's list begins."""
STAFF = "staff"
"""The list of those who may come in during maintenance and emergencies, and who the first person in is."""


@dataclass(frozen=True, slots=True)
class CardView:
    """A card on a list: what staff call it, who put it there when, and until when an invitation holds."""

    subject: str
    label: str
    by: str
    at: datetime
    until: date | None


async def put_card(
    session: Session, keys: KeyRing, branch: BranchView, key: str, card: CardNumber, label: str, by: str
) -> CardView:
    """Put a card on a list: STAFF, a group's, or the id of an exception whose event asks for invitations.

    The branch's devices know within a second of the commit. Raises ScheduleRefusal (UNKNOWN) where no such group or
    exception holds at the branch.
    """
    lasting = key == STAFF or key in await group_lists(session, branch.id)
    until = None if lasting else await _invited_until(session, branch, key)
    subject = (await ready_branch(session, keys, branch)).subject(card)
    await session.execute(delete(ListedCard).where(*_on(branch, key), col(ListedCard.subject) == subject))
    row = ListedCard(
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        branch_id=branch.id,
        key=key,
        subject=subject,
        label=label,
        by=by,
        at=session.now,
        until=until,
    )
    session.add(row)
    await session.flush()
    await _tell(session, branch, key)
    await record(session, "schedule.list.added", by, branch.scope, {"list": key, "label": label}, branch=branch.id)
    return _view(row)


async def remove_card(session: Session, branch: BranchView, key: str, subject: str, by: str) -> bool:
    """Take a card off a list; False if it was not there."""
    found = await session.scalar(select(ListedCard).where(*_on(branch, key), col(ListedCard.subject) == subject))
    if found is None:
        return False
    label = found.label
    await session.delete(found)
    await session.flush()
    await _tell(session, branch, key)
    await record(session, "schedule.list.removed", by, branch.scope, {"list": key, "label": label}, branch=branch.id)
    return True


async def group_lists(session: Session, branch_id: str) -> dict[str, str]:
    """The lists of the groups that have hours of their own at a branch, each with the group's name."""
    view = await policy_of(session, branch_id)
    groups = view.policy.group_hours if view else ()
    return {f"{GROUP}{group.list_key}": group.name for group in groups}


async def cards_on(session: Session, branch: BranchView, key: str) -> list[CardView]:
    """The cards on a list, by label."""
    return [
        _view(row)
        for row in await session.all(select(ListedCard).where(*_on(branch, key)).order_by(col(ListedCard.label)))
    ]


async def rename_cards(session: Session, branch: BranchView, subjects: Mapping[str, str]) -> int:
    """Follow cards of the branch's lists that have another number now, old digest to new; how many entries."""
    rows = await session.all(select(ListedCard).where(col(ListedCard.branch_id) == branch.id))
    entries = {(row.key, row.subject): row for row in rows}
    moved = [row for row in rows if row.subject in subjects]
    keys = {row.key for row in moved}
    for row in moved:
        wanted = subjects[row.subject]
        if (row.key, wanted) in entries:
            await session.delete(row)
        else:
            row.subject = wanted
    await session.flush()
    for key in sorted(keys):
        await _tell(session, branch, key)
    return len(moved)


async def forget_all(session: Session, branch: BranchView) -> int:
    """Empty the lists of a branch that gets another key: digests under the old one name nobody. How many cards."""
    rows = await session.all(select(ListedCard).where(col(ListedCard.branch_id) == branch.id))
    for row in rows:
        await session.delete(row)
    for key in {row.key for row in rows}:
        publish(session, branch.consortium, audience=branch.id, kind="listed", key=key, value=None)
    return len(rows)


async def purge(session: Session, now: datetime) -> int:
    """Remove the guests of events that were over yesterday, and of groups that are no more, on devices too; how many.

    Needs an unscoped session.
    """
    gone = await _purge_groups(session)
    yesterday = (now - _LATEST_ZONE).date() - timedelta(days=1)
    for consortium, branch, key, until in await session.all(_INVITING):
        last = await _last_day(session, consortium, key) or until
        if last <= yesterday:
            here = (col(ListedCard.branch_id) == branch, col(ListedCard.key) == key)
            gone += int(await session.scalar(select(func.count()).select_from(ListedCard).where(*here)) or 0)
            await session.execute(delete(ListedCard).where(*here))
            publish(session, consortium, audience=branch, kind="listed", key=key, value=None)
    return gone


async def _purge_groups(session: Session) -> int:
    """Remove the members of groups that no branch's policy names any more."""
    grouped = select(col(ListedCard.consortium_id), col(ListedCard.branch_id), col(ListedCard.key)).distinct()
    gone = 0
    for consortium, branch, key in await session.all(grouped.where(col(ListedCard.key).startswith(GROUP))):
        if key in await group_lists(session, branch):
            continue
        here = (col(ListedCard.branch_id) == branch, col(ListedCard.key) == key)
        gone += len(await session.all(select(col(ListedCard.subject)).where(*here)))
        await session.execute(delete(ListedCard).where(*here))
        publish(session, consortium, audience=branch, kind="listed", key=key, value=None)
    return gone


_INVITING = (
    select(
        col(ListedCard.consortium_id), col(ListedCard.branch_id), col(ListedCard.key), func.max(col(ListedCard.until))
    )
    .where(col(ListedCard.until).is_not(None))
    .group_by(col(ListedCard.consortium_id), col(ListedCard.branch_id), col(ListedCard.key))
)
_LATEST_ZONE = timedelta(hours=12)
"""Where it is yesterday for longest."""


async def _last_day(session: Session, consortium: str, key: str) -> date | None:
    """The local day on which the last of an exception's hours end; None if there is none with this id (any more)."""
    statement = select(col(ScheduleExceptionRow.document)).where(
        col(ScheduleExceptionRow.consortium_id) == consortium, col(ScheduleExceptionRow.id) == key
    )
    days = [
        days
        for text in await session.all(statement)
        for days in ExceptionDocument.model_validate_json(text).meant().days
    ]
    return max((own.last + timedelta(days=own.last < date.max and _is_late(own)) for own in days), default=None)


def _is_late(days: ExceptionDay) -> bool:
    return any(isinstance(content, Event) and content.window.end > MINUTES_A_DAY for content in days.contents)


async def _invited_until(session: Session, branch: BranchView, key: str) -> date:
    if key not in {found.id for found in await exceptions_over(session, branch, drafts=True)}:
        raise ScheduleRefusal(Refused.UNKNOWN)
    last = await _last_day(session, branch.consortium, key)
    if last is None:
        raise ScheduleRefusal(Refused.UNKNOWN)
    return last


async def _tell(session: Session, branch: BranchView, key: str) -> None:
    subjects = await session.all(
        select(col(ListedCard.subject)).where(*_on(branch, key)).order_by(col(ListedCard.subject))
    )
    value = ListDocument(subjects=tuple(subjects)) if subjects else None
    publish(session, branch.consortium, audience=branch.id, kind="listed", key=key, value=value)


def _on(branch: BranchView, key: str) -> tuple[ColumnElement[bool], ...]:
    return col(ListedCard.branch_id) == branch.id, col(ListedCard.key) == key


def _view(row: ListedCard) -> CardView:
    return CardView(row.subject, row.label, row.by, row.at, row.until)
