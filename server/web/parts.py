"""What the staff pages are made of: handed to their app once, found by their routes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from meroppet.ils.ports import PatronAnswer
from meroppet.pages import Pages
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.runtime.clock import Clock
from server.db import Database
from server.eid.service import Eids
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.registers.service import Registers
from server.replication.hub import Hub
from server.settings import PublicPages
from server.staff.passwords import Passwords

PinCheck = Callable[[BranchView, str, CardNumber, Pin], Awaitable[PatronAnswer]]
"""Asks a branch's register about a card and PIN, under the counts that doors and kiosks share."""

HOME_ZONE = ZoneInfo("Europe/Stockholm")
"""For times that belong to no branch, such as when an account was made."""


@dataclass(frozen=True, slots=True)
class StaffParts:
    """One process's parts behind the staff pages; the addresses are those given to devices and in one-time links."""

    database: Database
    keys: KeyRing
    hub: Hub
    registers: Registers
    clock: Clock
    passwords: Passwords
    pages: Pages
    device_url: str
    staff_url: str
    public: PublicPages = field(default_factory=PublicPages)
    eids: Eids = field(default_factory=Eids)
    check_pin: PinCheck | None = None
    """How a card and PIN typed on a public page are asked about; None: they are not, and only an e-ID will do."""
    tells_after: float = 1.0
    """Seconds before a wrong PIN is told there: as at the door, so that an unknown card takes no less."""


def parts_of(request: Request) -> StaffParts:
    """The parts behind a request."""
    parts = request.app.state.parts
    assert isinstance(parts, StaffParts)  # noqa: S101 (narrowing: staff_pages sets it)
    return parts


Parts = Annotated[StaffParts, Depends(parts_of)]
