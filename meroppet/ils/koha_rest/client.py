"""A Koha over REST behind the port `Ils`: facts and changes from REST, the rest from SIP2 where there is an account."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from meroppet.ils.breaker import Breaker
from meroppet.ils.koha_rest import circulation
from meroppet.ils.koha_rest.calls import LISTING_DEADLINE, Failed, KohaCalls
from meroppet.ils.koha_rest.changes import ChangesPage, changes_page
from meroppet.ils.koha_rest.circulation import KohaItem
from meroppet.ils.koha_rest.exchange import Exchange
from meroppet.ils.koha_rest.facts import KohaPatron, read_balance
from meroppet.ils.koha_rest.http import Unreached
from meroppet.ils.koha_rest.offers import Offers
from meroppet.ils.koha_rest.patrons import (
    Counted,
    bad_input,
    can_send,
    counted,
    debt_of,
    find_patron,
    joined,
    known,
    patron_unavailable,
)
from meroppet.ils.koha_rest.pins import checked_pin
from meroppet.ils.koha_rest.site import KohaSite
from meroppet.ils.personnummer import born_by
from meroppet.ils.ports import (
    AccountReason,
    Can,
    Capabilities,
    FeesAnswer,
    HoldAnswer,
    HoldReason,
    HoldsAnswer,
    Ils,
    IlsStatus,
    ItemAnswer,
    ItemReason,
    LoanAnswer,
    LoanReason,
    PatronAnswer,
    PatronReason,
    PaymentAnswer,
    PaymentReason,
    ReturnAnswer,
    ReturnReason,
    UnavailableCause,
)
from meroppet.ils.sip2_calls import Health
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import Clock

log = logging.getLogger(__name__)

_SHARE = 0.5
"""So much of the deadline may go on what an answer can do without."""


class KohaRestIls:
    """The port `Ils` against one Koha over REST, with an optional SIP2 account at the same Koha.

    REST answers for patrons, debts and changes, and for PINs where Koha offers that. Everything that moves an item goes
    by SIP2 when there is an account, because there the account decides the branch; without one, Kohas that offer it are
    asked over REST, and the rest is refused. Each call ends within `deadline` seconds; what changes something may be
    given more, by `change_deadline`. The SIP2 client is closed with this one.
    """

    def __init__(
        self,
        site: KohaSite,
        clock: Clock,
        *,
        sip2: Ils | None = None,
        deadline: float = 2.0,
        change_deadline: float | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._site = site
        self._clock = clock
        self._sip2 = sip2
        self._deadline = deadline
        self._change_deadline = change_deadline if change_deadline is not None else deadline
        self._zone = ZoneInfo(site.zone)
        self._calls = KohaCalls(site, clock, breaker if breaker is not None else Breaker())
        if site.may_connect and not site.is_encrypted:
            log.warning("register=%s speaks plain http: PINs and names can be read on the way", site.name)

    @property
    def health(self) -> Health:
        """How Koha's REST interface has been; nothing is asked for it."""
        return self._calls.health

    async def patron(self, card: str, pin: str | None) -> PatronAnswer:
        """See `Ils`. An empty PIN never leaves this machine; a PIN never goes anywhere before the card is known."""
        refused = bad_input(card, pin)
        if refused is not None:
            return PatronAnswer(PinAnswer.UNKNOWN, refused)
        until = asyncio.get_running_loop().time() + self._deadline
        if born_by(card) is not None:
            by_number = await self._by_personnummer(card)
            if by_number.facts is None or by_number.patron_id is None:
                return by_number
            card = by_number.patron_id
        found = await self._calls.until(until, lambda exchange: self._patron(exchange, card, pin))
        if isinstance(found, Failed):
            return patron_unavailable(found.cause)
        answer, asks_sip2 = found
        if not asks_sip2 or self._sip2 is None:
            return answer
        try:
            async with asyncio.timeout_at(until):
                return joined(answer, await self._sip2.patron(card, pin))
        except TimeoutError:
            return patron_unavailable(UnavailableCause.TIMEOUT)

    async def _by_personnummer(self, number: str) -> PatronAnswer:
        # Over REST it would stand in an address, and so in the web server's log; SIP2 is asked, or nobody.
        if self._sip2 is None:
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD)
        return await self._sip2.patron(number, None)

    async def _patron(self, exchange: Exchange, card: str, pin: str | None) -> tuple[PatronAnswer, bool]:
        offers = await self._calls.offered(exchange)
        patron = await self._found(exchange, card, offers)
        if patron is None:
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD), False
        locked = patron.is_locked(self._site.wrong_pins_until_locked)
        asks_sip2 = pin is not None and not locked and not offers.checks_pins and self._sip2 is not None
        share, now = self._deadline * _SHARE, self._clock.now()
        async with asyncio.TaskGroup() as group:
            debt = group.create_task(debt_of(exchange, patron, within=share))
            has = None if asks_sip2 else group.create_task(counted(exchange, patron, now, within=share))
            checked = group.create_task(_pin(exchange, patron, pin, offers, locked=locked))
        word = checked.result()
        if isinstance(word, Unreached):
            raise word
        return known(patron, word, debt.result(), Counted() if has is None else has.result()), asks_sip2

    async def _found(self, exchange: Exchange, card: str, offers: Offers) -> KohaPatron | None:
        rule = self._site.may_enter
        embed = ("extended_attributes",) if rule is not None and offers.queries else ()
        return await find_patron(exchange, card, may_enter=rule, embed=embed)

    async def item(self, barcode: str) -> ItemAnswer:
        """See `Ils`."""
        if self._sip2 is not None:
            return await self._sip2.item(barcode)
        if not can_send(barcode):
            return ItemAnswer(ItemReason.BAD_INPUT, barcode)
        found = await self._calls.within(self._deadline, lambda exchange: self._item(exchange, barcode))
        if isinstance(found, Failed):
            return ItemAnswer(ItemReason.UNAVAILABLE, barcode, cause=found.cause)
        if found is None:
            return ItemAnswer(ItemReason.UNKNOWN_ITEM, barcode)
        return ItemAnswer(ItemReason.KNOWN, barcode, found.title, found.state)

    async def _item(self, exchange: Exchange, barcode: str) -> KohaItem | None:
        if not (await self._calls.offered(exchange)).items:
            raise Unreached(UnavailableCause.REFUSED)
        return await circulation.find_item(exchange, barcode)

    async def checkout(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """See `Ils`. Never sent twice: `may_have_happened` tells when nobody knows."""
        if self._sip2 is not None:
            return await self._sip2.checkout(card, pin, barcode)
        return await self._loan(card, barcode, circulation.lend, lambda offers: offers.lends)

    async def renew(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """See `Ils`."""
        if self._sip2 is not None:
            return await self._sip2.renew(card, pin, barcode)
        return await self._loan(card, barcode, circulation.renew, lambda _offers: True)

    async def _loan(
        self,
        card: str,
        barcode: str,
        make: Callable[[Exchange, KohaPatron, KohaItem, ZoneInfo], Awaitable[LoanAnswer]],
        is_offered: Callable[[Offers], bool],
    ) -> LoanAnswer:
        if not can_send(card) or not can_send(barcode):
            return LoanAnswer(LoanReason.BAD_INPUT, barcode)

        async def made(exchange: Exchange) -> LoanAnswer:
            offers = await self._calls.offered(exchange)
            if not offers.items or not is_offered(offers):
                return LoanAnswer(LoanReason.REFUSED, barcode)
            both = await self._both(exchange, card, barcode, offers)
            if isinstance(both, _Missing):
                return LoanAnswer(LoanReason.UNKNOWN_ITEM if both.item else LoanReason.UNKNOWN_PATRON, barcode)
            return await make(exchange, *both, self._zone)

        done = await self._calls.within(self._change_deadline, made)
        if isinstance(done, Failed):
            return LoanAnswer(LoanReason.UNAVAILABLE, barcode, cause=done.cause, may_have_happened=done.sent)
        return done

    async def _both(
        self, exchange: Exchange, card: str, barcode: str, offers: Offers
    ) -> "tuple[KohaPatron, KohaItem] | _Missing":
        patron = await self._found(exchange, card, offers)
        if patron is None:
            return _Missing(item=False)
        item = await circulation.find_item(exchange, barcode)
        return (patron, item) if item is not None else _Missing(item=True)

    async def checkin(self, barcode: str) -> ReturnAnswer:
        """See `Ils`. REST has no return in any Koha that was read."""
        if self._sip2 is not None:
            return await self._sip2.checkin(barcode)
        return ReturnAnswer(ReturnReason.REFUSED if can_send(barcode) else ReturnReason.BAD_INPUT, barcode)

    async def holds(self, card: str, pin: str | None) -> HoldsAnswer:
        """See `Ils`. REST tells no barcode with a hold, so SIP2 is asked first."""
        if self._sip2 is not None:
            return await self._sip2.holds(card, pin)
        if not can_send(card):
            return HoldsAnswer(AccountReason.BAD_INPUT)

        async def listed(exchange: Exchange) -> HoldsAnswer:
            offers = await self._calls.offered(exchange)
            if not (offers.items and offers.queries):
                return HoldsAnswer(AccountReason.NOT_SUPPORTED)
            patron = await self._found(exchange, card, offers)
            if patron is None:
                return HoldsAnswer(AccountReason.NO_SUCH_CARD)
            return HoldsAnswer(AccountReason.KNOWN, await circulation.named_holds(exchange, patron))

        told = await self._calls.within(self._deadline, listed)
        return HoldsAnswer(AccountReason.UNAVAILABLE, cause=told.cause) if isinstance(told, Failed) else told

    async def place_hold(self, card: str, pin: str | None, barcode: str, pickup: str | None = None) -> HoldAnswer:
        """See `Ils`."""
        if self._sip2 is not None:
            return await self._sip2.place_hold(card, pin, barcode, pickup)
        branch = pickup or self._site.pickup
        if branch is None:
            return HoldAnswer(HoldReason.NOT_SUPPORTED, barcode)
        return await self._hold(
            card, barcode, lambda exchange, patron, item: circulation.place_hold(exchange, patron, item, branch)
        )

    async def cancel_hold(self, card: str, pin: str | None, barcode: str) -> HoldAnswer:
        """See `Ils`. Koha refused every cancelling over SIP2 that was tried, so REST comes first where it can."""
        answer = await self._hold(card, barcode, circulation.cancel_hold)
        if self._sip2 is not None and answer.reason is HoldReason.NOT_SUPPORTED:
            return await self._sip2.cancel_hold(card, pin, barcode)
        return answer

    async def _hold(
        self, card: str, barcode: str, make: Callable[[Exchange, KohaPatron, KohaItem], Awaitable[HoldAnswer]]
    ) -> HoldAnswer:
        if not can_send(card) or not can_send(barcode):
            return HoldAnswer(HoldReason.BAD_INPUT, barcode)

        async def made(exchange: Exchange) -> HoldAnswer:
            offers = await self._calls.offered(exchange)
            if not offers.items:
                return HoldAnswer(HoldReason.NOT_SUPPORTED, barcode)
            both = await self._both(exchange, card, barcode, offers)
            if isinstance(both, _Missing):
                return HoldAnswer(HoldReason.UNKNOWN_ITEM if both.item else HoldReason.UNKNOWN_PATRON, barcode)
            return await make(exchange, *both)

        done = await self._calls.within(self._change_deadline, made)
        if isinstance(done, Failed):
            return HoldAnswer(HoldReason.UNAVAILABLE, barcode, may_have_happened=done.sent, cause=done.cause)
        return done

    async def fees(self, card: str, pin: str | None) -> FeesAnswer:
        """See `Ils`. Where Koha fails on the account, SIP2 is asked."""
        if not can_send(card):
            return FeesAnswer(AccountReason.BAD_INPUT)
        told = await self._calls.within(self._deadline, lambda exchange: self._fees(exchange, card))
        answer = FeesAnswer(AccountReason.UNAVAILABLE, cause=told.cause) if isinstance(told, Failed) else told
        if self._sip2 is not None and (answer.reason is not AccountReason.KNOWN or answer.owed_minor is None):
            return await self._sip2.fees(card, pin)
        return answer

    async def _fees(self, exchange: Exchange, card: str) -> FeesAnswer:
        patron = await self._found(exchange, card, Offers())
        if patron is None:
            return FeesAnswer(AccountReason.NO_SUCH_CARD)
        reply = await exchange.get(f"/patrons/{patron.patron_id}/account")
        owed = read_balance(reply.body) if reply.status == 200 else None
        return FeesAnswer(AccountReason.KNOWN, owed, self._site.currency)

    async def pay_fee(self, card: str, pin: str | None, amount_minor: int, payment_id: str) -> PaymentAnswer:
        """See `Ils`. Over SIP2 only: credits over REST were never seen to work."""
        if self._sip2 is not None:
            return await self._sip2.pay_fee(card, pin, amount_minor, payment_id)
        return PaymentAnswer(PaymentReason.NOT_SUPPORTED)

    async def status(self) -> IlsStatus:
        """See `Ils`; also what wakes a Koha whose first answer takes seconds."""
        told = await self._calls.within(self._deadline, self._calls.offered)
        if isinstance(told, Failed):
            return IlsStatus(online=False, cause=told.cause)
        has_sip2 = self._sip2 is not None
        return IlsStatus(online=True, checkout_ok=has_sip2 or (told.lends and told.items), checkin_ok=has_sip2)

    async def capabilities(self) -> Capabilities:
        """See `Ils`: what this Koha offers over REST, and what the SIP2 account adds."""
        told = await self._calls.within(self._deadline, self._calls.offered)
        other = await self._sip2.capabilities() if self._sip2 is not None else Capabilities()
        if isinstance(told, Failed):
            return Capabilities(other.can, cause=told.cause)
        can = {Can.TELL_FEES, Can.LIST_CHANGES} | other.can
        offered = {
            Can.CHECK_PIN: told.checks_pins,
            Can.CHECKOUT: told.lends and told.items,
            Can.RENEW: told.items,
            Can.LIST_HOLDS: told.items and told.queries,
            Can.PLACE_HOLD: told.items and self._site.pickup is not None,
            Can.CANCEL_HOLD: told.items,
        }
        return Capabilities(frozenset(can | {one for one, is_there in offered.items() if is_there}), other.cause)

    async def changes(self, since: datetime | None, page: int = 1) -> ChangesPage:
        """A page of the patrons changed since a time (None: of all); never raises, and may take 30 s."""

        async def listed(exchange: Exchange) -> ChangesPage:
            queries = (await self._calls.offered(exchange)).queries
            return await changes_page(exchange, since, page, queries=queries, may_enter=self._site.may_enter)

        told = await self._calls.within(LISTING_DEADLINE, listed)
        return ChangesPage(cause=told.cause) if isinstance(told, Failed) else told

    async def close(self) -> None:
        """Give back all connections; safe to call twice, and the next call opens new ones."""
        await self._calls.close()
        if self._sip2 is not None:
            await self._sip2.close()


@dataclass(frozen=True, slots=True)
class _Missing:
    item: bool


async def _pin(
    exchange: Exchange, patron: KohaPatron, pin: str | None, offers: Offers, *, locked: bool
) -> PinAnswer | Unreached:
    """Koha's word on the PIN; a failure comes back as a value, so that what runs beside it ends in order."""
    if pin is None:
        return PinAnswer.UNKNOWN
    if locked:
        # What Koha would say, without asking: over SIP2 a locked patron looks like a wrong PIN [rec].
        return PinAnswer.WRONG
    if not offers.checks_pins:
        return PinAnswer.UNKNOWN
    try:
        return await checked_pin(exchange, patron, pin)
    except Unreached as lost:
        return lost
