"""The library system as a kiosk reaches it: through the central server, over the device's own signed channel.

Card and PIN leave the kiosk sealed to the server; no account of the register is ever on the kiosk.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from meroppet.ils.ports import (
    Destination,
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
from meroppet.rules.credentials import CardNumber, Pin, card_from_text, pin_from_digits
from meroppet.rules.pin import PinAnswer
from meroppet.wire.base import Reply, Request
from meroppet.wire.convert import facts_from_wire
from meroppet.wire.ils import (
    IlsItemReply,
    IlsItemRequest,
    IlsLoanReply,
    IlsLoanRequest,
    IlsPatronReply,
    IlsPatronRequest,
    IlsReturnReply,
)

R = TypeVar("R", bound=Reply)

ANSWERS_WITHIN = 2.4
"""The server gives the register 2.0 s for a question."""
CHANGES_WITHIN = 4.4
"""And 4.0 s for what changes something: asking afterwards what became of it is in that."""
LONGEST_BARCODE = 64


class SignedChannel(Protocol):
    """What is needed of the device's channel; it raises an OSError for every kind of no and no answer."""

    def seal(self, bound_to: str, card: CardNumber, pin: Pin) -> str: ...

    async def post(self, path: str, request: Request, reply: type[R], *, within: float) -> R: ...


class RemoteIls:
    """The port `Circulation` over a channel. `new_token` makes the identifiers that sealed texts are bound to."""

    def __init__(self, channel: SignedChannel, new_token: Callable[[], str]) -> None:
        self._channel = channel
        self._new_token = new_token

    async def patron(self, card: str, pin: str | None) -> PatronAnswer:
        """Facts of the holder and whether the PIN is right. Without a PIN the server is not asked: `no_pin`."""
        number, digits = card_from_text(card), pin_from_digits(pin or "")
        if number is None or digits is None:
            reason = PatronReason.NO_PIN if number and not pin else PatronReason.BAD_INPUT
            return PatronAnswer(PinAnswer.UNKNOWN, reason)
        token = self._new_token()
        request = IlsPatronRequest(session=token, sealed=self._channel.seal(token, number, digits))
        reply = await self._ask("/ils/patron", request, IlsPatronReply)
        return _patron(reply) if reply else _patron_unavailable(UnavailableCause.CLOSED)

    async def item(self, barcode: str) -> ItemAnswer:
        """What the register knows of one item."""
        if not _is_barcode(barcode):
            return ItemAnswer(ItemReason.BAD_INPUT, barcode)
        request = IlsItemRequest(session=self._new_token(), barcode=barcode)
        reply = await self._ask("/ils/item", request, IlsItemReply)
        if reply is None or reply.cause is not None:
            return ItemAnswer(ItemReason.UNAVAILABLE, barcode, cause=_cause(reply.cause if reply else None))
        return ItemAnswer(ItemReason.KNOWN if reply.known else ItemReason.UNKNOWN_ITEM, barcode, reply.title or None)

    async def checkout(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """Lend the item; an answer that never came may be a loan."""
        return await self._loan("/ils/checkout", card, pin, barcode)

    async def renew(self, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        """Extend a loan; an answer that never came may be a renewal."""
        return await self._loan("/ils/renew", card, pin, barcode)

    async def checkin(self, barcode: str) -> ReturnAnswer:
        """Take the item back; an answer that never came may be a return."""
        if not _is_barcode(barcode):
            return ReturnAnswer(ReturnReason.BAD_INPUT, barcode)
        request = IlsItemRequest(session=self._new_token(), barcode=barcode)
        reply = await self._ask("/ils/checkin", request, IlsReturnReply, within=CHANGES_WITHIN)
        if reply is None or reply.reason not in set(ReturnReason):
            reason, cause = ReturnReason.UNAVAILABLE, UnavailableCause.CLOSED
            return ReturnAnswer(reason, barcode, may_have_happened=True, cause=cause)
        return ReturnAnswer(
            ReturnReason(reply.reason),
            barcode,
            title=reply.title or None,
            destination=Destination.from_text(reply.destination),
            may_have_happened=reply.uncertain,
            cause=_cause(reply.cause) if reply.cause else None,
        )

    async def status(self) -> IlsStatus:
        """Unknown here: the server keeps watch over its registers."""
        return IlsStatus(online=True)

    async def close(self) -> None:
        """Nothing to give back: the channel belongs to the device."""

    async def _loan(self, path: str, card: str, pin: str | None, barcode: str) -> LoanAnswer:
        number, digits = card_from_text(card), pin_from_digits(pin or "")
        if number is None or digits is None or not _is_barcode(barcode):
            return LoanAnswer(LoanReason.BAD_INPUT, barcode)
        token = self._new_token()
        sealed = self._channel.seal(token, number, digits)
        request = IlsLoanRequest(session=token, sealed=sealed, barcode=barcode)
        reply = await self._ask(path, request, IlsLoanReply, within=CHANGES_WITHIN)
        if reply is None or reply.reason not in set(LoanReason):
            reason, cause = LoanReason.UNAVAILABLE, UnavailableCause.CLOSED
            return LoanAnswer(reason, barcode, may_have_happened=True, cause=cause)
        return LoanAnswer(
            LoanReason(reply.reason),
            barcode,
            title=reply.title or None,
            due=reply.due,
            may_have_happened=reply.uncertain,
            cause=_cause(reply.cause) if reply.cause else None,
        )

    async def _ask(self, path: str, request: Request, reply: type[R], *, within: float = ANSWERS_WITHIN) -> R | None:
        try:
            return await self._channel.post(path, request, reply, within=within)
        except OSError:
            return None


def _patron(reply: IlsPatronReply) -> PatronAnswer:
    if reply.cause is not None:
        return _patron_unavailable(_cause(reply.cause))
    if reply.pin not in set(PinAnswer):
        return _patron_unavailable(UnavailableCause.MALFORMED)
    return PatronAnswer(
        PinAnswer(reply.pin),
        PatronReason.KNOWN if reply.facts else PatronReason.NO_SUCH_CARD,
        facts=facts_from_wire(reply.facts) if reply.facts else None,
        name=reply.initial or None,
        holds_ready=reply.holds_ready,
    )


def _patron_unavailable(cause: UnavailableCause) -> PatronAnswer:
    return PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=cause)


def _cause(text: str | None) -> UnavailableCause:
    """The cause the server named; one this version does not know is a connection that failed."""
    return UnavailableCause(text) if text in set(UnavailableCause) else UnavailableCause.CLOSED


def _is_barcode(text: str) -> bool:
    return 0 < len(text) <= LONGEST_BARCODE and text.isascii() and text.isprintable()
