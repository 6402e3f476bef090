"""Saying and reading who may come in: levels of policy, and what comes of them at each branch.

A branch's policy is compiled when a level over it changes, and goes to its devices only if it became another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from meroppet.rules.policy import Policy
from meroppet.wire.changes import PolicyDocument
from meroppet.wire.convert import policy_from_wire, policy_to_wire
from server.db import Scope, Session
from server.organisations.documents import add_version, newest_version
from server.organisations.service import BranchView
from server.policies.documents import from_stored, to_stored
from server.policies.layers import (
    Compiled,
    Conflict,
    Difference,
    Layer,
    Level,
    Stated,
    compiled,
    conflicts,
    differences,
    said_of,
)
from server.policies.models import PolicyLayer, PolicyVersion
from server.policies.places import Place, above, branches_under, of_branch, places_over

__all__ = [
    "NoDecision",
    "Outdated",
    "PolicyView",
    "Proposal",
    "TooLoose",
    "Touched",
    "compiled_at",
    "history_of",
    "layer_of",
    "policy_of",
    "propose",
    "say",
    "set_policy",
]


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy, and who gave it when."""

    policy: Policy
    version: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """A branch whose policy becomes another."""

    branch: BranchView
    before: Policy | None
    after: Policy | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a level would say, and what would come of it: nothing of it is stored."""

    at: Place
    before: Layer
    stated: Stated
    touched: tuple[Touched, ...]
    untouched: tuple[BranchView, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """The fields that the level itself says otherwise, or not any more."""
        names = {*self.before.stated, *self.stated}
        old, new = self.before.stated, self.stated
        return tuple(sorted(n for n in names if (n in old, old.get(n)) != (n in new, new.get(n))))


@dataclass(frozen=True, slots=True)
class TooLoose:
    """Refused: levels above say more."""

    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class NoDecision:
    """Refused: what all municipalities of a consortium are bound to rests on a decision, and none was named."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """Refused: somebody else changed it since it was read."""

    version: int


async def layer_of(session: Session, at: Place) -> Layer:
    """What a place says in its newest version."""
    (layer,) = await _layers(session, [at])
    return layer


async def history_of(session: Session, at: Place) -> list[Layer]:
    """Every version of what a place says, the newest first."""
    async with session.within(Scope.of_consortium(at.consortium)):
        rows = await session.all(
            select(PolicyLayer).where(col(PolicyLayer.place) == at.id).order_by(col(PolicyLayer.version).desc())
        )
    return [_layer(at, row) for row in rows]


async def compiled_at(session: Session, branch: BranchView) -> Compiled | None:
    """What the levels over a branch come to, with whose word each rule is; None while nobody has said an age."""
    return compiled(await _layers(session, await places_over(session, branch)))


async def propose(session: Session, at: Place, stated: Stated) -> Proposal | TooLoose:
    """What would come of it if a place said this, and refused where it is looser than a level above allows.

    Raises ValueError where a value is none a policy may have.
    """
    to_stored(stated)
    against = conflicts(await _layers(session, await above(session, at)), stated)
    if against:
        return TooLoose(against)
    before = await layer_of(session, at)
    touched, untouched = [], []
    for branch in await branches_under(session, at):
        became = await _became(session, branch, replace(before, stated=stated))
        if became.differences:
            touched.append(became)
        else:
            untouched.append(branch)
    return Proposal(at, before, stated, tuple(touched), tuple(untouched))


async def say(
    session: Session, at: Place, stated: Stated, by: str, *, decision: str = "", version: int | None = None
) -> Proposal | TooLoose | NoDecision | Outdated:
    """A new version of what a place says; the branches whose policy becomes another have it within a second.

    `version` is the one it was changed from, where somebody looked at it first.
    """
    if at.level is Level.CONSORTIUM and not decision.strip():
        return NoDecision()
    await _one_at_a_time(session, at.consortium)
    proposal = await propose(session, at, stated)
    if isinstance(proposal, TooLoose):
        return proposal
    if version is not None and version != proposal.before.version:
        return Outdated(proposal.before.version)
    await _add(session, proposal, by, decision.strip())
    async with session.within(Scope.of_consortium(at.consortium)):
        for touched in proposal.touched:
            if touched.after is not None:
                document = policy_to_wire(touched.after)
                await add_version(session, PolicyVersion, touched.branch, "policy", document, by)
    return proposal


async def _one_at_a_time(session: Session, consortium: str) -> None:
    """Whoever else changes a level of the consortium waits: a branch must be compiled from what they both said."""
    if session.dialect == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"policy {consortium}"))))


async def set_policy(session: Session, branch: BranchView, policy: Policy, by: str) -> PolicyView:
    """Let a branch say a whole policy. Raises ValueError, with one sentence, where a level above is stricter."""
    done = await say(session, of_branch(branch), said_of(policy), by)
    if isinstance(done, TooLoose):
        against = ", ".join(f"{own.field} = {own.value} ({own.layer.name} says {own.stands})" for own in done.conflicts)
        raise ValueError(f"looser than a level above: {against}")
    view = await policy_of(session, branch.id)
    if view is None:
        raise LookupError(f"branch {branch.id} is outside the session's scope")
    return view


async def policy_of(session: Session, branch_id: str) -> PolicyView | None:
    """The branch's policy as its devices have it, or None: then its door opens for nobody."""
    row = await newest_version(session, PolicyVersion, branch_id)
    if row is None:
        return None
    document = PolicyDocument.model_validate_json(row.document)
    return PolicyView(policy_from_wire(document), row.version, row.by, row.at)


async def _became(session: Session, branch: BranchView, changed: Layer) -> Touched:
    layers = await _layers(session, await places_over(session, branch))
    after = compiled([changed if layer.place == changed.place else layer for layer in layers])
    async with session.within(Scope.of_consortium(branch.consortium)):
        before = await policy_of(session, branch.id)
    # A policy that was given stays until another is: a door is not shut by what somebody did not say.
    policy = before.policy if before else None
    new = after.policy if after else policy
    return Touched(branch, policy, new, differences(policy, new))


async def _layers(session: Session, places: Sequence[Place]) -> list[Layer]:
    """What each of these places says in its newest version, in the given order."""
    newest: Mapping[str, PolicyLayer] = {}
    if places:
        async with session.within(Scope.of_consortium(places[0].consortium)):
            ids = [at.id for at in places]
            rows = await session.all(
                select(PolicyLayer).where(col(PolicyLayer.place).in_(ids)).order_by(col(PolicyLayer.version))
            )
        newest = {row.place: row for row in rows}
    return [_layer(at, newest[at.id]) if at.id in newest else Layer(at.level, at.id, at.name, {}) for at in places]


def _layer(at: Place, row: PolicyLayer) -> Layer:
    stated = from_stored(row.document)
    return Layer(at.level, at.id, at.name, stated, row.version, row.decision, row.by, row.at)


async def _add(session: Session, proposal: Proposal, by: str, decision: str) -> None:
    at = proposal.at
    async with session.within(Scope.of_consortium(at.consortium)):
        session.add(
            PolicyLayer(
                consortium_id=at.consortium,
                place=at.id,
                version=proposal.before.version + 1,
                document=to_stored(proposal.stated),
                decision=decision,
                by=by,
                at=session.now,
            )
        )
        await session.flush()
    session.wake(at.consortium)
