"""Handing out a tag: staff order it at a reader, somebody holds the tag there, and the page says what became of it.

The tag's number comes sealed from the device and is forgotten when its digests are made.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from meroppet.rules.card_formats import Unfit, unfit_chip
from meroppet.rules.credentials import CardNumber
from meroppet.wire.commands import Action
from meroppet.wire.passes import TagOutcome
from server.audit.service import Data, record
from server.db import Scope, Session
from server.devices.orders import order
from server.devices.service import DeviceView
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.passes.models import PatronTag, TagHandout
from server.passes.service import holder_of, put_tag, standing_pass
from server.patrons.service import digest_of, find
from server.patrons.tags import link, number_behind, unlink
from server.patrons.telling import ready_branch

LASTS = timedelta(seconds=60)
"""Long enough to walk to the door."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the tag is for: a pass, or a patron of the branch's register. Exactly one of them."""

    pass_id: str | None = None
    patron: str | None = None


@dataclass(frozen=True, slots=True)
class HandoutView:
    """A tag being handed out; `outcome` None: nobody has held one to the reader yet."""

    id: str
    device: str
    target: Target
    by: str
    expires: datetime
    outcome: TagOutcome | None

    def is_over(self, now: datetime) -> bool:
        """Whether nothing more will come of it."""
        return self.outcome is TagOutcome.DONE or now >= self.expires


async def order_tag(session: Session, branch: BranchView, device: DeviceView, target: Target, by: str) -> str:
    """Have a device report the next tag it reads; the id of the handing out. The caller writes the audit row."""
    await _give_up(session, col(TagHandout.device_id) == device.id)
    given = await order(session, device, Action.READ_TAG, by, lasts=LASTS)
    session.add(
        TagHandout(
            id=given.order,
            consortium_id=branch.consortium,
            controller_id=branch.controller,
            branch_id=branch.id,
            device_id=device.id,
            pass_id=target.pass_id,
            patron_id=target.patron,
            by=by,
            at=session.now,
            expires=given.expires,
        )
    )
    await session.flush()
    return given.order


async def handout(session: Session, branch_id: str, handout_id: str) -> HandoutView | None:
    """The branch's handing out with this id."""
    ours = (col(TagHandout.id) == handout_id, col(TagHandout.branch_id) == branch_id)
    row = await session.scalar(select(TagHandout).where(*ours))
    return None if row is None else _view(row)


async def tag_read(
    session: Session,
    keys: KeyRing,
    branch: BranchView,
    register: str | None,
    *,
    device: str,
    handout_id: str,
    read: CardNumber | TagOutcome,
) -> TagOutcome:
    """What comes of what a device has read: the pass or patron has the tag, in place of the one before, or a reason."""
    row = await session.scalar(
        select(TagHandout).where(col(TagHandout.id) == handout_id, col(TagHandout.device_id) == device)
    )
    if row is None or _view(row).is_over(session.now):
        return TagOutcome.TOO_LATE
    if isinstance(read, TagOutcome):
        outcome = read
    else:
        outcome = _unfit(read) or await _give(session, keys, branch, register, row, read)
    row.outcome, row.answered_at = outcome.value, session.now
    await session.flush()
    session.wake(f"branch:{branch.id}")
    return outcome


def _unfit(tag: CardNumber) -> TagOutcome | None:
    """Why a tag is not handed out by its number alone: a device without card formats reads every number as it is."""
    try:
        raw = bytes.fromhex(tag.value)
    except ValueError:
        return None
    match unfit_chip(raw):
        case Unfit.ITEM_TAG:
            return TagOutcome.ITEM_TAG
        case Unfit.RANDOM_UID:
            return TagOutcome.UNREADABLE
        case _:
            return None


async def _give(
    session: Session, keys: KeyRing, branch: BranchView, register: str | None, row: TagHandout, tag: CardNumber
) -> TagOutcome:
    subject = (await ready_branch(session, keys, branch)).subject(tag)
    holder = await holder_of(session, branch.id, subject)
    if holder is not None and holder != row.pass_id:
        return TagOutcome.KNOWN
    async with session.within(Scope.of_consortium(branch.consortium)):
        if row.patron_id is not None:
            return await _give_patron(session, keys, branch, register or "", row, tag)
        if register is not None and await find(session, keys, branch.consortium, register, tag) is not None:
            return TagOutcome.KNOWN
    held = await standing_pass(session, branch, row.pass_id or "")
    if held is None:
        return TagOutcome.TOO_LATE
    await put_tag(session, branch, held, subject, row.by)
    return TagOutcome.DONE


async def _give_patron(
    session: Session, keys: KeyRing, branch: BranchView, register: str, row: TagHandout, tag: CardNumber
) -> TagOutcome:
    patron = row.patron_id or ""
    ours = (col(PatronTag.patron_id) == patron, col(PatronTag.register_id) == register)
    before = await session.scalar(select(PatronTag).where(*ours))
    if before is not None and before.number_digest == digest_of(keys, register, tag):
        return TagOutcome.DONE
    digest = await link(session, keys, branch.consortium, register, patron, tag)
    if digest is None:
        return TagOutcome.KNOWN
    if before is not None:
        await unlink(session, patron, register, before.number_digest)
        await session.delete(before)
        await session.flush()
    session.add(
        PatronTag(
            consortium_id=branch.consortium,
            controller_id=branch.controller,
            patron_id=patron,
            register_id=register,
            number_digest=digest,
            by=row.by,
            at=session.now,
        )
    )
    await session.flush()
    number = await number_behind(session, keys, branch.consortium, register, tag)
    said: Data = {"person": keys.lookup("audit", f"{register}\n{number.value}")[:32] if number else ""}
    await record(session, "patron.tag_given", row.by, branch.scope, said, branch=branch.id)
    return TagOutcome.DONE


async def _give_up(session: Session, which: ColumnElement[bool]) -> None:
    waiting = (which, col(TagHandout.outcome) != TagOutcome.DONE.value, col(TagHandout.expires) > session.now)
    await session.execute(update(TagHandout).where(*waiting).values(expires=session.now))


def _view(row: TagHandout) -> HandoutView:
    outcome = TagOutcome(row.outcome) if row.outcome else None
    return HandoutView(row.id, row.device_id, Target(row.pass_id, row.patron_id), row.by, row.expires, outcome)
