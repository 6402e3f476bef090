"""Tables of applications, and of patrons' own visits to their pages: sessions and e-ID orders under way."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.db import ConsortiumOwned, ControllerOwned, Retention

KEPT_DAYS = 90
"""An application nobody answered for so long is void, and a refused one may be asked about for so long."""


class PatronSession(ConsortiumOwned, table=True):
    """A patron signed in to her own pages, by the digest of her cookie."""

    retention: ClassVar[Retention] = Retention.days(1, "created_at", "ends after an hour at the latest")

    __tablename__ = "patron_session"

    token_digest: str = Field(primary_key=True)
    branch_id: str = Field(foreign_key="branch.id")
    register_id: str
    number_sealed: bytes
    """The register's number for her; never a personnummer."""
    channel: str
    created_at: datetime
    seen_at: datetime


class EidOrder(ConsortiumOwned, table=True):
    """An order of an e-ID under way in one browser, by the digest of its cookie."""

    retention: ClassVar[Retention] = Retention.days(1, "begun_at", "lives for minutes")

    __tablename__ = "eid_order"

    browser_digest: str = Field(primary_key=True)
    branch_id: str = Field(foreign_key="branch.id")
    eid: str
    order_sealed: bytes
    purpose: str
    about: str
    """What the app says; of texts to sign, their digests."""
    begun_at: datetime
    asked_at: datetime
    hint: str
    renewed: int = 0


class Application(ControllerOwned, table=True):
    """That a patron asked to come in at a branch without staff, and what staff answered."""

    retention: ClassVar[Retention] = Retention.days(KEPT_DAYS, "made_at")

    __table_args__ = (UniqueConstraint("branch_id", "patron_id", "waiting"),)

    id: str = Field(primary_key=True)
    branch_id: str = Field(foreign_key="branch.id", index=True)
    patron_id: str = Field(foreign_key="patron.id", index=True)
    channel: str
    made_at: datetime = Field(index=True)
    state: str
    waiting: bool | None = None
    """True while nobody has answered, else empty: she has one such a branch, and any number of answered ones."""
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
