"""Asking the register about a sealed card and PIN: both live in local variables, nothing logs or stores them."""

import asyncio
from dataclasses import dataclass, field

from meroppet.ils.ports import Circulation, PatronAnswer, PatronReason, UnavailableCause
from meroppet.rules.credentials import CardNumber, Pin, card_from_text, pin_from_digits
from meroppet.rules.pin import PinAnswer
from meroppet.wire.sealing import SealError, unseal
from server.devices.parts import DeviceParts
from server.devices.signing import Caller
from server.patrons.subjects import branch_keys
from server.registers.service import DEADLINE_SECONDS

NO_REGISTER = PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=UnavailableCause.REFUSED)
TOO_LATE = PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=UnavailableCause.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a patron showed and typed."""

    card: CardNumber = field(repr=False)
    pin: Pin = field(repr=False)


def opened(parts: DeviceParts, bound_to: str, sealed: str) -> Shown | None:
    """The card and PIN sealed for this attempt or session, or None if they were not, or are none."""
    try:
        secret = unseal(parts.keys.seal_key, bound_to, sealed)
    except SealError:
        return None
    card, pin = card_from_text(secret.get("card", "")), pin_from_digits(secret.get("pin", ""))
    return None if card is None or pin is None else Shown(card, pin)


async def asked(ils: Circulation | None, shown: Shown) -> PatronAnswer:
    """The register's answer, or what stands for it when it is silent; within the deadline, whatever it does."""
    if ils is None:
        return NO_REGISTER
    try:
        # The client keeps the deadline itself; this one is for whatever it might not notice.
        async with asyncio.timeout(DEADLINE_SECONDS + 0.1):
            return await ils.patron(shown.card.value, shown.pin.digits)
    except TimeoutError:
        return TOO_LATE


async def subject(parts: DeviceParts, caller: Caller, answer: PatronAnswer) -> str | None:
    """The digest by which the branch knows whom the register meant."""
    number = card_from_text(answer.patron_id or "")
    if number is None or answer.facts is None:
        return None
    async with parts.database.reading(caller.scope) as session:
        named = await branch_keys(session, parts.keys, caller.branch)
    return None if named is None else named.subject(number)
