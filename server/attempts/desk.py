"""What a patron's page shows of her wrong PINs."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from meroppet.rules.credentials import CardNumber
from server.attempts.service import Place, standing
from server.db import Scope, Session
from server.organisations.service import BranchView
from server.web.parts import StaffParts

if TYPE_CHECKING:
    from server.patrons.desk import Asked


class ResetReason(StrEnum):
    """Why a card's count begins anew; it is written down."""

    MISTYPED = "mistyped"
    NEW_PIN = "new_pin"
    UNLOCKED = "unlocked"


async def pins_of_patron(
    session: Session, parts: StaffParts, branch: BranchView, _patron: str | None, asked: "Asked"
) -> dict[str, Any]:
    """What `parts/patron_reset.html` is filled with."""
    place, limit = place_at(branch, asked.register), parts.registers.wrong_pins(branch.id)
    async with session.within(Scope.of_consortium(branch.consortium)):
        stands = await standing(session, parts.keys, place, numbers_of(asked), limit)
    return {"pins": stands, "reset_reasons": list(ResetReason)}


def place_at(branch: BranchView, register: str) -> Place:
    """The branch as a place without a door."""
    return Place(branch.consortium, branch.controller, branch.id, register)


def numbers_of(asked: "Asked") -> list[CardNumber]:
    """What was shown, and what the register calls her: whichever she used, it is one account."""
    return list(dict.fromkeys([asked.card, *([asked.canonical] if asked.canonical is not None else [])]))
