"""What a patron's page at the desk shows of her application."""

from typing import TYPE_CHECKING, Any

from server.applications.service import waiting_of
from server.db import Session
from server.organisations.service import BranchView
from server.web.parts import StaffParts

if TYPE_CHECKING:
    from server.patrons.desk import Asked


async def application_of_patron(
    session: Session, _parts: StaffParts, branch: BranchView, patron: str | None, _asked: "Asked"
) -> dict[str, Any]:
    """What `parts/patron_applications.html` is filled with."""
    return {"application": None if patron is None else await waiting_of(session, branch, patron)}
