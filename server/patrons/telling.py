"""Telling branches what patrons may do there: one change a patron and branch, under the branch's own digest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from meroppet.wire.convert import right_to_wire
from server.db import Scope, Session
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patrons.facts import facts_ok_until
from server.patrons.models import Patron, PatronRight, PatronSuspension
from server.patrons.reach import Agreed, Gathered, Known, Reach, RightView, SuspensionView, effective, place_of, reaches
from server.patrons.subjects import BranchKeys, branch_keys, make_branch_keys, replace_branch_keys
from server.replication.service import publish
from server.terms.standing import Standing, standings

NUMBER = "patron number"
"""What a stored number is encrypted as."""

AT_ONCE = 500
"""Patrons looked at in one statement; both databases take far more parameters."""


async def ready_branch(session: Session, keys: KeyRing, branch: BranchView) -> BranchKeys:
    """The branch's keys, made now if it has none, with all that is known of patrons there told to it."""
    async with session.within(Scope.of_consortium(branch.consortium)):
        return await _ready(session, keys, branch)


async def rename_all(session: Session, keys: KeyRing, branch: BranchView) -> None:
    """Other keys for the branch, and everything known of patrons there told again under them."""
    async with session.within(Scope.of_consortium(branch.consortium)):
        old = await branch_keys(session, keys, branch.id)
        if old is None:
            return
        patrons = await everybody(session)
        known = await known_at(session, branch, patrons)
        for row in await _rows(session, [one for one in patrons if known[one].is_any]):
            _publish_one(session, branch, old.subject(number_in(keys, row)), None)
        await replace_branch_keys(session, keys, branch)
        named = await _ready(session, keys, branch)
        await _publish_known(session, keys, branch, named, known)


async def tell(session: Session, keys: KeyRing, branch: BranchView, reach: Reach, patrons: Sequence[str]) -> None:
    """Tell every branch in reach what the patrons may do there now."""
    # Another municipality's branches and rights are seen for this only.
    async with session.within(Scope.of_consortium(branch.consortium)):
        for reached in await branches(session):
            if reaches(reached, reach, place_of(branch, reach)):
                await _publish(session, keys, reached, patrons)


async def tell_at(session: Session, keys: KeyRing, branch: BranchView, patrons: Sequence[str]) -> None:
    """Tell one branch what the patrons may do there now."""
    async with session.within(Scope.of_consortium(branch.consortium)):
        await _publish(session, keys, branch, patrons)


async def known_at(session: Session, branch: BranchView, patrons: Sequence[str]) -> dict[str, Known]:
    """What is known of each of these patrons that concerns a branch, whoever in the consortium said it."""
    found: dict[str, Known] = {}
    async with session.within(Scope.of_consortium(branch.consortium)):
        for some in pieces(patrons):
            found.update(await _known(session, branch, some))
    return found


async def _known(session: Session, branch: BranchView, patrons: Sequence[str]) -> dict[str, Known]:
    gathered = {patron: Gathered() for patron in patrons}
    rights = select(PatronRight).where(reaching(branch, PatronRight), col(PatronRight.patron_id).in_(patrons))
    for row in await session.all(rights):
        gathered[row.patron_id].given.append(view_of(row))
    kept_out = select(PatronSuspension).where(
        reaching(branch, PatronSuspension), col(PatronSuspension.patron_id).in_(patrons)
    )
    for row in await session.all(kept_out):
        gathered[row.patron_id].suspensions.append(suspension_view(row))
    stands = await standings(session, branch, patrons)
    facts = await facts_ok_until(session, branch, patrons)
    return {
        patron: Known(tuple(each.given), tuple(each.suspensions), _agreed(stands[patron]), facts.get(patron))
        for patron, each in gathered.items()
    }


def _agreed(stands: Standing) -> Agreed:
    return Agreed(stands.terms, stands.until, stands.guest_approved, stands.said)


def reaching(branch: BranchView, table: type[PatronRight] | type[PatronSuspension]) -> ColumnElement[bool]:
    """The condition that a right or suspension reaches a branch."""
    return or_(*(and_(col(table.reach) == reach.value, col(table.place) == place_of(branch, reach)) for reach in Reach))


def today_at(session: Session, branch: BranchView) -> date:
    """The branch's local day."""
    return session.now.astimezone(branch.wall).date()


async def tell_renamed(session: Session, keys: KeyRing, consortium: str, former: Mapping[str, CardNumber]) -> None:
    """Take back what branches know under the former numbers of these patrons, and tell it under the present ones."""
    async with session.within(Scope.of_consortium(consortium)):
        for branch in await branches(session):
            named = await branch_keys(session, keys, branch.id)
            if named is None:
                continue
            known = {one: what for one, what in (await known_at(session, branch, list(former))).items() if what.is_any}
            for patron in known:
                _publish_one(session, branch, named.subject(former[patron]), None)
            await _publish_known(session, keys, branch, named, known)


async def _ready(session: Session, keys: KeyRing, branch: BranchView) -> BranchKeys:
    is_new = await make_branch_keys(session, keys, branch)
    named = await branch_keys(session, keys, branch.id)
    if named is None:
        raise LookupError(f"branch {branch.id} is outside the session's scope")
    if is_new:
        known = await known_at(session, branch, await everybody(session))
        await _publish_known(session, keys, branch, named, known)
    return named


async def everybody(session: Session) -> Sequence[str]:
    """The ids of all patrons in the session's scope."""
    patrons: Sequence[str] = await session.all(select(col(Patron.id)))
    return patrons


async def _rows(session: Session, patrons: Sequence[str]) -> list[Patron]:
    found: list[Patron] = []
    for some in pieces(patrons):
        found += await session.all(select(Patron).where(col(Patron.id).in_(some)))
    return found


async def _publish(session: Session, keys: KeyRing, branch: BranchView, patrons: Sequence[str]) -> None:
    named = await _ready(session, keys, branch)
    known = await known_at(session, branch, patrons)
    today = today_at(session, branch)
    for row in await _rows(session, patrons):
        _publish_one(session, branch, named.subject(number_in(keys, row)), effective(known[row.id], today))


async def _publish_known(
    session: Session, keys: KeyRing, branch: BranchView, named: BranchKeys, known: dict[str, Known]
) -> None:
    """Only what there is: to a branch that starts afresh nothing needs to be taken back."""
    today = today_at(session, branch)
    rights = {patron: right for patron, one in known.items() if (right := effective(one, today)) is not None}
    for row in await _rows(session, list(rights)):
        _publish_one(session, branch, named.subject(number_in(keys, row)), rights[row.id])


def _publish_one(session: Session, branch: BranchView, subject: str, right: Right | None) -> None:
    value = None if right is None else right_to_wire(right)
    publish(session, branch.consortium, audience=branch.id, kind="right", key=subject, value=value)


def pieces(patrons: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at once as a statement is asked for."""
    return (patrons[start : start + AT_ONCE] for start in range(0, len(patrons), AT_ONCE))


def number_in(keys: KeyRing, row: Patron) -> CardNumber:
    """The number in a patron's row."""
    return opened_number(keys, row.number_sealed)


def seal(keys: KeyRing, number: CardNumber) -> bytes:
    """A number as the database keeps it."""
    return keys.encrypt(NUMBER, number.value.encode("ascii"))


def opened_number(keys: KeyRing, sealed: bytes) -> CardNumber:
    """A number as it was before it was sealed for the database."""
    return CardNumber(keys.decrypt(NUMBER, sealed).decode("ascii"))


def view_of(row: PatronRight) -> RightView:
    """A right as its row says it."""
    right = Right(
        permitted=row.permitted,
        valid_until=row.valid_until,
        introduced=row.introduced_on is not None,
        guardian_consent=row.guardian_on is not None,
        extended=row.extended,
    )
    view = RightView(Reach(row.reach), row.place, right, row.controller_id, row.given_by, row.given_at)
    return replace(view, introduced_on=row.introduced_on, guardian_on=row.guardian_on)


def suspension_view(row: PatronSuspension) -> SuspensionView:
    """A suspension as its row says it."""
    return SuspensionView(
        id=row.id,
        reach=Reach(row.reach),
        place=row.place,
        reason=row.reason,
        first=row.first_day,
        last=row.last_day,
        notice=row.notice,
        controller=row.controller_id,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
    )
