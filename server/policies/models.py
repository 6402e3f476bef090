"""The table of policies."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from server.db import ControllerOwned, Retention


class PolicyVersion(ControllerOwned, table=True):
    """One version of a branch's policy, as the wire document in JSON."""

    retention: ClassVar[Retention] = Retention.none("rules of a public body; `by` names a member of staff at work")

    __tablename__ = "policy_version"

    branch_id: str = Field(primary_key=True, foreign_key="branch.id")
    version: int = Field(primary_key=True)
    document: str
    by: str
    at: datetime
