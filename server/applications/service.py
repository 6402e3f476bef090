"""Applications: made by a patron, answered by staff; what is approved becomes a right as the desk gives one."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Permission, Right
from meroppet.rules.terms import Act, Channel
from server.applications.models import Application
from server.applications.standing import BY_HERSELF, Asked, Standing, standing
from server.applications.visitors import Visitor
from server.audit.service import record
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.organisations.service import branch as branch_with
from server.patrons.numbers import numbers_of
from server.patrons.reach import Reach
from server.patrons.service import find, forget, known_or_new, rights_of, set_known
from server.policies.service import policy_of
from server.registers.service import Registers
from server.terms.service import VersionView, applied_at
from server.terms.standing import standings
from server.terms.taking import Witness, say
from server.terms.taking import withdraw as withdraw_terms


class Answer(StrEnum):
    """What became of an application."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


class Refused(StrEnum):
    """Why staff refused; a word of their own would be one more thing kept of a person."""

    COME_BY = "come_by"
    INTRODUCTION = "introduction"
    GUARDIAN = "guardian"
    TOO_YOUNG = "too_young"
    CARD = "card"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application as staff see it in a list: whose it is stands there by the last characters of her number."""

    id: str
    branch: str
    patron: str
    number: CardNumber = field(repr=False)
    channel: str
    made_at: datetime
    state: Answer
    reason: str
    decided_by: str
    decided_at: datetime | None

    @property
    def ending(self) -> str:
        """As much of the number as the list shows."""
        return self.number.value[-4:]


async def ask(session: Session, keys: KeyRing, visitor: Visitor, branch: BranchView) -> bool:
    """Write down that the patron asks to come in at a branch; False if an application of hers waits there already."""
    patron = await known_or_new(session, keys, visitor.consortium, visitor.holder)
    statement = session.insert(Application).values(
        id=secrets.token_hex(8),
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        branch_id=branch.id,
        patron_id=patron,
        channel=visitor.channel,
        made_at=session.now,
        state=Answer.WAITING.value,
        waiting=True,
        reason="",
        decided_by="",
    )
    made = await session.scalar(statement.on_conflict_do_nothing().returning(col(Application.id)))
    if made is not None:
        await _note(session, keys, visitor, "application.made", branch)
    return made is not None


async def take_back(session: Session, keys: KeyRing, visitor: Visitor, branch: BranchView) -> None:
    """Her application at a branch, if one waits, was never made."""
    patron = await find(session, keys, visitor.consortium, visitor.register, visitor.number)
    rows = delete(Application).where(
        col(Application.branch_id) == branch.id,
        col(Application.patron_id) == patron,
        col(Application.waiting).is_(True),
    )
    if await session.scalar(rows.returning(col(Application.id))) is not None:
        await _note(session, keys, visitor, "application.taken_back", branch)


async def accept(
    session: Session,
    keys: KeyRing,
    visitor: Visitor,
    branch: BranchView,
    versions: Sequence[VersionView],
    *,
    lang: str,
    proof: str = "",
    accepted: bool = True,
) -> None:
    """Write down that she accepted (or declined) these texts: on her page or, with its proof, by an e-ID."""
    witness = Witness(branch, Channel.EID if proof else Channel.PAGE, lang, proof)
    act = Act.ACCEPTED if accepted else Act.DECLINED
    await say(session, keys, witness, visitor.holder, act, versions)


async def texts_at(session: Session, branch: BranchView) -> tuple[VersionView, ...]:
    """The texts to accept at a branch today."""
    today = session.now.astimezone(branch.wall).date()
    return tuple(applied.shown_on(today) for applied in await applied_at(session, branch))


async def standing_everywhere(
    session: Session, keys: KeyRing, registers: Registers, visitor: Visitor
) -> tuple[Standing, ...]:
    """Where she stands at every branch of her register that has rules."""
    patron = await find(session, keys, visitor.consortium, visitor.register, visitor.number)
    asked = {} if patron is None else await _newest(session, patron)
    found = []
    for branch in await own_branches(session, registers, visitor):
        policy = await policy_of(session, branch.id)
        if policy is None:
            continue
        rights = await rights_of(session, keys, branch, visitor.number, register=visitor.register)
        right = rights.effective if rights is not None else None
        givers = [view.given_by for view in rights.given if view.right.permitted is not None] if rights else []
        today = session.now.astimezone(branch.wall).date()
        by_herself = givers[:1] == [BY_HERSELF]
        about = asked.get(branch.id, Asked())
        found.append(standing(branch, policy.policy, right, about, today, by_herself=by_herself))
    return tuple(found)


async def withdraw(session: Session, keys: KeyRing, registers: Registers, visitor: Visitor, lang: str) -> None:
    """End her right at every door of the consortium; they know within a second of the commit.

    What came by itself is refused from now on by a row that says so; a suspension stays, and ends when it was to end.
    """
    everywhere = await own_branches(session, registers, visitor)
    here = await branch_with(session, visitor.branch)
    if here is None:
        raise LookupError(f"branch {visitor.branch} is outside the session's scope")
    patron = await known_or_new(session, keys, visitor.consortium, visitor.holder)
    await session.execute(delete(Application).where(col(Application.patron_id) == patron))
    if (await standings(session, here, [patron]))[patron].said:
        # Before her rights: with the last of them goes the thread from her to what she said.
        channel = Channel.PAGE if visitor.channel == "card" else Channel.EID
        await withdraw_terms(session, keys, Witness(here, channel, lang, visitor.channel), visitor.holder)
    await _end_rights(session, keys, everywhere, here, patron, visitor)
    await _note(session, keys, visitor, "patron.withdrew", None)


async def _end_rights(
    session: Session,
    keys: KeyRing,
    everywhere: Sequence[BranchView],
    here: BranchView,
    patron: str,
    visitor: Visitor,
) -> None:
    await forget(session, keys, here, patron, reach=Reach.CONSORTIUM)
    for branch in everywhere:
        policy = await policy_of(session, branch.id)
        if policy is not None and policy.policy.permission is Permission.AUTOMATIC:
            # Where nothing is asked for, no row would mean that she may come in.
            again = await known_or_new(session, keys, visitor.consortium, visitor.holder)
            await set_known(session, keys, branch, [again], Right(permitted=False), by=BY_HERSELF)


async def waiting_at(session: Session, keys: KeyRing, branch: BranchView) -> tuple[ApplicationView, ...]:
    """The applications nobody has answered, oldest first."""
    rows = select(Application).where(col(Application.branch_id) == branch.id, col(Application.waiting).is_(True))
    return await _views(session, keys, await session.all(rows.order_by(col(Application.made_at), col(Application.id))))


async def waiting_of(session: Session, branch: BranchView, patron: str) -> Asked | None:
    """Since when a patron waits for an answer at a branch; None: she does not."""
    rows = select(Application).where(col(Application.branch_id) == branch.id, col(Application.patron_id) == patron)
    row = await session.scalar(rows.where(col(Application.waiting).is_(True)))
    return None if row is None else Asked(row.state, made_at=row.made_at)


async def answered_at(
    session: Session, keys: KeyRing, branch: BranchView, most: int = 20
) -> tuple[ApplicationView, ...]:
    """The last ones that were answered, newest first."""
    rows = select(Application).where(col(Application.branch_id) == branch.id, col(Application.waiting).is_(None))
    newest = rows.order_by(col(Application.decided_at).desc(), col(Application.id)).limit(most)
    return await _views(session, keys, await session.all(newest))


async def approve(
    session: Session, keys: KeyRing, branch: BranchView, ids: Iterable[str], right: Right, *, by: str, reach: Reach
) -> frozenset[str]:
    """Give the right to whoever made these applications, if they wait at this branch; those that were answered."""
    found = await _decide(session, branch, ids, Answer.APPROVED, "", by)
    if found:
        await set_known(session, keys, branch, list(found.values()), right, by=by, reach=reach)
    return frozenset(found)


async def refuse(
    session: Session, branch: BranchView, ids: Iterable[str], reason: Refused, *, by: str
) -> frozenset[str]:
    """Say no to these applications, if they wait at this branch; those that were answered."""
    return frozenset(await _decide(session, branch, ids, Answer.REFUSED, reason.value, by))


async def _decide(
    session: Session, branch: BranchView, ids: Iterable[str], answer: Answer, reason: str, by: str
) -> dict[str, str]:
    """The patrons by those of the applications that nobody else had answered first."""
    rows = update(Application).where(
        col(Application.id).in_(list(ids)), col(Application.branch_id) == branch.id, col(Application.waiting).is_(True)
    )
    values = {
        "state": answer.value, "waiting": None, "reason": reason, "decided_by": by, "decided_at": session.now,
    }  # fmt: skip
    answered = rows.values(**values).returning(col(Application.id), col(Application.patron_id))
    return dict(await session.all(answered))


async def _newest(session: Session, patron: str) -> dict[str, Asked]:
    rows = select(Application).where(col(Application.patron_id) == patron).order_by(col(Application.made_at))
    return {row.branch_id: Asked(row.state, row.reason) for row in await session.all(rows)}


async def own_branches(session: Session, registers: Registers, visitor: Visitor) -> list[BranchView]:
    """The branches of her consortium that know her by the same register."""
    found = [branch for branch in await branches(session) if branch.consortium == visitor.consortium]
    return [branch for branch in found if registers.of(branch.id) == visitor.register]


async def _views(session: Session, keys: KeyRing, rows: Sequence[Application]) -> tuple[ApplicationView, ...]:
    numbers = await numbers_of(session, keys, {row.patron_id for row in rows})
    return tuple(
        ApplicationView(
            id=row.id,
            branch=row.branch_id,
            patron=row.patron_id,
            number=numbers[row.patron_id],
            channel=row.channel,
            made_at=row.made_at,
            state=Answer(row.state),
            reason=row.reason,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
        )
        for row in rows
    )


async def _note(session: Session, keys: KeyRing, visitor: Visitor, action: str, branch: BranchView | None) -> None:
    data = {"person": visitor.person(keys), "channel": visitor.channel}
    scope = visitor.scope if branch is None else branch.scope
    await record(session, action, "", scope, dict(data), branch=None if branch is None else branch.id)
