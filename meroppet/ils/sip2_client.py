"""A library system over SIP2: the port `Ils` on one connection, with a hard deadline for each call and a breaker."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from meroppet.ils.breaker import Breaker
from meroppet.ils.ports import (
    IlsStatus,
    ItemAnswer,
    ItemReason,
    LoanAnswer,
    LoanReason,
    PatronAnswer,
    PatronReason,
    ReturnAnswer,
    ReturnReason,
    UnavailableCause,
)
from meroppet.ils.profiles import PinMessage, SiteProfile
from meroppet.ils.sip2_answers import (
    item_answer,
    loan_answer,
    loan_unavailable,
    patron_answer,
    patron_unavailable,
    return_answer,
    return_unavailable,
)
from meroppet.ils.sip2_connection import Lost, Sip2Account, Sip2Connection, Tls, open_connection
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import Clock
from meroppet.sip2 import requests
from meroppet.sip2.fields import has_forbidden
from meroppet.sip2.messages import ONCE_ONLY, RawMessage
from meroppet.sip2.session import Answer
from meroppet.sip2.views import AcsStatusView, ItemView, LoanView, PatronView, ReturnView

__all__ = ["Sip2Account", "Sip2Ils", "Tls"]

log = logging.getLogger(__name__)

_LONGEST = 64
"""Longest card number, PIN or barcode that is sent; the longest real ones are half of it."""

_NOT_TRUE = frozenset({UnavailableCause.WRONG_PATRON, UnavailableCause.WRONG_ITEM})


@dataclass(frozen=True, slots=True)
class _Failed:
    cause: UnavailableCause
    sent: bool


class Sip2Ils:
    """The port `Ils` against one register, as one account. Calls wait for each other: one request in flight.

    Each call ends within `deadline` seconds, waiting, connecting and logging in included. After a time-out or any doubt
    the connection is dropped. What changes something is sent once; what only asks is asked again on a new connection
    when the old one turns out to have been closed while idle.
    """

    def __init__(
        self,
        profile: SiteProfile,
        account: Sip2Account,
        clock: Clock,
        *,
        deadline: float = 2.0,
        breaker: Breaker | None = None,
    ) -> None:
        self._profile = profile
        self._account = account
        self._clock = clock
        self._deadline = deadline
        self._breaker = breaker if breaker is not None else Breaker()
        self._zone = ZoneInfo(account.zone)
        self._turn = asyncio.Lock()
        self._connection: Sip2Connection | None = None
        self._used_at = 0.0

    async def patron(self, card: str, pin: str | None) -> PatronAnswer:
        """See `Ils`. An empty PIN never leaves this machine."""
        if not self._can_send(card) or (pin and not self._can_send(pin)):
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.BAD_INPUT)
        if pin is not None and not pin.strip():
            return PatronAnswer(PinAnswer.UNKNOWN, PatronReason.NO_PIN)
        outcome = await self._ask(lambda now: self._patron_request(now, card, pin))
        if isinstance(outcome, _Failed):
            return patron_unavailable(outcome.cause)
        if not outcome.verified:
            return patron_unavailable(UnavailableCause.BAD_CHECKSUM)
        view = PatronView(outcome.message)
        answer = patron_answer(self._profile, view, card, pin_sent=pin is not None, today=self._local_time().date())
        self._drop_if_untrue(answer.cause)
        return answer

    def _patron_request(self, now: datetime, card: str, pin: str | None) -> RawMessage:
        site, secret = self._account.institution, self._account.terminal_password
        if pin is not None and self._profile.pin_message is PinMessage.PATRON_STATUS:
            return requests.patron_status(now, site, card, pin, terminal_password=secret)
        return requests.patron_information(now, site, card, pin, terminal_password=secret)

    async def item(self, barcode: str) -> ItemAnswer:
        """See `Ils`."""
        if not self._can_send(barcode):
            return ItemAnswer(ItemReason.BAD_INPUT, barcode)
        site, secret = self._account.institution, self._account.terminal_password
        outcome = await self._ask(lambda now: requests.item_information(now, site, barcode, terminal_password=secret))
        if isinstance(outcome, _Failed):
            return ItemAnswer(ItemReason.UNAVAILABLE, barcode, cause=outcome.cause)
        answer = item_answer(self._profile, ItemView(outcome.message), barcode)
        self._drop_if_untrue(answer.cause)
        return answer

    async def checkout(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """See `Ils`. Never sent twice: `may_have_happened` tells when nobody knows."""
        if not self._can_send(card) or not self._can_send(barcode):
            return LoanAnswer(LoanReason.BAD_INPUT, barcode)
        outcome = await self._ask(
            lambda now: requests.checkout(
                now,
                self._account.institution,
                card,
                barcode,
                pin=self._loan_pin(pin),
                blank_nb_due=self._profile.blank_nb_due,
                terminal_password=self._account.terminal_password,
            )
        )
        return self._loan(outcome, card, barcode, renewal=False)

    async def renew(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """See `Ils`."""
        if not self._can_send(card) or not self._can_send(barcode):
            return LoanAnswer(LoanReason.BAD_INPUT, barcode)
        outcome = await self._ask(lambda now: self._renew_request(now, card, pin, barcode))
        return self._loan(outcome, card, barcode, renewal=True)

    def _renew_request(self, now: datetime, card: str, pin: str | None, barcode: str) -> RawMessage:
        profile, account, pin = self._profile, self._account, self._loan_pin(pin)
        secret, blank = account.terminal_password, profile.blank_nb_due
        if profile.renews_by_checkout:
            return requests.checkout(
                now, account.institution, card, barcode,
                pin=pin, may_renew=True, blank_nb_due=blank, terminal_password=secret,
            )  # fmt: skip
        return requests.renew(
            now, account.institution, card, barcode, pin=pin, blank_nb_due=blank, terminal_password=secret
        )

    def _loan_pin(self, pin: str | None) -> str | None:
        wanted = self._profile.sends_pin_with_loans and pin is not None and self._can_send(pin) and pin.strip()
        return pin if wanted else None

    def _loan(self, outcome: Answer | _Failed, card: str, barcode: str, *, renewal: bool) -> LoanAnswer:
        if isinstance(outcome, _Failed):
            return loan_unavailable(barcode, outcome.cause, sent=outcome.sent)
        answer = loan_answer(self._profile, LoanView(outcome.message), card, barcode, renewal=renewal)
        self._drop_if_untrue(answer.cause)
        return answer

    async def checkin(self, barcode: str) -> ReturnAnswer:
        """See `Ils`."""
        if not self._can_send(barcode):
            return ReturnAnswer(ReturnReason.BAD_INPUT, barcode)
        outcome = await self._ask(lambda now: self._checkin_request(now, barcode))
        if isinstance(outcome, _Failed):
            return return_unavailable(barcode, outcome.cause, sent=outcome.sent)
        answer = return_answer(self._profile, ReturnView(outcome.message), barcode)
        self._drop_if_untrue(answer.cause)
        return answer

    def _checkin_request(self, now: datetime, barcode: str) -> RawMessage:
        told = self._connection.status if self._connection is not None else None
        place = told.terminal_location if told is not None and self._profile.location_from_status else None
        return requests.checkin(
            now,
            self._account.institution,
            barcode,
            location=place or self._account.location or self._account.institution,
            blank_return_date=self._profile.blank_return_date,
            terminal_password=self._account.terminal_password,
        )

    async def status(self) -> IlsStatus:
        """See `Ils`; also what keeps a connection alive."""
        outcome = await self._ask(lambda _now: requests.sc_status())
        if isinstance(outcome, _Failed):
            return IlsStatus(online=False, cause=outcome.cause)
        told = AcsStatusView(outcome.message)
        return IlsStatus(
            online=True,
            institution=told.institution,
            library=told.library,
            checkout_ok=told.checkout_ok,
            checkin_ok=told.checkin_ok,
            messages=told.messages,
        )

    async def close(self) -> None:
        """Give back the connection; safe to call twice, and the next call opens a new one."""
        self._drop()

    async def _ask(self, make: Callable[[datetime], RawMessage]) -> Answer | _Failed:
        """One exchange within the deadline, as a value."""
        sent = _Sent()
        try:
            async with asyncio.timeout(self._deadline), self._turn:
                return await self._exchange(make, sent)
        except TimeoutError:
            return self._failed(sent.late_cause, sent=sent.value)
        except Lost as lost:
            return self._failed(lost.cause, sent=sent.value and lost.sent)

    async def _exchange(self, make: Callable[[datetime], RawMessage], sent: "_Sent") -> Answer | _Failed:
        if self._breaker.is_open(self._clock.monotonic()):
            return _Failed(UnavailableCause.BREAKER_OPEN, sent=False)
        try:
            answer = await self._once_or_again(make, sent)
        except BaseException:
            if self._connection is not None and self._connection.has_discarded:
                sent.late_cause = UnavailableCause.WRONG_SEQUENCE
            # Also when the caller gave up or was cancelled: an answer that comes now belongs to nobody.
            self._drop()
            raise
        self._answered()
        return answer

    async def _once_or_again(self, make: Callable[[datetime], RawMessage], sent: "_Sent") -> Answer:
        connection, is_fresh = await self._connected()
        request = make(self._local_time())
        sent.value = True
        try:
            return await connection.exchange(request)
        except Lost as lost:
            closed_while_idle = lost.cause is UnavailableCause.CLOSED and not is_fresh
            if not closed_while_idle or request.code in ONCE_ONLY:
                raise
        self._drop()
        sent.value = False
        connection, _ = await self._connected()
        sent.value = True
        return await connection.exchange(make(self._local_time()))

    async def _connected(self) -> tuple[Sip2Connection, bool]:
        """The connection to use and whether it is new; one that has been idle too long is given up unasked."""
        old = self._connection
        idle = self._clock.monotonic() - self._used_at
        if old is not None and idle < self._profile.idle_seconds and await old.is_quiet():
            return old, False
        self._drop()
        self._connection = await open_connection(self._profile, self._account)
        return self._connection, True

    def _answered(self) -> None:
        if self._breaker.failures > 0:
            log.info("register=%s state=available", self._profile.name)
        self._breaker.succeeded()
        self._used_at = self._clock.monotonic()

    def _failed(self, cause: UnavailableCause, *, sent: bool) -> _Failed:
        self._breaker.failed(self._clock.monotonic())
        if self._breaker.failures == 1:
            log.warning("register=%s state=unavailable cause=%s", self._profile.name, cause.value)
        return _Failed(cause, sent)

    def _drop_if_untrue(self, cause: UnavailableCause | None) -> None:
        """An answer about another patron or item means the stream is out of step."""
        if cause in _NOT_TRUE:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _can_send(self, text: str) -> bool:
        """Whether a card, PIN or barcode can go out unchanged: repaired, it would be another one."""
        coding, delimiter = self._profile.wire.coding, self._profile.wire.delimiter
        return (
            0 < len(text) <= _LONGEST
            and text.isprintable()
            and delimiter not in text
            and not has_forbidden(text)
            and coding.can_write(text)
        )

    def _local_time(self) -> datetime:
        return self._clock.now().astimezone(self._zone)


@dataclass(slots=True)
class _Sent:
    """Whether the request of the running call has gone out, and what it means when no answer comes to it."""

    value: bool = False
    late_cause: UnavailableCause = UnavailableCause.TIMEOUT
