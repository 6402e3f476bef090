"""What this Koha offers, found by asking it: a version number would have to be believed, and sites backport.

Nothing asked here names a patron or an item, counts as an attempt or changes anything.
"""

from dataclasses import dataclass

from meroppet.ils.koha_rest.exchange import Exchange, together, where
from meroppet.ils.koha_rest.http import Reply, Unreached
from meroppet.ils.ports import UnavailableCause


@dataclass(frozen=True, slots=True)
class Offers:
    """What there is beyond patrons, their accounts, loans and holds, which 19.05 has."""

    checks_pins: bool = False
    """POST /auth/password/validation: not in 19.05 [rec], in 22.11 and later [src]."""
    queries: bool = False
    """q= with JSON conditions: not in 19.05 [rec], from 20.05 [src]."""
    items: bool = False
    """GET /items by barcode: not in 19.05 [rec], from 20.05 [src]."""
    lends: bool = False
    """POST /checkouts: not in 19.05 [rec], from 23.11 [src]."""


async def probed(exchange: Exchange) -> Offers:
    """What is offered and permitted to this API user; raises Unreached where that cannot be told now."""
    pins, patrons, items, loans = await together(
        # Without a name there is nobody to check, so nobody's attempts are counted.
        exchange.probe("/auth/password/validation"),
        exchange.get("/patrons", [where({"patron_id": 0}), ("_per_page", "1")]),
        exchange.get("/items", [where({"item_id": 0}), ("_per_page", "1")]),
        # Without a patron and an item there is nothing to lend.
        exchange.probe("/checkouts"),
    )
    if patrons.status != 400 or not patrons.is_json:
        # Every Koha has patrons: a server that has none is not one that offers little, but one that is not up.
        patrons.rows()
    return Offers(
        checks_pins=_is_among(pins, 400),
        queries=patrons.status == 200,
        items=_is_among(items, 200),
        lends=loans.is_json and loans.status in (400, 409),
    )


def _is_among(reply: Reply, *yes: int) -> bool:
    if reply.status >= 500:
        # A Koha that is being restarted must not be taken for an old one.
        raise Unreached(UnavailableCause.REFUSED)
    return reply.is_json and reply.status in yes
