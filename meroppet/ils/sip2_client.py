"""A library system over SIP2: the port `Ils`, with a hard deadline for each call and a breaker."""

import asyncio
from collections.abc import Callable
from copy import copy
from datetime import date

from meroppet.ils.breaker import Breaker
from meroppet.ils.personnummer import born_by
from meroppet.ils.ports import (
    AccountReason,
    Capabilities,
    FeesAnswer,
    HoldAnswer,
    HoldReason,
    HoldsAnswer,
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
from meroppet.ils.profiles import PinMessage, SiteProfile
from meroppet.ils.sip2_account_answers import capabilities, fees_answer, holds_answer
from meroppet.ils.sip2_answers import (
    confirmed,
    patron_answer,
    patron_unavailable,
    status_answer,
    status_of_patron,
    with_facts,
)
from meroppet.ils.sip2_calls import Failed, Health, Make, Sip2Calls
from meroppet.ils.sip2_changes import HoldChange, Loan, Payment, Renewal, Return
from meroppet.ils.sip2_connection import Sip2Account, Tls
from meroppet.ils.sip2_pool import STAYS_OPEN, Sip2Pool
from meroppet.ils.sip2_questions import Sip2Questions
from meroppet.ils.sip2_requests import can_carry
from meroppet.ils.sip2_settlement import Settlement
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import Clock
from meroppet.sip2.requests import HoldMode, Summary
from meroppet.sip2.views import AcsStatusView, PatronView

__all__ = ["Health", "Sip2Account", "Sip2Ils", "Tls"]

_HIGHEST_AMOUNT = 10**9


class Sip2Ils:
    """The port `Ils` against one register, as one account, over the connections its profile allows (one by default).

    Each call ends within `deadline` seconds, waiting, connecting and logging in included; what changes something may be
    given more, by `change_deadline`. After a time-out or any doubt the connection is dropped. What changes something is
    sent once; what only asks is asked again on a new connection where the old one turns out to have been closed while
    idle.
    """

    def __init__(
        self,
        profile: SiteProfile,
        account: Sip2Account,
        clock: Clock,
        *,
        deadline: float = 2.0,
        change_deadline: float | None = None,
        breaker: Breaker | None = None,
        stays_open: float = STAYS_OPEN,
    ) -> None:
        pool = Sip2Pool(profile, account, clock, stays_open=stays_open)
        self._calls = Sip2Calls(profile, account, clock, pool, breaker if breaker is not None else Breaker())
        self._profile = profile
        self._deadline = deadline
        self._is_urgent = False
        self._questions = Sip2Questions(profile, self._calls)
        changed_within = change_deadline if change_deadline is not None else deadline
        self._settlement = Settlement(self._calls, self._questions, changed_within)

    def for_the_door(self) -> "Sip2Ils":
        """The same connections, breaker and unsettled changes, for somebody who stands before a locked door.

        Her card and PIN are asked about before whatever else waits for a connection. Closing either closes both.
        """
        urgent = copy(self)
        urgent._is_urgent = True  # noqa: SLF001 (of this very class)
        return urgent

    @property
    def health(self) -> Health:
        """How the register has been; nothing is asked for it."""
        return self._calls.health

    async def patron(self, card: str, pin: str | None) -> PatronAnswer:
        """See `Ils`. An empty PIN never leaves this machine."""
        if not self._can_send(card) or (pin and not self._can_send(pin)):
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.BAD_INPUT)
        if pin is not None and not pin.strip():
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.NO_PIN)
        until = self._until_deadline()
        if born_by(card) is None:
            return await self._of_card(card, pin, until)
        found = await self._informed(card, None, until)
        if found.facts is None or found.patron_id is None:
            return found
        # What the register calls her is asked back: an answer that mixes two patrons is about neither.
        return confirmed(found, await self._of_card(found.patron_id, pin, until))

    async def _of_card(self, card: str, pin: str | None, until: float) -> PatronAnswer:
        if pin is None or self._profile.pin_message is PinMessage.PATRON_INFORMATION:
            return await self._informed(card, pin, until)
        by_pin = await self._checked(card, pin, until)
        return with_facts(by_pin, await self._informed(card, None, until)) if by_pin.pin is PinAnswer.RIGHT else by_pin

    async def _informed(self, card: str, pin: str | None, until: float) -> PatronAnswer:
        return await self._patron(
            lambda ask: ask.patron_information(card, pin),
            lambda view: patron_answer(self._profile, view, card, pin_sent=pin is not None, today=self._today()),
            until,
        )

    async def _checked(self, card: str, pin: str, until: float) -> PatronAnswer:
        return await self._patron(
            lambda ask: ask.patron_status(card, pin),
            lambda view: status_of_patron(self._profile, view, card, today=self._today()),
            until,
        )

    async def _patron(self, make: Make, read: Callable[[PatronView], PatronAnswer], until: float) -> PatronAnswer:
        outcome = await self._calls.ask(
            make,
            lambda answer: (
                read(PatronView(answer.message))
                if answer.verified
                else patron_unavailable(UnavailableCause.BAD_CHECKSUM)
            ),
            until,
            is_urgent=self._is_urgent,
        )
        return patron_unavailable(outcome.cause) if isinstance(outcome, Failed) else outcome

    def _today(self) -> date:
        return self._calls.local_time().date()

    async def item(self, barcode: str) -> ItemAnswer:
        """See `Ils`."""
        if not self._can_send(barcode):
            return ItemAnswer(ItemReason.BAD_INPUT, barcode)
        return await self._questions.item(barcode, self._until_deadline())

    async def checkout(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """See `Ils`. Never sent twice: `may_have_happened` tells when nobody knows."""
        if not self._can_send(card, barcode):
            return LoanAnswer(LoanReason.BAD_INPUT, barcode)
        return await self._settlement.make(Loan(self._profile, card, pin, barcode))

    async def renew(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """See `Ils`."""
        if not self._can_send(card, barcode):
            return LoanAnswer(LoanReason.BAD_INPUT, barcode)
        return await self._settlement.make(Renewal(self._profile, card, pin, barcode))

    async def checkin(self, barcode: str) -> ReturnAnswer:
        """See `Ils`."""
        if not self._can_send(barcode):
            return ReturnAnswer(ReturnReason.BAD_INPUT, barcode)
        return await self._settlement.make(Return(self._profile, barcode))

    async def holds(self, card: str, pin: str | None) -> HoldsAnswer:
        """See `Ils`; two questions, because a register lists one kind at a time."""
        if not self._can_send(card) or (pin and not self._can_send(pin)):
            return HoldsAnswer(AccountReason.BAD_INPUT)
        until = self._until_deadline()
        first = await self._questions.account(card, pin, Summary.HOLDS, until)
        has_no_more = first.view is None or first.view.count("unavailable") == 0
        second = None if has_no_more else await self._questions.account(card, pin, Summary.UNAVAILABLE_HOLDS, until)
        return holds_answer(self._profile, first, second)

    async def place_hold(self, card: str, pin: str | None, barcode: str, pickup: str | None = None) -> HoldAnswer:
        """See `Ils`."""
        return await self._hold(HoldChange(self._profile, card, pin, barcode, HoldMode.ADD, pickup))

    async def cancel_hold(self, card: str, pin: str | None, barcode: str) -> HoldAnswer:
        """See `Ils`."""
        return await self._hold(HoldChange(self._profile, card, pin, barcode, HoldMode.CANCEL))

    async def _hold(self, change: HoldChange) -> HoldAnswer:
        if not self._can_send(change.card, change.barcode, change.pickup or change.barcode):
            return HoldAnswer(HoldReason.BAD_INPUT, change.barcode)
        return await self._settlement.make(change)

    async def fees(self, card: str, pin: str | None) -> FeesAnswer:
        """See `Ils`."""
        if not self._can_send(card) or (pin and not self._can_send(pin)):
            return FeesAnswer(AccountReason.BAD_INPUT)
        account = await self._questions.account(card, pin, Summary.NONE, self._until_deadline())
        return fees_answer(self._profile, account)

    async def pay_fee(self, card: str, pin: str | None, amount_minor: int, payment_id: str) -> PaymentAnswer:
        """See `Ils`. Never sent again where nobody can tell whether it was booked."""
        if not self._can_send(card, payment_id) or not 0 < amount_minor < _HIGHEST_AMOUNT:
            return PaymentAnswer(PaymentReason.BAD_INPUT)
        return await self._settlement.make(Payment(self._profile, card, pin, amount_minor, payment_id))

    async def capabilities(self) -> Capabilities:
        """See `Ils`."""
        outcome = await self._calls.ask(
            lambda ask: ask.status(),
            lambda answer: capabilities(self._profile, AcsStatusView(answer.message)),
            self._until_deadline(),
        )
        return Capabilities(cause=outcome.cause) if isinstance(outcome, Failed) else outcome

    async def status(self) -> IlsStatus:
        """See `Ils`."""
        outcome = await self._calls.ask(
            lambda ask: ask.status(),
            lambda answer: status_answer(AcsStatusView(answer.message)),
            self._until_deadline(),
        )
        return IlsStatus(online=False, cause=outcome.cause) if isinstance(outcome, Failed) else outcome

    async def close(self) -> None:
        """Give back the connections; safe to call twice, and the next call opens a new one."""
        await self._calls.close()

    def _can_send(self, *texts: str) -> bool:
        return can_carry(self._profile, *texts)

    def _until_deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._deadline
