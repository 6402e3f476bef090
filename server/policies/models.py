"""The table of policies."""

from typing import ClassVar

from server.db import Retention
from server.organisations.documents import DocumentVersion


class PolicyVersion(DocumentVersion, table=True):
    """One version of a branch's policy."""

    retention: ClassVar[Retention] = Retention.none("rules of a public body; `by` names a member of staff at work")

    __tablename__ = "policy_version"
