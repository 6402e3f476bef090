"""Card and PIN on the public pages: asked of the register through the counts that doors and kiosks share."""

import asyncio
from dataclasses import dataclass

from meroppet.ils.ports import PatronAnswer, UnavailableCause
from meroppet.rules.credentials import CardNumber, card_from_text, pin_from_digits
from meroppet.rules.pin import PinAnswer
from server.organisations.service import BranchView
from server.web.parts import StaffParts


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The library system could not be asked; that says nothing of the card."""


async def right_number(parts: StaffParts, branch: BranchView, card: str, pin: str) -> CardNumber | Unanswered | None:
    """The register's number for whoever gave the right PIN; None, after a while, for whatever else was typed."""
    begun = asyncio.get_running_loop().time()
    shown, secret = card_from_text(card), pin_from_digits(pin.strip())
    register = parts.registers.of(branch.id)
    found: CardNumber | Unanswered | None = None
    if parts.check_pin is None or register is None:
        found = Unanswered()
    elif shown is not None and secret is not None:
        found = _number(await parts.check_pin(branch, register, shown, secret))
    if not isinstance(found, CardNumber):
        await asyncio.sleep(max(0.0, begun + parts.tells_after - asyncio.get_running_loop().time()))
    return found


def _number(answer: PatronAnswer) -> CardNumber | Unanswered | None:
    if answer.pin is PinAnswer.UNAVAILABLE or answer.cause not in {None, UnavailableCause.WRONG_PATRON}:
        return Unanswered()
    is_hers = answer.pin is PinAnswer.RIGHT and answer.cause is None and answer.facts is not None and answer.facts.valid
    return card_from_text(answer.patron_id or "") if is_hers else None
