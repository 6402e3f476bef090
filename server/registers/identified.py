"""Whoever was identified at a kiosk: what her session may do without her PIN being asked of the register again."""

from dataclasses import replace

from meroppet.wire.problems import ProblemCode
from server.attempts.asking import Shown, number_of
from server.attempts.service import Place
from server.devices.parts import DeviceParts
from server.devices.problems import Refusal
from server.devices.signing import Caller
from server.registers.verify import opened


def place_of(parts: DeviceParts, caller: Caller) -> Place:
    """Where the caller's tries are counted."""
    register = parts.registers.of(caller.branch) or ""
    return Place(caller.consortium, caller.controller, caller.branch, register, caller.device)


async def identified(parts: DeviceParts, caller: Caller, bound_to: str, sealed: str) -> Shown:
    """The card (as its register knows it) and PIN that were right at this kiosk lately; raises Refusal for others.

    Not every register asks for a PIN with a loan, so the server does.
    """
    shown = opened(parts, bound_to, sealed)
    if shown is None:
        raise Refusal(ProblemCode.BAD_REQUEST)
    place = place_of(parts, caller)
    if not parts.borrowers.was_right(caller.device, place.register, shown.card, shown.pin):
        raise Refusal(ProblemCode.NOT_ALLOWED)
    return replace(shown, card=await number_of(parts.desk, place, shown.card))
