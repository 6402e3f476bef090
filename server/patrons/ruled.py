"""When a branch's rules become stricter: what a register's facts said by the former ones speaks for nobody any more."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.policy import WithoutConnection
from server.db import Scope, Session
from server.keys import KeyRing
from server.patrons.facts import end_facts
from server.patrons.models import PatronFacts
from server.patrons.telling import pieces, tell_at
from server.policies.service import Touched

OF_THE_FACTS = frozenset(
    {
        "minimum_age", "guardian_below", "categories", "blocks", "fees_limit_minor", "homes", "guests",
        "without_connection", "facts_ttl_hours",
    }
)  # fmt: skip
"""Rules that the nightly walk has asked of a register's facts, so that a door without a connection need not."""


async def end_former_facts(session: Session, keys: KeyRing, touched: Sequence[Touched]) -> int:
    """End what was found out by rules that are stricter now, and tell the branches' doors; for how many patrons.

    Until the next walk a card alone opens for none of them: it has not been asked whether they fulfil the new rules.
    """
    ended = 0
    for one in touched:
        if not _is_other(one):
            continue
        async with session.within(Scope.of_consortium(one.branch.consortium)):
            here = col(PatronFacts.branch_id) == one.branch.id
            patrons = list(await session.all(select(col(PatronFacts.patron_id)).where(here)))
            for some in pieces(patrons):
                await end_facts(session, one.branch, some)
        await tell_at(session, keys, one.branch, patrons)
        ended += len(patrons)
    return ended


def _is_other(one: Touched) -> bool:
    if one.before is None or one.before.without_connection is not WithoutConnection.CARD_ONLY:
        return False
    return any(each.field in OF_THE_FACTS and each.is_stricter is not False for each in one.differences)
