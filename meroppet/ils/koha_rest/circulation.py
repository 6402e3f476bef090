"""Items, loans and holds over REST where there is no SIP2 account: 20.05 and later, read in the sources, never run.

Koha matches numbers and texts by "contains" in several lists [rec], so everything found is compared here again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from meroppet.ils.koha_rest.exchange import Exchange, where
from meroppet.ils.koha_rest.facts import KohaPatron, Row, moment, number, text
from meroppet.ils.koha_rest.http import Doubtful, Reply, Unreached
from meroppet.ils.ports import (
    Hold,
    HoldAnswer,
    HoldReason,
    HoldState,
    ItemState,
    LoanAnswer,
    LoanReason,
    UnavailableCause,
)

_LOAN_REFUSALS = (
    # [src] the keys of blockers and confirmations; the texts of renewals in brackets are [rec] for too_many.
    (r"TOO_MANY|too_many|too_soon|NO_MORE_RENEWALS", LoanReason.LIMIT),
    (r"RESERVE|RESERVED|on_reserve|HOLD", LoanReason.RESERVED_BY_OTHER),
    (r"NOT_FOR_LOAN|WTHDRAWN|AGE_RESTRICTION|RESTRICTED|ITEM_LOST|IN_TRANSIT", LoanReason.NOT_FOR_LOAN),
    (r"DEBARRED|USERBLOCKED|EXPIRED|DEBT|GNA|CARD_LOST|restriction|overdue|auto_account", LoanReason.PATRON_BLOCKED),
    (r"ISSUED_TO_ANOTHER|RENEW_ISSUE", LoanReason.ALREADY_ON_LOAN),
    (r"UNKNOWN_BARCODE|ITEM_NOT_FOUND|Item not found", LoanReason.UNKNOWN_ITEM),
    (r"PATRON_NOT_FOUND|Patron not found", LoanReason.UNKNOWN_PATRON),
)


@dataclass(frozen=True, slots=True)
class KohaItem:
    """An item and the keys Koha knows it by."""

    item_id: int
    biblio_id: int
    barcode: str
    title: str | None
    state: ItemState


async def find_item(exchange: Exchange, barcode: str) -> KohaItem | None:
    """The item with this barcode, or None; raises Unreached, also when Koha answers with other items only."""
    query = [("external_id", barcode), ("_match", "exact")]
    rows = (await exchange.get("/items", query, embed=("biblio",))).rows()
    for row in rows:
        item = _item(row)
        if item is not None and item.barcode == barcode:
            return item
    if rows:
        raise Doubtful(UnavailableCause.WRONG_ITEM)
    return None


def _item(row: Row) -> KohaItem | None:
    item_id, biblio_id, barcode = number(row, "item_id"), number(row, "biblio_id"), text(row, "external_id")
    if item_id is None or biblio_id is None or barcode is None:
        return None
    biblio = row.get("biblio")
    title = text(biblio, "title") if isinstance(biblio, Mapping) else None
    return KohaItem(item_id, biblio_id, barcode, title, _state(row))


def _state(row: Row) -> ItemState:
    if number(row, "lost_status"):
        return ItemState.MISSING
    if text(row, "checked_out_date") is not None:
        return ItemState.ON_LOAN
    marks = ("withdrawn", "not_for_loan_status", "damaged_status", "restricted_status")
    # Whether it waits for somebody is told elsewhere: available here means no more than that nothing speaks against it.
    return ItemState.OTHER if any(row.get(mark) not in (0, None) for mark in marks) else ItemState.AVAILABLE


async def lend(exchange: Exchange, patron: KohaPatron, item: KohaItem, zone: ZoneInfo) -> LoanAnswer:
    """Lend at the API user's own branch; what staff would have to confirm is refused. Raises Unreached."""
    reply = await exchange.change("POST", "/checkouts", {"patron_id": patron.patron_id, "item_id": item.item_id})
    if reply.status == 412:
        return LoanAnswer(await _to_confirm(exchange, patron, item), item.barcode, item.title)
    return _loan(exchange, reply, patron, item, LoanReason.LOANED, zone)


async def _to_confirm(exchange: Exchange, patron: KohaPatron, item: KohaItem) -> LoanReason:
    query = [("patron_id", str(patron.patron_id)), ("item_id", str(item.item_id))]
    told = (await exchange.get("/checkouts/availability", query)).content()
    confirms = told.get("confirms") if isinstance(told, dict) else None
    return _refusal(" ".join(confirms)) if isinstance(confirms, dict) else LoanReason.REFUSED


async def renew(exchange: Exchange, patron: KohaPatron, item: KohaItem, zone: ZoneInfo) -> LoanAnswer:
    """Extend the patron's own loan of the item. Raises Unreached."""
    rows = (await exchange.get("/checkouts", [("patron_id", str(patron.patron_id))])).rows()
    own = (row for row in rows if is_of(row, patron) and number(row, "item_id") == item.item_id)
    loan = next((found for row in own if (found := number(row, "checkout_id")) is not None), None)
    if loan is None:
        return LoanAnswer(LoanReason.ALREADY_ON_LOAN, item.barcode, item.title)
    reply = await exchange.change("POST", f"/checkouts/{loan}/renewal")
    return _loan(exchange, reply, patron, item, LoanReason.RENEWED, zone)


def _loan(
    exchange: Exchange, reply: Reply, patron: KohaPatron, item: KohaItem, done: LoanReason, zone: ZoneInfo
) -> LoanAnswer:
    if reply.status == 201 and isinstance(reply.body, dict):
        if not is_of(reply.body, patron) or number(reply.body, "item_id") != item.item_id:
            # Somebody's loan was made or extended; whose is not known.
            exchange.sent = True
            raise Doubtful(UnavailableCause.WRONG_PATRON)
        return LoanAnswer(done, item.barcode, item.title, _due(reply.body, zone))
    if reply.status in (403, 404, 409) and reply.is_json:
        return LoanAnswer(_refusal(reply.error), item.barcode, item.title)
    exchange.sent = exchange.sent or reply.status < 300
    raise Unreached(UnavailableCause.REFUSED if reply.status >= 500 else UnavailableCause.MALFORMED)


def _refusal(said: str) -> LoanReason:
    return next((reason for pattern, reason in _LOAN_REFUSALS if re.search(pattern, said)), LoanReason.REFUSED)


def _due(row: Row, zone: ZoneInfo) -> date | None:
    due = moment(row.get("due_date"))
    return due.astimezone(zone).date() if due is not None else None


def is_of(row: Row, patron: KohaPatron) -> bool:
    """Whether a loan or hold is this patron's: ?patron_id=1 lists those of 10, 11 and 12 as well [rec]."""
    return number(row, "patron_id") == patron.patron_id


async def holds_of(exchange: Exchange, patron: KohaPatron) -> list[Row]:
    """The patron's own holds; raises Unreached."""
    rows = (await exchange.get("/holds", [("patron_id", str(patron.patron_id))])).rows()
    return [row for row in rows if is_of(row, patron)]


def is_ready(row: Row) -> bool:
    """Whether a hold waits on the shelf: status W [src]; on its way (T) is not there yet."""
    return row.get("status") == "W"


async def named_holds(exchange: Exchange, patron: KohaPatron) -> tuple[Hold, ...]:
    """The patron's holds with some item's barcode and the title, those ready first; raises Unreached."""
    rows = await holds_of(exchange, patron)
    biblios = sorted({biblio for row in rows if (biblio := number(row, "biblio_id")) is not None})
    if not biblios:
        return ()
    query = [where({"biblio_id": {"-in": biblios}}), ("_per_page", "100")]
    told = (await exchange.get("/items", query, embed=("biblio",))).rows()
    items = [item for row in told if (item := _item(row)) is not None]
    return tuple(_hold(row, items) for row in sorted(rows, key=is_ready, reverse=True))


def _hold(row: Row, items: list[KohaItem]) -> Hold:
    item_id, biblio_id = number(row, "item_id"), number(row, "biblio_id")
    of_title = [item for item in items if item.biblio_id == biblio_id]
    item = next((item for item in of_title if item.item_id == item_id), of_title[0] if of_title else None)
    state = HoldState.READY if is_ready(row) else HoldState.WAITING
    pickup = text(row, "pickup_library_id")
    return Hold(item.barcode if item is not None else "", state, item.title if item is not None else None, pickup)


async def place_hold(exchange: Exchange, patron: KohaPatron, item: KohaItem, pickup: str) -> HoldAnswer:
    """Place a hold on the title; raises Unreached."""
    body = {"patron_id": patron.patron_id, "biblio_id": item.biblio_id, "pickup_library_id": pickup}
    reply = await exchange.change("POST", "/holds", body)
    if reply.status == 201:
        return HoldAnswer(HoldReason.PLACED, item.barcode)
    if reply.status in (400, 403, 404) and reply.is_json:
        return HoldAnswer(HoldReason.REFUSED, item.barcode)
    raise Unreached(UnavailableCause.REFUSED if reply.status >= 500 else UnavailableCause.MALFORMED)


async def cancel_hold(exchange: Exchange, patron: KohaPatron, item: KohaItem) -> HoldAnswer:
    """Cancel the patron's hold on the title; raises Unreached."""
    rows = await holds_of(exchange, patron)
    own = (number(row, "hold_id") for row in rows if number(row, "biblio_id") == item.biblio_id)
    hold = next((found for found in own if found is not None), None)
    if hold is None:
        return HoldAnswer(HoldReason.REFUSED, item.barcode)
    reply = await exchange.change("DELETE", f"/holds/{hold}")
    # 200 in 19.05 [rec], 204 later [src]; 202 where Koha only takes note of the wish [src].
    if reply.status in (200, 202, 204):
        return HoldAnswer(HoldReason.CANCELLED, item.barcode)
    if reply.status in (403, 404) and reply.is_json:
        return HoldAnswer(HoldReason.REFUSED, item.barcode)
    raise Unreached(UnavailableCause.REFUSED if reply.status >= 500 else UnavailableCause.MALFORMED)
