"""Setting and reading a branch's policy; a new version goes to its devices in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.eligibility import Policy
from meroppet.wire.changes import PolicyDocument
from meroppet.wire.convert import policy_from_wire, policy_to_wire
from server.db import Session
from server.organisations.service import BranchView
from server.policies.models import PolicyVersion
from server.replication.service import publish


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy, and who gave it when."""

    policy: Policy
    version: int
    by: str
    at: datetime


async def set_policy(session: Session, branch: BranchView, policy: Policy, by: str) -> PolicyView:
    """A new version of the branch's policy; its devices have it within a second of the commit."""
    before = await policy_of(session, branch.id)
    document = policy_to_wire(policy)
    view = PolicyView(policy, before.version + 1 if before else 1, by, session.now)
    session.add(
        PolicyVersion(
            consortium_id=branch.consortium,
            controller_id=branch.controller,
            branch_id=branch.id,
            version=view.version,
            document=document.model_dump_json(),
            by=by,
            at=session.now,
        )
    )
    await session.flush()
    publish(session, branch.consortium, audience=branch.id, kind="policy", value=document)
    session.wake(f"branch:{branch.id}")
    return view


async def policy_of(session: Session, branch_id: str) -> PolicyView | None:
    """The branch's policy, or None: then its door opens for nobody."""
    statement = select(PolicyVersion).where(col(PolicyVersion.branch_id) == branch_id)
    row = await session.scalar(statement.order_by(col(PolicyVersion.version).desc()).limit(1))
    if row is None:
        return None
    document = PolicyDocument.model_validate_json(row.document)
    return PolicyView(policy_from_wire(document), row.version, row.by, row.at)
