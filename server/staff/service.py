"""Accounts, sign-in, sessions and one-time links of staff."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from server.audit.service import record
from server.db import Database, Session, unscoped
from server.staff.access import Access, Grant, Role
from server.staff.models import StaffAccount, StaffFailure, StaffGrant, StaffLink, StaffSession
from server.staff.passwords import Passwords, is_acceptable

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
LINK_LASTS = timedelta(hours=24)
KEPT_AFTER_CLOSING = timedelta(days=730)
"""As long as the audit log may name the account."""
FAILURES = 5
FAILURES_WITHIN = timedelta(minutes=15)
_TOUCH = timedelta(minutes=1)
"""A session's last sight is written once a minute at most; a write for each page would be one too many."""

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")

SERVER = unscoped("accounts and sign-ins belong to the server")


class SignInRefusal(StrEnum):
    """Why nobody was signed in."""

    WRONG = "wrong"
    TOO_MANY = "too_many"


class LinkRefusal(StrEnum):
    """Why a one-time link made no account."""

    SPENT = "spent"
    NAME = "name"
    USERNAME = "username"
    TAKEN = "taken"
    PASSWORD = "password"  # noqa: S105 (a field's name)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking, and what she may do."""

    account: str
    name: str
    access: Access


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as a list of staff shows it."""

    id: str
    username: str
    name: str
    grants: frozenset[Grant]
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What somebody asks to be called and to sign in with."""

    name: str
    username: str
    password: str = field(repr=False)

    @property
    def login(self) -> str:
        """The user name in its one form."""
        return self.username.strip().lower()


def digest(token: str) -> str:
    """What is stored of a token of 256 random bits: it needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


async def sign_in(database: Database, passwords: Passwords, username: str, password: str) -> str | SignInRefusal:
    """A new session's token, or why there is none. A wrong name and a wrong password look and take the same.

    Takes the database: the slow hash is computed between two transactions, and the try is counted in the first.
    """
    tried = digest(username.strip().lower())
    async with database.session(SERVER) as session:
        if await _failures(session, tried) >= FAILURES:
            await record(session, "staff.sign_in.throttled", "", SERVER)
            return SignInRefusal.TOO_MANY
        session.add(StaffFailure(username_digest=tried, at=session.now))
        account = await _account(session, username)
    right = await passwords.fits(password, account.password_hash if account else None)
    async with database.session(SERVER) as session:
        if account is None or not right:
            await record(session, "staff.sign_in.failed", account.id if account else "", SERVER)
            return SignInRefusal.WRONG
        await session.execute(delete(StaffFailure).where(col(StaffFailure.username_digest) == tried))
        await record(session, "staff.sign_in", account.id, SERVER)
        return await _begin(session, account.id)


async def _failures(session: Session, tried: str) -> int:
    since = session.now - FAILURES_WITHIN
    counted = select(func.count()).select_from(StaffFailure)
    counted = counted.where(col(StaffFailure.username_digest) == tried, col(StaffFailure.at) > since)
    return int(await session.scalar(counted))


async def _account(session: Session, username: str) -> StaffAccount | None:
    statement = select(StaffAccount).where(col(StaffAccount.username) == username.strip().lower())
    account = await session.scalar(statement.where(col(StaffAccount.closed_at).is_(None)))
    return account if isinstance(account, StaffAccount) else None


async def _begin(session: Session, account: str) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(token_digest=digest(token), account_id=account, created_at=session.now, seen_at=session.now)
    )
    await session.flush()
    return token


async def signed_in(session: Session, token: str) -> SignedIn | None:
    """Who the session's token belongs to, or None: unknown, ended, idle for 15 minutes, 8 hours old, account closed."""
    statement = select(StaffAccount, col(StaffSession.seen_at)).join(
        StaffSession, col(StaffSession.account_id) == col(StaffAccount.id)
    )
    statement = statement.where(
        col(StaffSession.token_digest) == digest(token),
        col(StaffSession.seen_at) > session.now - IDLE,
        col(StaffSession.created_at) > session.now - ABSOLUTE,
        col(StaffAccount.closed_at).is_(None),
    )
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    return SignedIn(row[0].id, row[0].name, Access(await _grants(session, row[0].id)))


async def touch(session: Session, token: str) -> None:
    """The session was used: its idle time begins anew."""
    statement = update(StaffSession).where(
        col(StaffSession.token_digest) == digest(token), col(StaffSession.seen_at) < session.now - _TOUCH
    )
    await session.execute(statement.values(seen_at=session.now))


async def sign_out(session: Session, token: str) -> None:
    """End the session at once, wherever its cookie may have been copied to."""
    await session.execute(delete(StaffSession).where(col(StaffSession.token_digest) == digest(token)))


async def _grants(session: Session, account: str) -> frozenset[Grant]:
    rows = await session.all(select(StaffGrant).where(col(StaffGrant.account_id) == account))
    return frozenset(Grant(Role(row.role), row.place) for row in rows)


async def first_link(session: Session) -> str | None:
    """The token of the first administrator's link; None when there is an account already, or a link still waits."""
    accounts = await session.scalar(select(func.count()).select_from(StaffAccount))
    waiting = select(func.count()).select_from(StaffLink)
    waiting = waiting.where(col(StaffLink.used_at).is_(None), col(StaffLink.expires_at) > session.now)
    if accounts or await session.scalar(waiting):
        return None
    return await make_link(session, Grant(Role.SERVER), "first start")


async def make_link(session: Session, grant: Grant, by: str) -> str:
    """The token of a one-time link to an account with this role, good for 24 hours."""
    token = secrets.token_urlsafe(32)
    session.add(
        StaffLink(
            token_digest=digest(token),
            role=grant.role.value,
            place=grant.place,
            made_by=by,
            created_at=session.now,
            expires_at=session.now + LINK_LASTS,
        )
    )
    await record(session, "staff.invited", by, SERVER, {"role": grant.role.value, "place": grant.place})
    return token


async def link(session: Session, token: str) -> Grant | None:
    """What an unspent link gives, or None."""
    row = await _link(session, token)
    return None if row is None else Grant(Role(row.role), row.place)


async def _link(session: Session, token: str) -> StaffLink | None:
    statement = select(StaffLink).where(
        col(StaffLink.token_digest) == digest(token),
        col(StaffLink.used_at).is_(None),
        col(StaffLink.expires_at) > session.now,
    )
    row = await session.scalar(statement.with_for_update())
    return row if isinstance(row, StaffLink) else None


async def use_link(database: Database, passwords: Passwords, token: str, wanted: NewAccount) -> str | LinkRefusal:
    """Make the account a link is for and sign it in: the session's token, or why not."""
    async with database.reading(SERVER) as session:
        refusal = LinkRefusal.SPENT if await link(session, token) is None else await _refusal(session, wanted)
    if refusal is not None:
        return refusal
    hashed = await passwords.hash(wanted.password)
    async with database.session(SERVER) as session:
        row = await _link(session, token)
        if row is None:
            return LinkRefusal.SPENT
        row.used_at = session.now
        account = await _add(session, wanted, hashed, [Grant(Role(row.role), row.place)], row.made_by)
        return await _begin(session, account)


async def _refusal(session: Session, wanted: NewAccount) -> LinkRefusal | None:
    if not 1 <= len(wanted.name.strip()) <= 100 or not wanted.name.isprintable():
        return LinkRefusal.NAME
    if _USERNAME.fullmatch(wanted.login) is None:
        return LinkRefusal.USERNAME
    taken = select(col(StaffAccount.id)).where(col(StaffAccount.username) == wanted.login)
    if await session.scalar(taken) is not None:
        return LinkRefusal.TAKEN
    return None if is_acceptable(wanted.password, wanted.login) else LinkRefusal.PASSWORD


async def add_account(
    database: Database, passwords: Passwords, wanted: NewAccount, grants: Iterable[Grant], by: str
) -> str:
    """A new account's id. Raises ValueError for a name, user name or password that will not do."""
    async with database.reading(SERVER) as session:
        refusal = await _refusal(session, wanted)
    if refusal is not None:
        raise ValueError(f"this {refusal.value} will not do; a password has 12–128 characters and no user name in it")
    hashed = await passwords.hash(wanted.password)
    async with database.session(SERVER) as session:
        return await _add(session, wanted, hashed, grants, by)


async def _add(session: Session, wanted: NewAccount, hashed: str, grants: Iterable[Grant], by: str) -> str:
    account = secrets.token_hex(8)
    session.add(
        StaffAccount(
            id=account,
            username=wanted.login,
            name=wanted.name.strip(),
            password_hash=hashed,
            created_at=session.now,
        )
    )
    await session.flush()
    for grant in grants:
        session.add(StaffGrant(account_id=account, role=grant.role.value, place=grant.place))
    await record(session, "staff.account.made", by, SERVER, {"account": account})
    return account


async def close_account(session: Session, account: str, by: str) -> None:
    """Nobody signs in with the account any more, and its sessions end at once."""
    await session.execute(update(StaffAccount).where(col(StaffAccount.id) == account).values(closed_at=session.now))
    await session.execute(delete(StaffSession).where(col(StaffSession.account_id) == account))
    await record(session, "staff.account.closed", by, SERVER, {"account": account})


async def purge(session: Session, now: datetime) -> int:
    """Remove accounts that were closed two years ago, with what they were granted; how many."""
    gone = await session.all(select(col(StaffAccount.id)).where(col(StaffAccount.closed_at) < now - KEPT_AFTER_CLOSING))
    for table in (StaffGrant, StaffSession):
        await session.execute(delete(table).where(col(table.account_id).in_(gone)))
    await session.execute(delete(StaffAccount).where(col(StaffAccount.id).in_(gone)))
    return len(gone)


async def accounts(session: Session) -> list[AccountView]:
    """Every account, by name."""
    rows = await session.all(select(StaffAccount).order_by(col(StaffAccount.name)))
    return [AccountView(row.id, row.username, row.name, await _grants(session, row.id), row.closed_at) for row in rows]


async def names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """The names behind account ids, for "who changed this last"; an id that is no account's stands for itself."""
    wanted = set(ids)
    statement = select(col(StaffAccount.id), col(StaffAccount.name)).where(col(StaffAccount.id).in_(wanted))
    found = {row.id: row.name for row in (await session.execute(statement)).all()}
    return {wanted_id: found.get(wanted_id, wanted_id) for wanted_id in wanted}
