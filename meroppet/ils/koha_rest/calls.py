"""One call's requests within their time, as a value; the breaker, and what Koha was last seen to offer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from meroppet.ils.breaker import Breaker
from meroppet.ils.koha_rest.exchange import Exchange
from meroppet.ils.koha_rest.http import Doubtful, KohaHttp, Unreached
from meroppet.ils.koha_rest.offers import Offers, probed
from meroppet.ils.koha_rest.site import KohaSite
from meroppet.ils.ports import UnavailableCause
from meroppet.ils.sip2_calls import Health
from meroppet.runtime.clock import Clock

log = logging.getLogger(__name__)

T = TypeVar("T")

LISTING_DEADLINE = 30.0
OFFERS_LAST = 3600.0
"""So long a Koha is believed to offer what it offered: upgrades happen at night."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a call got no answer; `sent` when something may have been changed all the same."""

    cause: UnavailableCause
    sent: bool


class KohaCalls:
    """Calls to one Koha; no failure of Koha's leaves here as an exception."""

    def __init__(self, site: KohaSite, clock: Clock, breaker: Breaker) -> None:
        self._site = site
        self._clock = clock
        self._breaker = breaker
        self._http = KohaHttp(site, clock, patience=LISTING_DEADLINE)
        self._offers: Offers | None = None
        self._offers_until = 0.0
        self._cause: UnavailableCause | None = None
        self._answered_at: datetime | None = None
        self._latency: float | None = None

    @property
    def health(self) -> Health:
        """How this Koha has been; nothing is asked for it."""
        resting = self._breaker.is_resting(self._clock.monotonic())
        return Health(resting, self._breaker.failures, self._cause, self._answered_at, self._latency)

    async def offered(self, exchange: Exchange) -> Offers:
        """What this Koha offers, asked for at most once an hour; raises Unreached."""
        if self._offers is None or self._clock.monotonic() >= self._offers_until:
            self._offers = await probed(exchange)
            self._offers_until = self._clock.monotonic() + OFFERS_LAST
        return self._offers

    async def within(self, seconds: float, work: Callable[[Exchange], Awaitable[T]]) -> T | Failed:
        """Do the work in so many seconds from now."""
        return await self.until(asyncio.get_running_loop().time() + seconds, work)

    async def until(self, end: float, work: Callable[[Exchange], Awaitable[T]]) -> T | Failed:
        """Do the work until that time of the running loop."""
        began, loop = self._clock.monotonic(), asyncio.get_running_loop()
        start = loop.time()
        if self._breaker.is_open(began):
            return Failed(UnavailableCause.BREAKER_OPEN, sent=False)
        exchange = Exchange(self._http)
        try:
            async with asyncio.timeout_at(end):
                answer = await work(exchange)
        except TimeoutError:
            return self._failed(UnavailableCause.TIMEOUT, sent=exchange.sent)
        except asyncio.CancelledError:
            # Whoever gave up after most of the time was up did so because Koha was silent.
            if loop.time() - start > 0.8 * (end - start):
                self._failed(UnavailableCause.TIMEOUT, sent=exchange.sent)
            raise
        except Doubtful as lost:
            self._answered(began)
            return Failed(lost.cause, exchange.sent)
        except Unreached as lost:
            return self._failed(lost.cause, sent=exchange.sent)
        self._answered(began)
        return answer

    async def close(self) -> None:
        """Give back all connections."""
        await self._http.close()

    def _answered(self, began: float) -> None:
        if self._breaker.failures > 0:
            log.info("register=%s state=available", self._site.name)
        self._breaker.succeeded()
        self._cause, self._answered_at = None, self._clock.now()
        self._latency = self._clock.monotonic() - began

    def _failed(self, cause: UnavailableCause, *, sent: bool) -> Failed:
        self._breaker.failed(self._clock.monotonic())
        self._cause = cause
        if self._breaker.failures == 1:
            log.warning("register=%s state=unavailable cause=%s", self._site.name, cause.value)
        return Failed(cause, sent)
