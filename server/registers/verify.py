"""Card and PIN as a device sealed them, and whom the register meant."""

from meroppet.ils.ports import PatronAnswer
from meroppet.rules.credentials import Pin, card_from_text, pin_from_digits
from meroppet.rules.pin import PinAnswer
from meroppet.rules.weak_pins import is_weak
from meroppet.wire.sealing import SealError, unseal
from server.attempts.asking import Shown
from server.db import Session
from server.devices.parts import DeviceParts
from server.devices.signing import Caller
from server.patrons.subjects import branch_keys


def opened(parts: DeviceParts, bound_to: str, sealed: str, *, agreed: bool = False) -> Shown | None:
    """The card and PIN sealed for this attempt or session, or None if they were not, or are none."""
    try:
        secret = unseal(parts.keys.seal_key, bound_to, sealed)
    except SealError:
        return None
    card, pin = card_from_text(secret.get("card", "")), pin_from_digits(secret.get("pin", ""))
    return None if card is None or pin is None else Shown(bound_to, card, pin, agreed)


async def subject(session: Session, parts: DeviceParts, caller: Caller, answer: PatronAnswer) -> str | None:
    """The digest by which the branch knows whom the register meant."""
    number = card_from_text(answer.patron_id or "")
    if number is None or answer.facts is None:
        return None
    named = await branch_keys(session, parts.keys, caller.branch)
    return None if named is None else named.subject(number)


def is_weak_right(answer: PatronAnswer, pin: Pin) -> bool:
    """Whether the PIN is right and among the first anybody would guess of this patron."""
    return answer.pin is PinAnswer.RIGHT and is_weak(pin, answer.facts.birth_date if answer.facts else None)
