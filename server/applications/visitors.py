"""Patrons signed in to their own pages: a session apart from that of staff, with the number of the register."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from server.applications.models import PatronSession
from server.db import Scope, Session, unscoped
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.patrons.service import Holder

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=1)
BY_COOKIE = unscoped("a patron's cookie says whose affairs are meant, and nothing but her own is read by it")
_SEALED = "patron session"
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, at which branch, and how she proved it: `card`, or the name of an e-ID."""

    consortium: str
    branch: str
    register: str
    number: CardNumber = field(repr=False)
    channel: str

    @property
    def scope(self) -> Scope:
        """Her consortium: rights and visits at all its branches are hers to see."""
        return Scope.of_consortium(self.consortium)

    @property
    def holder(self) -> Holder:
        """Herself, as her register knows her."""
        return Holder(self.register, self.number)

    def person(self, keys: KeyRing) -> str:
        """How the audit log names her."""
        return keys.lookup("audit", f"{self.register}\n{self.number.value}")[:32]


def digest(token: str) -> str:
    """What is stored of a cookie of 256 random bits."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


async def begin(
    session: Session, keys: KeyRing, branch: BranchView, register: str, number: CardNumber, channel: str
) -> str:
    """A new session's token; never one that the browser brought along."""
    token = secrets.token_urlsafe(32)
    session.add(
        PatronSession(
            token_digest=digest(token),
            consortium_id=branch.consortium,
            branch_id=branch.id,
            register_id=register,
            number_sealed=keys.encrypt(_SEALED, number.value.encode("ascii")),
            channel=channel,
            created_at=session.now,
            seen_at=session.now,
        )
    )
    await session.flush()
    return token


async def signed_in(session: Session, keys: KeyRing, token: str) -> Visitor | None:
    """Who the token belongs to, or None: unknown, ended, idle for 15 minutes, an hour old. Needs an open scope."""
    statement = select(PatronSession).where(
        col(PatronSession.token_digest) == digest(token),
        col(PatronSession.seen_at) > session.now - IDLE,
        col(PatronSession.created_at) > session.now - ABSOLUTE,
    )
    row = await session.scalar(statement)
    if row is None:
        return None
    number = CardNumber(keys.decrypt(_SEALED, row.number_sealed).decode("ascii"))
    return Visitor(row.consortium_id, row.branch_id, row.register_id, number, row.channel)


async def touch(session: Session, token: str) -> None:
    """She is still there: the idle time begins anew."""
    rows = update(PatronSession).where(
        col(PatronSession.token_digest) == digest(token), col(PatronSession.seen_at) < session.now - _TOUCH
    )
    await session.execute(rows.values(seen_at=session.now))


async def sign_out(session: Session, token: str) -> None:
    """End the session at once, wherever its cookie may have been copied to."""
    await session.execute(delete(PatronSession).where(col(PatronSession.token_digest) == digest(token)))


async def end_all(session: Session, keys: KeyRing, visitor: Visitor) -> None:
    """End every session of this patron: one that was left open elsewhere must not outlive her withdrawal."""
    rows = select(PatronSession).where(col(PatronSession.register_id) == visitor.register)
    for row in await session.all(rows):
        if keys.decrypt(_SEALED, row.number_sealed).decode("ascii") == visitor.number.value:
            await session.delete(row)
    await session.flush()
