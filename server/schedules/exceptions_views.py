"""All exceptions one may see, on every level: what comes next, drafts, and what is over."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from meroppet.rules.exceptions import Level
from server.organisations.service import BranchView
from server.schedules.calendar_gate import hours_branches, places
from server.schedules.exception_lines import lines_of
from server.schedules.exception_list import listed
from server.schedules.exceptions import ExceptionView, exceptions_of
from server.schedules.targets import Target, of_branch, targets_over
from server.staff.service import SERVER, names
from server.web.gate import ALL_BRANCHES, NotFound, Staff
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()


@router.get("/hours")
async def overview(request: Request, parts: Parts, me: Staff, place: str = "", over: bool = False) -> Response:
    """The list, of all places or of those that hold at one."""
    branches = await hours_branches(parts, me)
    if not branches:
        raise NotFound
    decides = await places(parts, me)
    views = await _visible(parts, branches)
    shown = [view for view in views if not place or view.target.id == place]
    now = parts.clock.now()
    async with parts.database.reading(SERVER) as session:
        who = await names(session, {view.by for view in shown})
    return show(
        request,
        "exceptions.html",
        me=me,
        lines_of=lines_of,
        listed=listed(shown, now.astimezone(HOME_ZONE).date(), [found.id for found in decides]),
        decides=decides,
        places=sorted({view.target for view in views} | set(decides), key=_rank),
        place=place,
        over=over,
        who=who,
        branches=branches,
        today=now.astimezone(HOME_ZONE).date(),
    )


async def _visible(parts: StaffParts, branches: Sequence[BranchView]) -> list[ExceptionView]:
    """Everything decided at these branches and above them, drafts included."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        above: dict[str, list[Target]] = {}
        for branch in branches:
            if branch.controller not in above:
                above[branch.controller] = (await targets_over(session, branch))[:-1]
        found = {target.id: target for chain in above.values() for target in chain}
        found |= {branch.id: of_branch(branch) for branch in branches}
        return await exceptions_of(session, list(found.values()), drafts=True)


def _rank(place: Target) -> tuple[int, str]:
    return list(Level).index(place.level), place.name
