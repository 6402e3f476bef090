"""PINs tried at a server's database, without doors: by its own functions."""

from typing import Any

from meroppet.rules.credentials import CardNumber
from meroppet.rules.pin import Outcome
from server.attempts.counting import Sending
from server.attempts.service import Heard, Place, begin, hear, settle
from server.db import Scope
from server.devices.models import Device
from server.organisations.service import BranchView
from server.web.parts import StaffParts

REGISTER = "west"


def place_at(at: BranchView, device: str | None = None) -> Place:
    return Place(at.consortium, at.controller, at.id, REGISTER, device)


async def wrong_pins(parts: StaffParts, at: BranchView, card: str, times: int, *, limit: int | None = None) -> None:
    """Somebody types so many wrong PINs for a card at a door of its own: a public page takes but few."""
    place, number = place_at(at, f"door-{card}"), CardNumber(card)
    await _door(parts, at, f"door-{card}", "Sidoingången")
    for tried in range(times):
        async with parts.database.session(place.scope) as session:
            asked = await begin(session, parts.keys, place, number, f"try-{tried}", limit, agreed=False)
            if asked.what is Sending.SENT:
                await settle(session, parts.keys, place, asked, [number], Outcome.WRONG, reached=True)


async def guessed_at(parts: StaffParts, at: BranchView, device: str, name: str, times: int) -> None:
    """A new door at which so many wrong PINs were typed, each for another card."""
    await _door(parts, at, device, name)
    async with parts.database.session(Scope.of_consortium(at.consortium)) as session:
        for tried in range(times):
            heard = Heard(device, f"try-{tried}", f"{tried:032x}", session.now, is_right=False)
            await hear(session, place_at(at, device), heard)


async def _door(parts: StaffParts, at: BranchView, device: str, name: str) -> None:
    owner: dict[str, Any] = {"consortium_id": at.consortium, "controller_id": at.controller, "branch_id": at.id}
    known: dict[str, Any] = {"kind": "door", "name": name, "public_key": "x", "invited_by": "x"}
    async with parts.database.session(Scope.of_consortium(at.consortium)) as session:
        session.add(Device(id=device, **owner, **known, enrolled_at=session.now))
