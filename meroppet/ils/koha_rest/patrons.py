"""Finding a patron, what she owes and has, and joining REST's word with SIP2's."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from meroppet.ils.koha_rest.circulation import holds_of, is_of, is_ready
from meroppet.ils.koha_rest.exchange import Exchange
from meroppet.ils.koha_rest.facts import KohaPatron, moment, read_balance, read_patron
from meroppet.ils.koha_rest.http import Doubtful, Unreached
from meroppet.ils.koha_rest.site import EntryAttribute
from meroppet.ils.ports import PatronAnswer, PatronReason, UnavailableCause
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer

_LONGEST = 64
"""Longest card number, PIN or barcode that is sent; the longest real ones are half of it."""


def can_send(text: str) -> bool:
    """Whether a card, PIN or barcode can be one: not empty, not endless, nothing that does not print."""
    return 0 < len(text) <= _LONGEST and text.isprintable()


def bad_input(card: str, pin: str | None) -> PatronReason | None:
    """Why this is not asked at all, or None."""
    if not can_send(card) or (pin and not can_send(pin)):
        return PatronReason.BAD_INPUT
    # Koha counts an empty PIN as a wrong one, and accepts it from patrons without a password [rec].
    return PatronReason.NO_PIN if pin is not None and not pin.strip() else None


async def find_patron(
    exchange: Exchange, card: str, *, may_enter: EntryAttribute | None, embed: Sequence[str] = ()
) -> KohaPatron | None:
    """The holder of exactly this card, or None; raises Unreached, also when Koha answers with others only."""
    # Without _match Koha searches for numbers that contain this one [rec].
    rows = (await exchange.get("/patrons", [("cardnumber", card), ("_match", "exact")], embed=embed)).rows()
    if not rows:
        return None
    hers = [
        row for row in rows if isinstance(told := row.get("cardnumber"), str) and told.casefold() == card.casefold()
    ]
    if len(hers) != 1:
        raise Doubtful(UnavailableCause.WRONG_PATRON)
    patron = read_patron(hers[0], may_enter)
    if patron is None:
        raise Doubtful(UnavailableCause.MALFORMED)
    return patron


async def debt_of(exchange: Exchange, patron: KohaPatron, *, within: float) -> int | None:
    """What the patron owes, or None: Koha fails on accounts with automatic fees [rec], and a door does not wait."""
    try:
        async with asyncio.timeout(within):
            reply = await exchange.get(f"/patrons/{patron.patron_id}/account")
    except (TimeoutError, Unreached):
        return None
    return read_balance(reply.body) if reply.status == 200 else None


@dataclass(frozen=True, slots=True)
class Counted:
    """What a patron has, as far as could be counted."""

    holds_ready: int = 0
    loans: int = 0
    loans_overdue: int = 0


async def counted(exchange: Exchange, patron: KohaPatron, now: datetime, *, within: float) -> Counted:
    """Holds and loans, for a greeting: none where they cannot be had in time or the API user may not see them."""
    try:
        async with asyncio.timeout(within):
            holds = await holds_of(exchange, patron)
            loans = (await exchange.get("/checkouts", [("patron_id", str(patron.patron_id))])).rows()
    except (TimeoutError, Unreached):
        return Counted()
    hers = [moment(row.get("due_date")) for row in loans if is_of(row, patron)]
    overdue = sum(due is not None and due < now for due in hers)
    return Counted(sum(map(is_ready, holds)), len(hers), overdue)


def known(patron: KohaPatron, pin: PinAnswer, debt: int | None, has: Counted) -> PatronAnswer:
    """The answer about a patron."""
    return PatronAnswer(
        pin,
        patron_id=patron.card,
        facts=replace(patron.facts, fees_minor=debt),
        name=patron.name,
        holds_ready=has.holds_ready,
        loans=has.loans,
        loans_overdue=has.loans_overdue,
    )


def joined(rest: PatronAnswer, sip2: PatronAnswer) -> PatronAnswer:
    """REST's facts with SIP2's word on the PIN; who is blocked in either is blocked. About two patrons: no answer."""
    if sip2.cause is not None:
        return patron_unavailable(sip2.cause)
    if sip2.reason in (PatronReason.BAD_INPUT, PatronReason.NO_PIN):
        return sip2
    if rest.facts is None or sip2.facts is None or not _is_same(rest.patron_id, sip2.patron_id):
        return patron_unavailable(UnavailableCause.WRONG_PATRON)
    return replace(
        sip2,
        patron_id=rest.patron_id,
        facts=_stricter(rest.facts, sip2.facts),
        name=rest.name,
    )


def _is_same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()


def _stricter(rest: PatronFacts, sip2: PatronFacts) -> PatronFacts:
    days = [day for day in (rest.expires, sip2.expires) if day is not None]
    return replace(
        rest,
        valid=rest.valid and sip2.valid,
        birth_date=rest.birth_date or sip2.birth_date,
        category=rest.category or sip2.category,
        expires=min(days, default=None),
        lost=rest.lost or sip2.lost,
        debarred=rest.debarred or sip2.debarred,
        blocked_from_borrowing=rest.blocked_from_borrowing or sip2.blocked_from_borrowing,
        fees_minor=sip2.fees_minor if rest.fees_minor is None else rest.fees_minor,
        home=rest.home or sip2.home,
    )


def patron_unavailable(cause: UnavailableCause) -> PatronAnswer:
    """The answer of a Koha that could not be asked or believed."""
    return PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=cause)
