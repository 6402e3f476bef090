"""Setting and reading a branch's policy; a new version goes to its devices in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from meroppet.rules.eligibility import Policy
from meroppet.wire.changes import PolicyDocument
from meroppet.wire.convert import policy_from_wire, policy_to_wire
from server.db import Session
from server.organisations.documents import add_version, newest_version
from server.organisations.service import BranchView
from server.policies.models import PolicyVersion


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy, and who gave it when."""

    policy: Policy
    version: int
    by: str
    at: datetime


async def set_policy(session: Session, branch: BranchView, policy: Policy, by: str) -> PolicyView:
    """A new version of the branch's policy; its devices have it within a second of the commit."""
    row = await add_version(session, PolicyVersion, branch, "policy", policy_to_wire(policy), by)
    return PolicyView(policy, row.version, row.by, row.at)


async def policy_of(session: Session, branch_id: str) -> PolicyView | None:
    """The branch's policy, or None: then its door opens for nobody."""
    row = await newest_version(session, PolicyVersion, branch_id)
    if row is None:
        return None
    document = PolicyDocument.model_validate_json(row.document)
    return PolicyView(policy_from_wire(document), row.version, row.by, row.at)
