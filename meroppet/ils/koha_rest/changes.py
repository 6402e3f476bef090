"""Who has been changed since a time, page by page, for a replica of the facts about patrons."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from meroppet.ils.koha_rest.exchange import Exchange, where
from meroppet.ils.koha_rest.facts import read_patron
from meroppet.ils.koha_rest.http import Reply
from meroppet.ils.koha_rest.site import EntryAttribute
from meroppet.ils.ports import UnavailableCause
from meroppet.rules.eligibility import PatronFacts

OVERLAP = timedelta(days=1)
"""So much is asked for again: in which zone Koha reads the time of a condition is not known [src]."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class ChangedPatron:
    """One patron as she is now. Debts are in no listing: `facts.fees_minor` is None."""

    patron_id: str = field(repr=False)
    facts: PatronFacts = field(repr=False)
    updated_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """One page. `next` is the page to ask for then, None after the last one or when there was no answer.

    `is_whole` tells that all pages together are everybody, so that who is missing has been deleted; where only changes
    are listed, deletions do not show. `left_out` counts records that said too little to be believed.
    """

    patrons: tuple[ChangedPatron, ...] = ()
    next: int | None = None
    total: int | None = None
    is_whole: bool = False
    left_out: int = 0
    cause: UnavailableCause | None = None


async def changes_page(
    exchange: Exchange, since: datetime | None, page: int, *, queries: bool, may_enter: EntryAttribute | None
) -> ChangesPage:
    """The page; 19.05 has no conditions on time, so there everybody is listed every time. Raises Unreached."""
    query = [("_order_by", "+patron_id"), ("_page", str(page)), ("_per_page", str(PAGE))]
    if queries and since is not None:
        start = (since - OVERLAP).astimezone(UTC).isoformat(timespec="seconds")
        query.append(where({"updated_on": {">=": start}}))
    embed = ("extended_attributes",) if queries and may_enter is not None else ()
    reply = await exchange.get("/patrons", query, embed=embed)
    rows = reply.rows()
    found = [read_patron(row, may_enter) for row in rows]
    patrons = tuple(
        ChangedPatron(patron.card, patron.facts, patron.updated_on) for patron in found if patron is not None
    )
    return ChangesPage(
        patrons,
        page + 1 if _has_more(reply, page, len(rows)) else None,
        reply.total,
        is_whole=not queries or since is None,
        left_out=found.count(None),
    )


def _has_more(reply: Reply, page: int, rows: int) -> bool:
    if rows == 0:
        return False
    return rows >= PAGE if reply.total is None else page * PAGE < reply.total
