"""Telling branches what patrons may do there: one change a patron and branch, under the branch's own digest."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from meroppet.wire.convert import right_to_wire
from server.db import Scope, Session
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patrons.models import Patron, PatronRight
from server.patrons.reach import Reach, RightView, effective, place_of, reaches
from server.patrons.subjects import BranchKeys, branch_keys, make_branch_keys, replace_branch_keys
from server.replication.service import publish

NUMBER = "patron number"
"""What a stored number is encrypted as."""


async def ready_branch(session: Session, keys: KeyRing, branch: BranchView) -> BranchKeys:
    """The branch's keys, made now if it has none, with all rights that reach it told to it."""
    async with session.within(Scope.of_consortium(branch.consortium)):
        return await _ready(session, keys, branch)


async def rename_all(session: Session, keys: KeyRing, branch: BranchView) -> None:
    """Other keys for the branch, and every right that reaches it told again under them."""
    async with session.within(Scope.of_consortium(branch.consortium)):
        old = await branch_keys(session, keys, branch.id)
        if old is None:
            return
        for row in await _holders(session, branch):
            _publish_one(session, branch, old.subject(number_in(keys, row)), None)
        await replace_branch_keys(session, keys, branch)
        await _publish(session, keys, branch, [row.id for row in await _holders(session, branch)])


async def tell(session: Session, keys: KeyRing, branch: BranchView, reach: Reach, patrons: Sequence[str]) -> None:
    """Tell every branch in reach what the patrons may do there now."""
    # Another municipality's branches and rights are seen for this only.
    async with session.within(Scope.of_consortium(branch.consortium)):
        for reached in await branches(session):
            if reaches(reached, reach, place_of(branch, reach)):
                await _publish(session, keys, reached, patrons)


async def given_at(session: Session, branch: BranchView, patrons: Sequence[str]) -> dict[str, list[RightView]]:
    """The rights of these patrons that reach a branch, whoever in the consortium gave them."""
    statement = select(PatronRight).where(reaching(branch), col(PatronRight.patron_id).in_(patrons))
    found: dict[str, list[RightView]] = {patron: [] for patron in patrons}
    async with session.within(Scope.of_consortium(branch.consortium)):
        for row in await session.all(statement):
            found[row.patron_id].append(view_of(row))
    return found


def reaching(branch: BranchView) -> ColumnElement[bool]:
    """The condition that a right reaches a branch."""
    return or_(
        *(
            and_(col(PatronRight.reach) == reach.value, col(PatronRight.place) == place_of(branch, reach))
            for reach in Reach
        )
    )


async def _ready(session: Session, keys: KeyRing, branch: BranchView) -> BranchKeys:
    is_new = await make_branch_keys(session, keys, branch)
    named = await branch_keys(session, keys, branch.id)
    if named is None:
        raise LookupError(f"branch {branch.id} is outside the session's scope")
    if is_new:
        await _publish_under(session, keys, branch, named, [row.id for row in await _holders(session, branch)])
    return named


async def _holders(session: Session, branch: BranchView) -> Sequence[Patron]:
    having = select(col(PatronRight.patron_id)).where(reaching(branch))
    holders: Sequence[Patron] = await session.all(select(Patron).where(col(Patron.id).in_(having)))
    return holders


async def _publish(session: Session, keys: KeyRing, branch: BranchView, patrons: Sequence[str]) -> None:
    await _publish_under(session, keys, branch, await _ready(session, keys, branch), patrons)


async def _publish_under(
    session: Session, keys: KeyRing, branch: BranchView, named: BranchKeys, patrons: Sequence[str]
) -> None:
    given = await given_at(session, branch, patrons)
    for row in await session.all(select(Patron).where(col(Patron.id).in_(patrons))):
        right = effective(given[row.id])
        _publish_one(session, branch, named.subject(number_in(keys, row)), right)


def _publish_one(session: Session, branch: BranchView, subject: str, right: Right | None) -> None:
    value = None if right is None else right_to_wire(right)
    publish(session, branch.consortium, audience=branch.id, kind="right", key=subject, value=value)


def number_in(keys: KeyRing, row: Patron) -> CardNumber:
    """The number in a patron's row."""
    return CardNumber(keys.decrypt(NUMBER, row.number_sealed).decode("ascii"))


def view_of(row: PatronRight) -> RightView:
    """A right as its row says it."""
    right = Right(permitted=row.permitted, valid_until=row.valid_until, suspended_until=row.suspended_until)
    return RightView(Reach(row.reach), row.place, right, row.controller_id, row.given_by, row.given_at)
