"""Card and PIN on the public pages: asked of the register through the counts that doors and kiosks share."""

import asyncio
from dataclasses import dataclass, field

from meroppet.ils.ports import PatronAnswer, UnavailableCause
from meroppet.rules.credentials import CardNumber, Pin, card_from_text, pin_from_digits
from meroppet.rules.pin import PinAnswer
from meroppet.rules.weak_pins import is_weak
from server.organisations.service import BranchView
from server.web.parts import StaffParts


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The library system could not be asked; that says nothing of the card."""


@dataclass(frozen=True, slots=True)
class Proved:
    """The register's number for whoever gave the right PIN, and whether that is one of the first anybody would try."""

    number: CardNumber = field(repr=False)
    is_weak: bool = False


async def proved(parts: StaffParts, branch: BranchView, card: str, pin: str) -> Proved | Unanswered | None:
    """Who gave the right PIN; None, after a while, for whatever else was typed."""
    begun = asyncio.get_running_loop().time()
    shown, secret = card_from_text(card), pin_from_digits(pin.strip())
    register = parts.registers.of(branch.id)
    found: Proved | Unanswered | None = None
    if parts.check_pin is None or register is None:
        found = Unanswered()
    elif shown is not None and secret is not None:
        found = _judged(await parts.check_pin(branch, register, shown, secret), secret)
    if not isinstance(found, Proved):
        await asyncio.sleep(max(0.0, begun + parts.tells_after - asyncio.get_running_loop().time()))
    return found


def _judged(answer: PatronAnswer, pin: Pin) -> Proved | Unanswered | None:
    if answer.pin is PinAnswer.UNAVAILABLE or answer.cause not in {None, UnavailableCause.WRONG_PATRON}:
        return Unanswered()
    number, facts = card_from_text(answer.patron_id or ""), answer.facts
    is_hers = answer.pin is PinAnswer.RIGHT and answer.cause is None and facts is not None and facts.valid
    if number is None or facts is None or not is_hers:
        return None
    return Proved(number, is_weak(pin, facts.birth_date))
