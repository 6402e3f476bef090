"""Tables of the audit log: one for what concerns a consortium, one for the server and its accounts."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index
from sqlmodel import Field

from server.db.tables import ConsortiumOwned, Retention, Shared

TWO_YEARS = 730


class AuditEntry(ConsortiumOwned, table=True):
    """Something a member of staff did, or a person she looked at, within one consortium."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_branch_at", "branch_id", "at"),)
    retention: ClassVar[Retention] = Retention.days(TWO_YEARS, "at", "so that misuse can be followed up (OSL, GDPR 32)")

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    actor: str
    action: str
    controller_id: str | None = None
    branch_id: str | None = None
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class ServerAuditEntry(Shared, table=True):
    """Something that concerns the server itself: sign-ins, accounts, settings."""

    __tablename__ = "server_audit_entry"
    shared: ClassVar[str] = "accounts may work for several consortia; no patron is ever named here"
    retention: ClassVar[Retention] = Retention.days(TWO_YEARS, "at", "so that misuse can be followed up (GDPR 32)")

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    actor: str
    action: str
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
