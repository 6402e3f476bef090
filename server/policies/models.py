"""Tables of policies: what each level says, and what comes of it at each branch."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON
from sqlmodel import Field

from server.db import ConsortiumOwned, Retention
from server.organisations.documents import DocumentVersion

_PUBLIC = "rules of a public body; `by` names a member of staff at work"


class PolicyVersion(DocumentVersion, table=True):
    """One version of a branch's policy, as its devices have it."""

    retention: ClassVar[Retention] = Retention.none(_PUBLIC)

    __tablename__ = "policy_version"


class PolicyLayer(ConsortiumOwned, table=True):
    """One version of what a level says: a consortium, a controller or a branch. What it does not say is not in it."""

    retention: ClassVar[Retention] = Retention.none(_PUBLIC)

    __tablename__ = "policy_layer"

    place: str = Field(primary_key=True)
    """The id of the consortium, the controller or the branch; they share one list of names."""
    version: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=JSON)
    decision: str
    """The reference of the decision it rests on; never empty for a consortium."""
    by: str
    at: datetime
