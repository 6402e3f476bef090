"""Koha's own word on a PIN, and the proof that it was about the patron who was asked for (22.11 and later [src])."""

from meroppet.ils.koha_rest.exchange import Exchange
from meroppet.ils.koha_rest.facts import KohaPatron, number, text
from meroppet.ils.koha_rest.http import Doubtful, Reply, Unreached
from meroppet.ils.ports import UnavailableCause
from meroppet.rules.pin import PinAnswer

_PATH = "/auth/password/validation"


async def checked_pin(exchange: Exchange, patron: KohaPatron, pin: str) -> PinAnswer:
    """Ask Koha, which counts wrong PINs and keeps to its lock; asked once, never again. Raises Unreached."""
    # Both forms of this request know `userid`; only the later one knows `identifier`.
    who = {"userid": patron.userid} if patron.userid is not None else {"identifier": patron.card}
    reply = await exchange.post(_PATH, {**who, "password": pin})
    if reply.status == 201:
        return _about(reply, patron)
    if reply.status == 204:
        return PinAnswer.RIGHT if await _is_only_hers(exchange, patron) else PinAnswer.UNKNOWN
    if reply.status == 400:
        # Anything but this text (a password that has expired, a form Koha does not know) is no word on the PIN.
        return PinAnswer.WRONG if reply.error == "Validation failed" else PinAnswer.UNKNOWN
    if reply.status in (401, 403):
        raise Unreached(UnavailableCause.LOGIN_REFUSED)
    raise Unreached(UnavailableCause.REFUSED if reply.status >= 500 else UnavailableCause.MALFORMED)


def _about(reply: Reply, patron: KohaPatron) -> PinAnswer:
    told = reply.body if isinstance(reply.body, dict) else {}
    card = text(told, "cardnumber")
    if number(told, "patron_id") != patron.patron_id or card is None or card.casefold() != patron.card.casefold():
        raise Doubtful(UnavailableCause.WRONG_PATRON)
    return PinAnswer.RIGHT


async def _is_only_hers(exchange: Exchange, patron: KohaPatron) -> bool:
    """Whether nobody else's card number is this patron's user name: Koha accepts either, and 204 does not say whose."""
    if patron.userid is None:
        return False
    if patron.userid.casefold() == patron.card.casefold():
        return True
    rows = (await exchange.get("/patrons", [("cardnumber", patron.userid), ("_match", "exact")])).rows()
    return all(number(row, "patron_id") == patron.patron_id for row in rows)
