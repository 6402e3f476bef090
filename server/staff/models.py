"""Tables of staff: accounts, what they were granted, sessions, one-time links and failed sign-ins."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from server.db.tables import Retention, Shared

BEFORE_SCOPE = "read before it is known whose affairs a member of staff may see; she may work for several consortia"


class StaffAccount(Shared, table=True):
    """A member of staff."""

    __tablename__ = "staff_account"
    shared: ClassVar[str] = BEFORE_SCOPE
    retention: ClassVar[Retention] = Retention.none(
        "lives while its holder works here; a closed one is removed by server.staff.service.purge after two years"
    )

    id: str = Field(primary_key=True)
    username: str = Field(unique=True)
    name: str
    password_hash: str
    created_at: datetime
    closed_at: datetime | None = None


class StaffGrant(Shared, table=True):
    """A role at a place."""

    __tablename__ = "staff_grant"
    shared: ClassVar[str] = BEFORE_SCOPE
    retention: ClassVar[Retention] = Retention.none("goes with its account")

    account_id: str = Field(primary_key=True, foreign_key="staff_account.id")
    role: str = Field(primary_key=True)
    place: str = Field(primary_key=True)


class StaffSession(Shared, table=True):
    """A signed-in browser, by the digest of its cookie."""

    __tablename__ = "staff_session"
    shared: ClassVar[str] = BEFORE_SCOPE
    retention: ClassVar[Retention] = Retention.days(1, "created_at", "ends after eight hours at the latest")

    token_digest: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="staff_account.id", index=True)
    created_at: datetime
    seen_at: datetime


class StaffLink(Shared, table=True):
    """A one-time link that makes an account with the role it carries, by the digest of its token."""

    __tablename__ = "staff_link"
    shared: ClassVar[str] = BEFORE_SCOPE
    retention: ClassVar[Retention] = Retention.days(30, "created_at", "who invited whom, until nobody asks any more")

    token_digest: str = Field(primary_key=True)
    role: str
    place: str
    made_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class StaffFailure(Shared, table=True):
    """A failed sign-in, by the digest of the user name that was tried."""

    __tablename__ = "staff_failure"
    shared: ClassVar[str] = BEFORE_SCOPE
    retention: ClassVar[Retention] = Retention.days(1, "at", "counts for a quarter of an hour")

    id: int | None = Field(default=None, primary_key=True)
    username_digest: str = Field(index=True)
    at: datetime
