"""Telling branches of a card that is locked, or no longer, each under its own digest of the card."""

from collections.abc import Sequence

from meroppet.rules.credentials import CardNumber
from meroppet.rules.pin import CardLock
from meroppet.wire.access import LockDocument
from server.attempts.rows import Held
from server.db import Scope, Session
from server.keys import KeyRing
from server.organisations.service import branches
from server.patrons.subjects import branch_keys
from server.replication.service import publish


async def tell_branches(
    session: Session,
    keys: KeyRing,
    consortium: str,
    numbers: Sequence[CardNumber],
    held: Held,
    lock: CardLock | None,
) -> None:
    """Tell every branch of the consortium how a card stands: its holder may go to any of them next."""
    async with session.within(Scope.of_consortium(consortium)):
        for branch in await branches(session):
            named = await branch_keys(session, keys, branch.id)
            if named is None:
                # It admits nobody yet, and has nothing to name a card by.
                continue
            for number in numbers:
                tell_branch(session, consortium, branch.id, named.subject(number), held, lock)


def tell_branch(
    session: Session, consortium: str, branch: str, subject: str, held: Held, lock: CardLock | None
) -> None:
    """Tell one branch how a card stands that it knows by this digest."""
    document = LockDocument(
        failures=held.count.failures,
        locked_until=None if lock is None else lock.until,
        until_reset=lock is not None and lock.until is None,
        cleared=held.cleared,
    )
    is_news = lock is not None or held.cleared > 0
    publish(session, consortium, audience=branch, kind="lock", key=subject, value=document if is_news else None)
