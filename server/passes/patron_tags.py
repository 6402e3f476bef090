"""A patron's tag on her page at the desk: where a new one can be read."""

from typing import TYPE_CHECKING, Any

from server.db import Session
from server.organisations.service import BranchView
from server.passes.views import readers_at

if TYPE_CHECKING:
    from server.patrons.desk import Asked
    from server.web.parts import StaffParts


async def tag_of_patron(
    session: Session, _parts: "StaffParts", branch: BranchView, _patron: str | None, _asked: "Asked"
) -> dict[str, Any]:
    """What parts/patron_tag.html is filled with."""
    return {"readers": await readers_at(session, branch.id)}
