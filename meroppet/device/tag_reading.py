"""A tag that is to be handed out: the next one held to this device is reported to the server and opens nothing."""

import logging
from typing import Protocol, TypeVar

from meroppet.device.errors import DeviceError
from meroppet.rules.branch import knows_the_hour
from meroppet.rules.card_formats import Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.runtime.clock import Clock
from meroppet.wire.base import Reply, Request
from meroppet.wire.commands import Order
from meroppet.wire.passes import TagOutcome, TagReadReply, TagReadRequest

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=Reply)
WITHIN = 4.0
"""Seconds the server has to answer: somebody stands there with a tag in her hand."""
_ENDS_IT = {TagOutcome.DONE, TagOutcome.TOO_LATE}


class Channel(Protocol):
    """What is needed of the device's signed channel."""

    def seal_number(self, bound_to: str, card: CardNumber) -> str: ...

    async def post(self, path: str, request: Request, reply: type[R], *, within: float = ...) -> R: ...


class TagReading:
    """One order at a time; the newest counts. A wrong tag does not end it: another may be tried until it expires."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel, self._clock = channel, clock
        self._order: Order | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the next tag is to be reported. A clock nobody vouches for cannot tell how long that is so."""
        if self._order is None or not knows_the_hour(self._clock.trust()):
            return False
        return self._clock.now() < self._order.expires

    def begin(self, order: Order) -> None:
        """Wait for a tag until the order expires."""
        self._order = order

    async def report(self, read: CardNumber | Unfit) -> TagOutcome | None:
        """What the server makes of what was read; None: nobody waits, or there was no answer to be had."""
        order = self._order if self.is_waiting else None
        if order is None:
            return None
        try:
            reply = await self._channel.post("/tags", self._request(order, read), TagReadReply, within=WITHIN)
        except DeviceError as error:
            logger.warning("a tag could not be reported", extra={"order": order.order, "why": error})
            return None
        outcome = TagOutcome(reply.outcome) if reply.outcome in set(TagOutcome) else TagOutcome.UNREADABLE
        if outcome in _ENDS_IT and self._order is order:
            self._order = None
        return outcome

    def _request(self, order: Order, read: CardNumber | Unfit) -> TagReadRequest:
        if isinstance(read, CardNumber):
            return TagReadRequest(order=order.order, sealed=self._channel.seal_number(order.order, read))
        unfit = TagOutcome.ITEM_TAG if read is Unfit.ITEM_TAG else TagOutcome.UNREADABLE
        return TagReadRequest(order=order.order, unfit=unfit)
