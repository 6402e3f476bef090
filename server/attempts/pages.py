"""A card and PIN typed on a public page: the same counts as at doors, without a door of its own."""

import secrets

from meroppet.ils.ports import PatronAnswer
from meroppet.rules.credentials import CardNumber, Pin
from server.attempts.asking import Desk, Shown, checked
from server.attempts.service import Place
from server.organisations.service import BranchView
from server.registers.service import Registers
from server.web.parts import PinCheck


def pin_check(desk: Desk, registers: Registers) -> PinCheck:
    """How the public pages of a branch ask its register about a card and PIN."""

    async def check(branch: BranchView, register: str, card: CardNumber, pin: Pin) -> PatronAnswer:
        place = Place(branch.consortium, branch.controller, branch.id, register)
        shown = Shown(secrets.token_hex(16), card, pin)
        found = await checked(desk, place, registers.ils(branch.id), registers.wrong_pins(branch.id), shown)
        if found.later is not None:
            await found.later()
        return found.answer

    return check
